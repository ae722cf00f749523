// A shape written out as arrays: what the systems with a prebuilt graph start from.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/tasks/shapes.h"

namespace dflow::bench {

/// Task i's consumers are consumers[first[i]] to consumers[first[i + 1] - 1]. `Counter` is an integer or an
/// atomic.
template <class Counter>
struct Adjacency {
  explicit Adjacency(const Case& c) : pending(c.tasks()) {
    first.reserve(c.tasks() + 1);
    consumers.reserve(c.shape == Shape::independent ? 0
                      : c.shape == Shape::wavefront ? 2 * c.tasks()
                                                    : c.tasks());
    for (std::size_t task = 0; task < c.tasks(); ++task) {
      first.push_back(static_cast<std::uint32_t>(consumers.size()));
      for_each_consumer(
          c, task, [&](std::size_t consumer) { consumers.push_back(static_cast<std::uint32_t>(consumer)); });
      std::uint8_t inputs = 0;
      for_each_input(c, task, [&](std::size_t) { ++inputs; });
      pending[task] = inputs;
      if (inputs == 0) roots.push_back(static_cast<std::uint32_t>(task));
    }
    first.push_back(static_cast<std::uint32_t>(consumers.size()));
  }

  std::vector<std::uint32_t> first, consumers, roots;
  std::vector<Counter> pending;  ///< Inputs that have not run.
};

}  // namespace dflow::bench
