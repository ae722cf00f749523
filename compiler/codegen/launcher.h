// A graph function's launcher: the class (include/dflow/detail/launch.h) that runs its tasks from the closed form of its
// dependences, without nodes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/flow/launch_code.h"
#include "formats/plan.h"

namespace dflow::compiler {

/// A variable that the argument expressions of a site mention.
struct LaunchVariable {
  std::string type;
  std::string name;
  std::string value;
};

struct LaunchArgument {
  bool is_future = false;
  std::string value;          ///< of a value: the C++ expression
  bool is_object = false;     ///< of a value: names an object of a class, which is passed by reference
  bool by_reference = false;  ///< of a future or a value that is evaluated now: the task's parameter is a reference
  std::string type;           ///< of a future: what it holds; of a container of futures: what they hold; of a value that is
                              ///< evaluated now: as what it is kept
  bool after = false;         ///< of a future: only waited for
  bool refs = false;          ///< of a container of futures: the task's parameter is a dflow::Refs, which copies nothing
  bool now = false;           ///< of a value: evaluated where the launch is asked for, by the function's caller
  bool captured = false;      ///< of a value: a copy that the lambda holds; it stands behind the others
};

/// Futures from outside that tasks read or the caller gets.
struct LaunchGiven {
  std::string parameter = {};  ///< Which holds them, or "" for values that are scattered.
  std::string members = {};    ///< On the way to them: ".tiles".
};

/// A call that submits, as the generated code repeats it.
struct LaunchSite {
  std::uint32_t node = 0;
  formats::NodeOp op = formats::NodeOp::submit;
  std::string task;  ///< what it is called in labels
  std::string callable;
  std::string made = {};  ///< of an object that is called: the expression that makes it, or "" for `callable`
  std::string method = {};  ///< of a member function: its name; it is called on the first argument
  bool noted = false;     ///< `callable` is a pointer that is null until the program's text has left it
  bool pure = false;
  int priority = 0;
  unsigned retries = 0;    ///< inputs are copied then, never moved
  bool cancels = false;    ///< tasks that need what failed count as cancelled
  bool ignores = false;    ///< what failed has its type's default value
  std::optional<std::int64_t> limit_ns = {};  ///< the longest that it may run
  std::string result;      ///< its type, or "void"
  bool by_reference[2] = {false, false};  ///< of a reduce: the operands
  std::vector<std::string> indices;  ///< what its own are called
  std::vector<LaunchVariable> variables;
  std::vector<LaunchVariable> variables_now = {};  ///< that those mention which are evaluated now
  std::vector<LaunchArgument> arguments;
  std::string place;  ///< "\"name\", \"file\", line, column", as the call's own id
  std::optional<LaunchGiven> given = {};  ///< No call. Of scattered values, `made` is the expression that makes the future.
};

struct LaunchParameter {
  std::string name;
  std::string type;  ///< without references and const
  bool is_executor = false;
  bool is_kept = false;    ///< tasks need it
  std::string given = {};  ///< what stands for it where the launch is asked for; "" for its name
};

/// Which instantiation of a template a launcher is for: the template's arguments, in the template's own text and elsewhere;
/// and its result's type, in that text.
struct LaunchInstance {
  std::string written, concrete, returned;
};

/// The way from what is returned down to futures.
struct LaunchLeaf {
  struct Step {
    enum class Kind { vector, array, member, number } kind;
    std::string name = {};  ///< Of a member, or a number's in a tuple.
  };
  std::vector<Step> way;
  std::string type;  ///< What the futures hold.
};

struct Launcher {
  std::string graph;
  std::string key;                      ///< "\"name\", \"file\", line"
  LaunchInstance instance;
  std::vector<LaunchParameter> parameters;
  std::vector<LaunchSite> sites;
  std::string returned;                 ///< the function's result type
  std::vector<LaunchLeaf> leaves = {};  ///< what it holds, as the plan has it; none if it returns nothing
  flow::LaunchCode code;
};

/// What the passes have to know of the calls.
std::vector<ir::Call> calls_of(const Launcher& launcher);

/// What stands at the beginning of the graph function.
std::string launcher_call(const Launcher& launcher);

/// The class and its registration, at the end of the file.
std::string launcher_text(const Launcher& launcher, int number);

}  // namespace dflow::compiler
