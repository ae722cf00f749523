// A graph function's plan as the passes (compiler/passes) see and change it: families of tasks, and which of
// them reads whose results. Plain values; graph.h looks at them as a graph. Relations and domains are isl's
// texts, as in formats/plan.h: family 3 is `n3` in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "formats/plan.h"

namespace dflow::compiler::ir {

struct Argument {
  bool is_future = false;
  bool by_reference = false;
  std::string type;   ///< Of a future: what it holds.
  std::string value;  ///< Of a value: equal texts are equal values wherever the indices are equal.
  bool now = false;   ///< Of a value: evaluated before any task runs.
  bool operator==(const Argument&) const = default;
};

/// A call in the source that submits.
struct Call {
  std::uint32_t node = 0;  ///< Its number in the plan.
  formats::NodeOp op = formats::NodeOp::submit;
  std::string task;      ///< As people call it.
  std::string callable;  ///< Equal texts are equal functions.
  bool pure = false;
  std::string result;  ///< Type of what it gives, or "void".
  std::vector<Argument> arguments;
  int priority = 0;      ///< As the program says; higher ones run first.
  unsigned retries = 0;
  bool cancels = false;  ///< Its failure cancels those that wait for it.
  bool ignores = false;  ///< Its failure gives a value.
  bool limited = false;  ///< It may end before its body does, which still reads what it was given.
  /// It ends in ways that no other call knows.
  bool ends_alone() const { return ignores || limited; }
  bool operator==(const Call&) const = default;
};

/// A call that a task runs, after those before it.
struct Step {
  Call call;
  std::uint32_t first_argument = 0;  ///< Uses count the arguments of all steps together.
  std::optional<std::uint32_t> fed =
      {};               ///< The place of its argument that is the result of the step before.
  std::string at = "";  ///< From the family's indices to the call's; "" for the last step: they are the same.
  bool operator==(const Step&) const = default;
};

/// Tasks that run the same calls, one for each point of the domain.
struct Family {
  std::uint32_t node = 0;  ///< Of the last step: its result is the tasks'.
  std::vector<Step> steps;
  std::vector<std::string> variables;
  std::string domain;
  std::string order;
  std::uint32_t level = 0;  ///< Of two ready tasks, the one with the higher level should run first.
  bool given = false;       ///< No tasks: futures from outside, which others may read and hold.

  const Call& call() const { return steps.back().call; }
  bool pure() const;
  bool operator==(const Family&) const = default;
};

/// What a reader of a result does with it.
enum class Reader {
  counted,  ///< Found out at run time, by counting: the last one takes it, the others copy.
  last,     ///< The last reader of whatever it reads: takes and destroys it.
  never,    ///< Another one or the caller has it after this one: copies, and leaves it behind.
};

/// A dependence: from the consumers' instances, and behind their indices `elements` more that count through a
/// container, to the producers'.
struct Use {
  std::uint32_t consumer = 0;
  std::uint32_t argument = 0;
  std::uint32_t producer = 0;
  std::uint32_t elements = 0;
  std::string relation;
  Reader reader = Reader::counted;
  bool operator==(const Use&) const = default;
};

/// What is handed to the graph function's caller.
struct Output {
  std::uint32_t producer = 0;
  std::string relation;  ///< "[n] -> { out[e] -> n3[e] }"
  bool operator==(const Output&) const = default;
};
struct Returned {
  std::string domain;  ///< "[n] -> { out[e] : 0 <= e < n }"
  std::vector<Output> outputs;            ///< What none of them makes is an empty future.
  std::vector<Output> passed = {};        ///< What was given.
  std::vector<std::string> levels = {};   ///< Elements of the containers around it, outermost first; the last are the futures.
  bool operator==(const Returned&) const = default;
};

struct Plan {
  std::string graph;
  std::vector<formats::Symbol> symbols;
  std::string assumptions;
  std::string flags = "{ : }";  ///< That truth values are 0 or 1, which relations and domains do not repeat.
  std::vector<Family> families;
  std::vector<Use> uses;
  std::vector<formats::ElementRange> ranges;
  std::vector<Returned> returned;

  const Family* find(std::uint32_t node) const;
  Family& family(std::uint32_t node);
  const Family& family(std::uint32_t node) const;
  bool is_returned(std::uint32_t node) const;  ///< What is given counts as returned: others have it.
  bool operator==(const Plan&) const = default;
};

}  // namespace dflow::compiler::ir
