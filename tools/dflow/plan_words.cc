#include "tools/dflow/plan_words.h"

#include "tools/dflow/text.h"

namespace dflow::tools {

using namespace formats;  // the plan's parts, each of which is named below

std::string meaning_of_tier(const Graph& graph) {
  switch (graph.tier) {
    case 1:
      return "1, affine: known in closed form for all parameters";
    case 2:
      return "2, replicable: it follows from the parameters alone";
    default:
      return "0, dynamic: it is built while the program runs";
  }
}

std::string place(const Graph& graph, std::uint32_t line) {
  return text({graph.file, ":", std::to_string(line)});
}

std::string place(const Graph& graph, const Node& node) {
  return text({node.file.empty() ? graph.file : node.file, ":", std::to_string(node.line)});
}

std::string place(const Graph& graph, const Boundary& boundary) {
  return text({boundary.file.empty() ? graph.file : boundary.file, ":", std::to_string(boundary.line)});
}

std::string line_of(const Boundary& boundary) {
  const std::string number = std::to_string(boundary.line);
  return boundary.file.empty() ? "line " + number : text({boundary.file, ":", number});
}

std::string surroundings(const Node& node) {
  std::string all;
  for (const std::string& loop : node.loops) all.append(all.empty() ? "for each " : ", ").append(loop);
  if (node.guards == 0) return all;
  all.append(all.empty() ? "under " : "; under ").append(std::to_string(node.guards));
  return all.append(node.guards == 1 ? " condition" : " conditions");
}

std::string_view shown_task(const Node& node) {
  return node.task.empty() ? "(a task known when it runs)" : std::string_view(node.task);
}

std::string label_of(const Graph& graph, const Node& node) {
  std::string label = text({to_string(node.op), " ", shown_task(node), "\n", place(graph, node)});
  if (const std::string around = surroundings(node); !around.empty()) label += text({"\n", around});
  for (const Argument& argument : node.arguments) label += text({"\n", argument.text});
  return label;
}

std::string label_of(const Boundary& boundary) {
  return text({"boundary at ", line_of(boundary), "\n", boundary.reason});
}

}  // namespace dflow::tools
