#include "compiler/ir/graph.h"

#include <algorithm>
#include <map>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/filtered_graph.hpp>
#include <boost/graph/reverse_graph.hpp>
#include <boost/graph/strong_components.hpp>
#include <boost/graph/topological_sort.hpp>

namespace dflow::compiler::ir {
namespace {

using Graph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, std::size_t, std::size_t>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;
using Edge = boost::graph_traits<Graph>::edge_descriptor;

/// A vertex knows its place among the families, an edge its place among the uses.
Graph graph_of(const Plan& plan, const std::function<bool(const Use&)>& along = nullptr) {
  Graph graph(plan.families.size());
  std::map<std::uint32_t, Vertex> vertices;
  for (std::size_t i = 0; i < plan.families.size(); ++i) {
    graph[i] = i;
    vertices[plan.families[i].node] = i;
  }
  for (std::size_t i = 0; i < plan.uses.size(); ++i) {
    if (along && !along(plan.uses[i])) continue;
    boost::add_edge(vertices.at(plan.uses[i].producer), vertices.at(plan.uses[i].consumer), i, graph);
  }
  return graph;
}

/// The number of each vertex's strongly connected component. Boost numbers them as they are finished:
/// consumers first.
std::vector<std::size_t> component_numbers(const Graph& graph, std::size_t& count) {
  std::vector<std::size_t> number(boost::num_vertices(graph));
  const auto map = boost::make_iterator_property_map(number.begin(), boost::get(boost::vertex_index, graph));
  count = boost::strong_components(graph, map);
  return number;
}

}  // namespace

std::vector<std::vector<std::size_t>> components(const Plan& plan) {
  const Graph graph = graph_of(plan);
  std::size_t count = 0;
  const auto number = component_numbers(graph, count);
  std::vector<std::vector<std::size_t>> result(count);
  for (std::size_t i = 0; i < number.size(); ++i) result[count - 1 - number[i]].push_back(i);
  return result;
}

std::vector<bool> lead_to(const Plan& plan, const std::function<bool(const Family&)>& wanted) {
  const Graph graph = graph_of(plan);
  const auto backwards = boost::make_reverse_graph(graph);
  std::vector<boost::default_color_type> colours(boost::num_vertices(graph), boost::white_color);
  const auto colour =
      boost::make_iterator_property_map(colours.begin(), boost::get(boost::vertex_index, graph));
  boost::queue<Vertex> queue;
  for (Vertex v = 0; v < boost::num_vertices(graph); ++v) {
    if (wanted(plan.families[graph[v]]) && colours[v] == boost::white_color)
      boost::breadth_first_visit(backwards, v, queue, boost::default_bfs_visitor(), colour);
  }
  std::vector<bool> result;
  for (const auto each : colours) result.push_back(each != boost::white_color);
  return result;
}

std::vector<std::uint32_t> heights(const Plan& plan, const std::function<bool(const Use&)>& along) {
  const Graph graph = graph_of(plan, along);
  std::size_t count = 0;
  const auto number = component_numbers(graph, count);
  const auto acyclic = [&](const Edge& edge) {
    return number[boost::source(edge, graph)] != number[boost::target(edge, graph)];
  };
  const boost::filtered_graph<Graph, std::function<bool(const Edge&)>> ways(graph, acyclic);
  std::vector<Vertex> consumers_first;
  boost::topological_sort(ways, std::back_inserter(consumers_first));
  std::vector<std::uint32_t> height(plan.families.size());
  for (const Vertex v : consumers_first) {
    std::uint32_t behind = 0;
    for (auto [edge, end] = boost::out_edges(v, ways); edge != end; ++edge)
      behind = std::max(behind, height[boost::target(*edge, ways)]);
    height[v] = behind + static_cast<std::uint32_t>(plan.families[graph[v]].steps.size());
  }
  return height;
}

}  // namespace dflow::compiler::ir
