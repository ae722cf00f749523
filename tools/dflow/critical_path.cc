#include "tools/dflow/critical_path.h"

#include <algorithm>

namespace dflow::tools {

CriticalPath critical_path(const Digraph& graph, std::span<const std::uint64_t> ns_of_task) {
  constexpr std::uint32_t kNone = ~std::uint32_t{0};
  const auto ranks = graph.ranks();
  std::vector<std::uint64_t> longest(graph.size());  // of the chains that end with a task
  std::vector<std::uint32_t> before(graph.size(), kNone);
  std::uint32_t last = kNone;
  for (const std::uint32_t task : graph.order()) {
    for (const std::uint32_t producer : graph.producers(task)) {
      if (ranks[producer] > ranks[task]) continue;
      if (before[task] == kNone || longest[producer] > longest[before[task]]) before[task] = producer;
    }
    longest[task] = ns_of_task[task] + (before[task] == kNone ? 0 : longest[before[task]]);
    if (last == kNone || longest[task] > longest[last]) last = task;
  }
  CriticalPath path;
  if (last == kNone) return path;
  path.ns = longest[last];
  for (; last != kNone; last = before[last]) path.tasks.push_back(last);
  std::ranges::reverse(path.tasks);
  return path;
}

}  // namespace dflow::tools
