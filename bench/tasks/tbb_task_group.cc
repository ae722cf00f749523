// Raw tbb::task_group: tasks are made as the program goes and carry neither values nor dependences, which
// each shape keeps by hand in the cheapest way.
#include <oneapi/tbb/task_group.h>

#include <vector>

#include "bench/tasks/harness.h"
#include "bench/tasks/tbb_arena.h"

namespace {

using namespace dflow::bench;

/// Each task starts the next.
template <class Body>
struct Chain {
  tbb::task_group group;
  std::size_t size;

  void start(std::size_t task) {
    group.run([this, task] {
      Body::run(task);
      if (task + 1 < size) start(task + 1);
    });
  }
};

/// A counter a cell; whoever brings it to zero starts the cell.
template <class Body>
struct Wavefront {
  explicit Wavefront(std::size_t cells_a_side) : side(cells_a_side), pending(side * side) {
    for (std::size_t i = 0; i < side; ++i) pending[i] = pending[i * side] = 1;
    for (std::size_t row = 1; row < side; ++row)
      for (std::size_t column = 1; column < side; ++column) pending[row * side + column] = 2;
  }

  void start(std::size_t cell) {
    group.run([this, cell] {
      Body::run(cell);
      if (cell + side < side * side) input_done(cell + side);
      if (cell % side + 1 < side) input_done(cell + 1);
    });
  }
  void input_done(std::size_t cell) {
    if (pending[cell].fetch_sub(1, std::memory_order_acq_rel) == 1) start(cell);
  }

  tbb::task_group group;
  std::size_t side;
  std::vector<std::atomic<std::uint8_t>> pending;
};

/// A reduction: each task starts its two children as tasks of its own group and works once they are done.
template <class Body>
void run_subtree(std::size_t task, std::size_t tasks) {
  if (2 * task + 2 < tasks) {
    tbb::task_group children;
    children.run([=] { run_subtree<Body>(2 * task + 1, tasks); });
    children.run([=] { run_subtree<Body>(2 * task + 2, tasks); });
    children.wait();
  }
  Body::run(task);
}

template <class Body>
void run_independent(std::size_t tasks) {
  tbb::task_group group;
  for (std::size_t task = 0; task < tasks; ++task) group.run([task] { Body::run(task); });
  group.wait();
}

template <class Body>
Outcome run_wavefront(std::size_t side) {
  Stopwatch watch;
  Wavefront<Body> wavefront(side);
  Outcome outcome{.build_ns = watch.lap()};
  wavefront.start(0);
  wavefront.group.wait();
  outcome.run_ns = watch.lap();
  return outcome;
}

struct TbbTaskGroup {
  template <class Body>
  static Outcome run(const Case& c) {
    return on_arena(c.threads, [&]() -> Outcome {
      if (c.shape == Shape::wavefront) return run_wavefront<Body>(c.size);
      Stopwatch watch;
      if (c.shape == Shape::chain) {
        Chain<Body> chain{.group = {}, .size = c.size};
        chain.start(0);
        chain.group.wait();
      } else if (c.shape == Shape::tree) {
        run_subtree<Body>(0, c.tasks());
      } else {
        run_independent<Body>(c.tasks());
      }
      return {.run_ns = watch.lap()};
    });
  }
};

}  // namespace

int main(int argc, char** argv) {
  return benchmark_main<TbbTaskGroup>(argc, argv);
}
