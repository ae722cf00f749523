// What the parser saw of the functions that build graphs, as plain values: which place's contents or size depends on
// which, what steers control, what cannot be known. analyse.h draws the conclusions.
#pragma once

#include <string>
#include <vector>

#include "compiler/frontend/edits.h"
#include "formats/plan.h"

namespace dflow::compiler {

enum class PlaceId : int {};
enum class FunctionId : int {};

enum class Aspect { size, value };

/// A place's contents or its size.
struct Use {
  PlaceId place{};
  Aspect aspect{};
  auto operator<=>(const Use&) const = default;
};
using UseList = std::vector<Use>;

/// Where a dry run can be ended by an insertion; no file: nowhere.
struct Stop {
  enum class Form {
    statement,  ///< `stop();` at a point before a statement
    operand,    ///< `stop(), ` at a point before an expression that is a statement
    wrapped,    ///< `(stop(), ...)` around an expression
    after,      ///< `stop(...)` around an expression that is evaluated first
  };
  TextRange at;
  Form form = Form::statement;
};

/// A variable, a parameter, what a function returns, or (`source`) a value that nothing in the source tells.
struct Place {
  enum class Kind { variable, source };
  Kind kind = Kind::variable;
  std::string name;      ///< Of a source: "get()", "'f', whose body is not visible", ...
  std::string file = {};  ///< Of a source, as `line`.
  int line = 0;
  bool is_get = false;   ///< A future's result.
  TextRange at;  ///< What `skip` belongs to; no file: it cannot be skipped.
  Edit skip;     ///< Lets a dry run go on without the result.
  bool is_order = false;  ///< Which of several futures comes first: matters where one is passed on.
  Stop stop;  ///< Before it is read; of a future, once that is there.
  bool skippable = false;  ///< A dry run may go on with a default-constructed value.
};

/// `to` depends on `from`, whatever the order of execution.
struct Flow {
  Use from, to;
};

/// An expression that decides which tasks there are or which futures they take.
struct Steering {
  UseList uses;
  int line = 0;
  std::string what;  ///< "the loop's condition"
};

/// Something that must not happen in a dry run.
struct Effect {
  int line = 0;
  std::string reason;
  Stop stop;
};

/// A call that submits, or one of a function of the user's, whose nodes come in its place: of that `node` tells line,
/// loops and guards.
struct NodeRecord {
  formats::Node node;
  FunctionId inlined{-1};
};

/// A part of a parameter by itself.
struct MemberRecord {
  std::size_t parameter = 0;
  std::string name;  ///< "n"
  std::string type;  ///< As it can be written anywhere.
  PlaceId place{};
};

struct FunctionRecord {
  std::string name;
  std::string file;
  int line = 0;
  bool graph = false;
  std::vector<PlaceId> parameters;
  std::vector<MemberRecord> members;  ///< Of parameters that nobody names as a whole.
  PlaceId object{-1};  ///< What a member function is called on.
  std::vector<Flow> flows;
  std::vector<Steering> steerings;
  std::vector<Steering> choices;  ///< Futures that tasks take: it matters which.
  UseList demands;  ///< What a dry run needs the true value of, though it steers nothing.
  std::vector<PlaceId> sources;
  std::vector<Effect> effects;
  std::vector<FunctionId> calls;
  std::vector<NodeRecord> nodes;
};

struct UnitRecord {
  std::vector<Place> places;
  std::vector<FunctionRecord> functions;

  const Place& place(PlaceId id) const { return places[static_cast<std::size_t>(id)]; }
  const FunctionRecord& function(FunctionId id) const { return functions[static_cast<std::size_t>(id)]; }
};

}  // namespace dflow::compiler
