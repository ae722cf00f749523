// The four task graphs that every system runs, as plain arithmetic on task numbers.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace dflow::bench {

enum class Shape { chain, wavefront, tree, independent };

/// One benchmark. `size` is a chain's or an independent set's number of tasks, a wavefront's side, a tree's
/// levels.
///   chain        task i needs i-1
///   wavefront    task (row, column) = row * size + column needs (row-1, column) and (row, column-1)
///   tree         task i needs 2i+1 and 2i+2 (a reduction; 0 is the root, the second half are leaves)
///   independent  no task needs another
struct Case {
  Shape shape;
  std::size_t size;
  int threads;

  std::size_t tasks() const {
    if (shape == Shape::wavefront) return size * size;
    if (shape == Shape::tree) return (std::size_t{1} << size) - 1;
    return size;
  }
};

inline Shape shape_named(const std::string& name) {
  if (name == "chain") return Shape::chain;
  if (name == "wavefront") return Shape::wavefront;
  if (name == "tree") return Shape::tree;
  if (name == "independent") return Shape::independent;
  throw std::invalid_argument("no shape '" + name + "': choose chain, wavefront, tree or independent");
}

/// Calls use(input) for each task that `task` needs.
template <class Use>
void for_each_input(const Case& c, std::size_t task, Use use) {
  if (c.shape == Shape::chain && task > 0) use(task - 1);
  if (c.shape == Shape::wavefront) {
    if (task >= c.size) use(task - c.size);
    if (task % c.size > 0) use(task - 1);
  }
  if (c.shape == Shape::tree && 2 * task + 2 < c.tasks()) {
    use(2 * task + 1);
    use(2 * task + 2);
  }
}

/// Calls use(consumer) for each task that needs `task`.
template <class Use>
void for_each_consumer(const Case& c, std::size_t task, Use use) {
  if (c.shape == Shape::chain && task + 1 < c.size) use(task + 1);
  if (c.shape == Shape::wavefront) {
    if (task + c.size < c.size * c.size) use(task + c.size);
    if (task % c.size + 1 < c.size) use(task + 1);
  }
  if (c.shape == Shape::tree && task > 0) use((task - 1) / 2);
}

}  // namespace dflow::bench
