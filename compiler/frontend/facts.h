// Writes down what is found in one function: flows between places, steerings, effects, sources, calls, nodes.
#pragma once

#include "compiler/frontend/flow_recorder.h"
#include "compiler/frontend/places.h"
#include "compiler/frontend/positions.h"
#include "compiler/frontend/uses.h"

namespace dflow::compiler {

/// What surrounds the expression that is looked at.
struct Surroundings {
  std::vector<std::string> loops;
  std::uint32_t guards = 0;
  const clang::Stmt* statement = nullptr;  ///< The innermost one that something may stand before.
  bool within = false;                     ///< It is an expression inside of something: put into parentheses.
  int rescues = 0;                         ///< Handlers around it that stop an exception.
  bool in_block = false;                   ///< The statement that is executed stands in a block.
};

/// A place of the user's that may change while the program runs.
bool is_mutable_global(const clang::VarDecl& variable);
/// A static local variable that is initialised with what differs from call to call: it has what the first call gave it.
bool keeps_first_value(const clang::VarDecl& variable);

class Facts {
 public:
  Facts(const Project& of_project, RecordedUnit& recorded, PlaceTable& table)
      : project(of_project), places(table), recorded_(recorded) {}

  void flow(const Uses& from, PlaceId to);
  void steer(UseList uses, clang::SourceLocation location, std::string what);
  int line(clang::SourceLocation location) const;
  /// Before the current statement.
  Stop stopping_point() const;
  /// Once this part of an expression has been evaluated; nowhere if it cannot be put into a call.
  Stop stop_after(const clang::Expr& part) const;
  Stop stop_after(clang::SourceLocation begin, clang::SourceLocation end) const;
  /// Futures that a task takes.
  void choose(UseList uses, clang::SourceLocation location);
  void effect(const clang::Expr& expression, std::string reason);
  /// The same where the stop is known.
  void effect(const clang::Expr& expression, std::string reason, Stop stop);
  /// `uses` may turn out to be an exception.
  void may_fail(const UseList& uses, clang::SourceLocation location);

  UseList source(const clang::Expr& expression, std::string name);
  /// A function of the user's is called there.
  void call(const clang::FunctionDecl& callee, clang::SourceLocation location);
  /// Uses of `from` flow into whatever object `target` names.
  void assign(const clang::Expr& target, const Uses& from);
  void assign_back(const clang::Expr& target, PlaceId from);
  /// Another graph function becomes a part of this one's instance.
  void graph_node(const clang::CallExpr& call, const clang::FunctionDecl& callee);
  void node(const SiteCall& site);

  FunctionRecord& record() { return record_; }

  const Project& project;
  PlaceTable& places;
  const clang::FunctionDecl* function = nullptr;  ///< The one that is walked.
  Surroundings around;

 private:
  /// A variable that an lvalue may be, or (not `whole`) be a part of: then its size stays.
  struct Root {
    PlaceId place;
    bool whole;
    auto operator<=>(const Root&) const = default;
  };
  std::vector<Root> roots(const clang::Expr& expression);
  /// Of the arguments each construction knows its own.
  void flow_into_made(const Uses& from);
  void change(const clang::Expr& target, const Uses& from);
  formats::Node make_node(const clang::Expr& call, formats::NodeOp op, std::string task) const;
  formats::Argument argument_of(const clang::Expr& argument) const;

  RecordedUnit& recorded_;
  FunctionRecord record_;
};

}  // namespace dflow::compiler
