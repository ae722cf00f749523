#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "formats/labels.h"

namespace dflow::tools {

/// Tasks as the numbers below `size()`, and who feeds whom. Built once, then read.
class Digraph {
 public:
  Digraph(std::size_t size, std::span<const formats::LabelledEdge> edges);

  std::size_t size() const { return producers_.first.size() - 1; }
  std::span<const std::uint32_t> producers(std::uint32_t task) const { return producers_.of(task); }
  std::span<const std::uint32_t> consumers(std::uint32_t task) const { return consumers_.of(task); }

  /// Each task once, producers before their consumers. Tasks on a circle, and those behind it, stand at the
  /// end by number: a file may hold any edges.
  std::vector<std::uint32_t> order() const;

  /// For each task the place it has in `order()`: an edge leads forwards unless it closes a circle.
  std::vector<std::uint32_t> ranks() const;

 private:
  /// The neighbours of all tasks in one array: those of task t are [first[t], first[t + 1]).
  struct Neighbours {
    std::vector<std::uint32_t> first, all;
    std::span<const std::uint32_t> of(std::uint32_t task) const {
      return std::span(all).subspan(first[task], first[task + 1] - first[task]);
    }
  };
  template <class End>
  static Neighbours group(std::size_t size, std::span<const formats::LabelledEdge> edges, End key, End other);

  Neighbours producers_, consumers_;
};

}  // namespace dflow::tools
