#include "tools/dflow/digraph.h"

namespace dflow::tools {

using formats::LabelledEdge;

template <class End>
Digraph::Neighbours Digraph::group(std::size_t size, std::span<const LabelledEdge> edges, End key,
                                   End other) {
  Neighbours grouped;
  grouped.first.resize(size + 1);
  for (const LabelledEdge& edge : edges) ++grouped.first[edge.*key + 1];
  for (std::size_t i = 0; i < size; ++i) grouped.first[i + 1] += grouped.first[i];
  std::vector<std::uint32_t> next(grouped.first.begin(), grouped.first.end() - 1);
  grouped.all.resize(edges.size());
  for (const LabelledEdge& edge : edges) grouped.all[next[edge.*key]++] = edge.*other;
  return grouped;
}

Digraph::Digraph(std::size_t size, std::span<const LabelledEdge> edges)
    : producers_(group(size, edges, &LabelledEdge::consumer, &LabelledEdge::producer)),
      consumers_(group(size, edges, &LabelledEdge::producer, &LabelledEdge::consumer)) {}

std::vector<std::uint32_t> Digraph::order() const {
  std::vector<std::uint32_t> order, missing(size());
  order.reserve(size());
  for (std::uint32_t task = 0; task < size(); ++task) {
    missing[task] = static_cast<std::uint32_t>(producers(task).size());
    if (missing[task] == 0) order.push_back(task);
  }
  for (std::size_t i = 0; i < order.size(); ++i)
    for (const std::uint32_t consumer : consumers(order[i]))
      if (--missing[consumer] == 0) order.push_back(consumer);
  for (std::uint32_t task = 0; task < size(); ++task)
    if (missing[task] > 0) order.push_back(task);
  return order;
}

std::vector<std::uint32_t> Digraph::ranks() const {
  const auto order = this->order();
  std::vector<std::uint32_t> ranks(size());
  for (std::uint32_t i = 0; i < order.size(); ++i) ranks[order[i]] = i;
  return ranks;
}

}  // namespace dflow::tools
