#include "tools/dflow/render_dependences.h"

#include <algorithm>
#include <vector>

#include "tools/dflow/text.h"

namespace dflow::tools {
namespace {

using namespace formats;  // the plan's parts, each of which is named below

constexpr std::size_t kWidest = 44;

template <class See>
void each_node(const Graph& graph, See see) {
  for (const Segment& segment : graph.segments)
    for (const Node& node : segment.nodes) see(node);
}

std::string indexed(const std::string& name, const std::string& index) {
  return index.empty() ? name : text({name, "[", index, "]"});
}

struct Row {
  std::string left, right;
};

std::string table(const std::vector<Row>& rows) {
  std::size_t width = 0;
  for (const Row& row : rows)
    if (row.left.size() <= kWidest) width = std::max(width, row.left.size());
  std::string all;
  for (const Row& row : rows)
    all += row.right.empty() ? text({"    ", row.left, "\n"})
                             : text({"    ", padded(row.left, width), "   ", row.right, "\n"});
  return all;
}

bool belongs(const Segment& segment, std::uint32_t node) {
  return std::ranges::any_of(segment.nodes, [&](const Node& each) { return each.id == node; });
}

/// Cases of several arguments that come from the same tasks are one row.
std::vector<Row> rows_of(const Graph& graph, const Segment& segment) {
  const auto names = family_names(graph);
  std::vector<Row> rows;
  for (const Dependence& edge : graph.dependences->edges) {
    if (!belongs(segment, edge.consumer)) continue;
    for (const DependenceCase& one : edge.cases) {
      Row row{text({indexed(names.at(edge.consumer), one.consumer), " <- ",
                    indexed(names.at(edge.producer), one.producer)}),
              one.condition};
      const auto same = [&](const Row& other) { return other.left == row.left && other.right == row.right; };
      if (std::ranges::none_of(rows, same)) rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::string families_text(const Graph& graph, const Segment& segment) {
  const auto names = family_names(graph);
  std::vector<Row> rows;
  for (const Family& family : graph.dependences->families)
    if (belongs(segment, family.node))
      rows.push_back(
          {indexed(names.at(family.node), joined(family.variables, ",")), joined(family.conditions, "  or  ")});
  return rows.empty() ? std::string() : text({"  tasks:\n", table(rows)});
}

}  // namespace

std::map<std::uint32_t, std::string> family_names(const Graph& graph) {
  std::map<std::uint32_t, std::string> names;
  std::map<std::string, int> of_task, of_line;
  const auto short_name = [](const Node& node) {
    return node.task.empty() ? std::string("task") : node.task;
  };
  const auto with_line = [&](const Node& node) {
    const auto file = node.file.empty() ? "" : node.file.substr(node.file.rfind('/') + 1) + ":";
    return text({short_name(node), "@", file, std::to_string(node.line)});
  };
  each_node(graph, [&](const Node& node) {
    ++of_task[short_name(node)];
    ++of_line[with_line(node)];
  });
  each_node(graph, [&](const Node& node) {
    std::string name = short_name(node);
    if (of_task[name] > 1) name = with_line(node);
    if (of_task[short_name(node)] > 1 && of_line[name] > 1)
      name = text({name, ":", std::to_string(node.column), "#", std::to_string(node.id)});
    names[node.id] = name;
  });
  return names;
}

std::string dependences_text(const Graph& graph, const Segment& segment) {
  if (!graph.dependences) return "";
  std::string all = families_text(graph, segment);
  if (all.empty()) return all;
  const auto rows = rows_of(graph, segment);
  return all + (rows.empty() ? "  dependences: none\n" : text({"  dependences:\n", table(rows)}));
}

std::string assumptions_text(const Graph& graph) {
  if (!graph.dependences) return "";
  std::string all;
  for (const Symbol& symbol : graph.dependences->symbols)
    if (symbol.parameter.starts_with("(")) all += text({"  with ", symbol.symbol, " = ", symbol.parameter, "\n"});
  if (!graph.dependences->assumed.empty())
    all += text({"  this holds where ", joined(graph.dependences->assumed, "  or  "),
                 "; elsewhere the graph is built as it runs\n"});
  return all;
}

std::map<std::uint32_t, std::string> family_labels(const Graph& graph) {
  std::map<std::uint32_t, std::string> labels;
  if (!graph.dependences) return labels;
  const auto names = family_names(graph);
  for (const Family& family : graph.dependences->families)
    labels[family.node] = text({indexed(names.at(family.node), joined(family.variables, ",")), "\n",
                                joined(family.conditions, "\nor ")});
  return labels;
}

}  // namespace dflow::tools
