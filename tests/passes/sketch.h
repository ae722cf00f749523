// Plans written by hand, short: families are numbered as they come, and submitted one after the other.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <string>

#include "compiler/passes/passes.h"

namespace dflow::compiler::passes::test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Sketch {
 public:
  ir::Plan plan;

  Sketch() {
    plan.graph = "sketch";
    plan.assumptions = "[n] -> { : n >= 2 }";
  }

  /// A call: `where` is "[i] : 0 <= i < n". Takes text, gives text; arguments come with `reads` and `value`.
  Sketch& task(const std::string& name, const std::string& where = "[]",
               formats::NodeOp op = formats::NodeOp::submit) {
    const auto node = static_cast<std::uint32_t>(plan.families.size());
    const std::string tuple = "n" + std::to_string(node), indices = where.substr(1, where.find(']') - 1);
    ir::Call call{node, op, name, "::" + name, false, "text", {}};
    ir::Family family{node, {{call}}, {}, "[n] -> { " + tuple + where + " }", ""};
    const auto condition = where.find(':');
    family.order = "[n] -> { " + tuple + "[" + indices + "] -> [" + std::to_string(node) + ", " +
                   (indices.empty() ? "0" : indices) + (std::ranges::count(indices, ',') == 1 ? "" : ", 0") +
                   "]" + (condition == std::string::npos ? "" : where.substr(condition)) + " }";
    for (const char c : indices)
      if (c != ',' && c != ' ') family.variables.emplace_back(1, c);
    plan.families.push_back(std::move(family));
    return *this;
  }
  Sketch& pure() { return last().pure = true, *this; }
  /// Another argument of the last task: a future; `by` is "[i] -> [i - 1] : 0 < i < n".
  Sketch& reads(std::uint32_t producer, const std::string& by = "[] -> []", std::uint32_t elements = 0) {
    last().arguments.push_back({true, false, "text", ""});
    return reads_too(producer, by, elements);
  }
  /// The same argument, from another producer.
  Sketch& reads_too(std::uint32_t producer, const std::string& by, std::uint32_t elements = 0) {
    const std::uint32_t node = plan.families.back().node;
    const auto arrow = by.find("-> [");
    const std::string relation = "[n] -> { n" + std::to_string(node) + by.substr(0, arrow) + "-> n" +
                                 std::to_string(producer) + by.substr(arrow + 3) + " }";
    plan.uses.push_back(
        {node, static_cast<std::uint32_t>(last().arguments.size() - 1), producer, elements, relation});
    return *this;
  }
  /// All calls so far are submitted round by round of the loop over k.
  Sketch& in_one_loop() {
    for (ir::Family& family : plan.families)
      family.order = "[n] -> { n" + std::to_string(family.node) + "[k] -> [k, " +
                     std::to_string(family.node) + "] : 0 <= k < n }";
    return *this;
  }
  Sketch& by_reference() { return last().arguments.back().by_reference = true, *this; }
  Sketch& value(const std::string& text) {
    last().arguments.push_back({false, false, "", text});
    return *this;
  }
  /// "[e] -> [e] : 0 <= e < n"
  Sketch& returns(std::uint32_t producer, const std::string& by = "[] -> []") {
    const auto arrow = by.find("-> [");
    if (plan.returned.empty())
      plan.returned.push_back(
          {"[n] -> { out" + by.substr(0, arrow) + by.substr(std::min(by.size(), by.find(':'))) + " }", {}});
    plan.returned[0].outputs.push_back({producer, "[n] -> { out" + by.substr(0, arrow) + "-> n" +
                                                      std::to_string(producer) + by.substr(arrow + 3) +
                                                      " }"});
    return *this;
  }

 private:
  ir::Call& last() { return plan.families.back().steps.back().call; }
};

/// The plan after this pass alone; a second time must change nothing more.
inline Optimised after(const std::string& pass, const Sketch& sketch) {
  const auto once = optimise(sketch.plan, {"-all", "verify", pass});
  EXPECT_TRUE(once) << once.message();
  if (!once) return {};
  const auto twice = optimise(once.value().plan, {"-all", "verify", pass});
  EXPECT_TRUE(twice && twice.value().plan == once.value().plan) << "changes something the second time";
  return once.value();
}

inline std::vector<std::string> texts(const Optimised& optimised) {
  std::vector<std::string> all;
  for (const Remark& each : optimised.remarks) all.push_back(each.text);
  return all;
}

}  // namespace dflow::compiler::passes::test
