#include "compiler/flow/plan_of.h"

#include <map>
#include <utility>

namespace dflow::compiler::flow {

ir::Plan plan_of(const std::string& graph, const Analysed& analysed, std::vector<ir::Call> calls) {
  std::map<std::uint32_t, ir::Call> by_node;
  for (ir::Call& call : calls) by_node.emplace(call.node, std::move(call));
  ir::Plan plan;
  plan.graph = graph;
  plan.symbols = analysed.symbols;
  plan.assumptions = analysed.assumptions;
  plan.flags = analysed.flags;
  plan.ranges = analysed.ranges;
  for (const Family& family : analysed.families)
    plan.families.push_back(
        {family.node, {{by_node.at(family.node)}}, family.variables, family.domain, family.order});
  for (const Family& given : analysed.given) {
    plan.families.push_back({given.node, {{by_node.at(given.node)}}, given.variables, given.domain, given.order});
    plan.families.back().given = true;
  }
  for (const Dependence& edge : analysed.edges)
    plan.uses.push_back({edge.consumer, edge.argument, edge.producer, edge.elements, edge.relation});
  for (const Dependence& edge : analysed.given_edges)
    plan.uses.push_back({edge.consumer, edge.argument, edge.producer, edge.elements, edge.relation});
  for (const Returned& returned : analysed.returns) {
    ir::Returned& made = plan.returned.emplace_back(ir::Returned{returned.domain, {}, {}, returned.levels});
    for (std::size_t i = 0; i < returned.passed.size(); ++i) made.passed.push_back({returned.givers[i], returned.passed[i]});
    for (std::size_t i = 0; i < returned.from.size(); ++i)
      made.outputs.push_back({returned.producers[i], returned.from[i]});
  }
  return plan;
}

}  // namespace dflow::compiler::flow
