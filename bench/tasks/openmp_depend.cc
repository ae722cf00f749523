// OpenMP tasks with depend clauses, created by one thread while the team runs them.
#include <omp.h>

#include <vector>

#include "bench/tasks/harness.h"

namespace {

using namespace dflow::bench;

template <class Body>
void create_chain(std::size_t tasks) {
  char token = 0;
  for (std::size_t task = 0; task < tasks; ++task) {
#pragma omp task firstprivate(task) depend(inout : token)
    Body::run(task);
  }
#pragma omp taskwait
}

/// One row and one column of cells that nobody writes stand before the first ones.
template <class Body>
void create_wavefront(std::size_t side) {
  std::vector<char> storage((side + 1) * (side + 1));
  char* cells = storage.data();
  const std::size_t stride = side + 1;
  for (std::size_t row = 0; row < side; ++row)
    for (std::size_t column = 0; column < side; ++column) {
      char* cell = cells + (row + 1) * stride + column + 1;
#pragma omp task firstprivate(row, column) depend(in : *(cell - stride), *(cell - 1)) depend(out : *cell)
      Body::run(row * side + column);
    }
#pragma omp taskwait
}

template <class Body>
void create_tree(std::size_t tasks) {
  std::vector<char> storage(tasks);
  char* results = storage.data();
  for (std::size_t task = tasks; task-- > 0;) {
    if (2 * task + 2 < tasks) {
#pragma omp task firstprivate(task) depend(in : results[2 * task + 1], results[2 * task + 2]) \
    depend(out : results[task])
      Body::run(task);
    } else {
#pragma omp task firstprivate(task) depend(out : results[task])
      Body::run(task);
    }
  }
#pragma omp taskwait
}

/// Each task still produces something that a later one could depend on, as a future can; without the clause
/// it would be another system: openmp_plain.cc.
template <class Body>
void create_independent(std::size_t tasks) {
  std::vector<char> storage(tasks);
  char* results = storage.data();
  for (std::size_t task = 0; task < tasks; ++task) {
#pragma omp task firstprivate(task) depend(out : results[task])
    Body::run(task);
  }
#pragma omp taskwait
}

struct OpenmpDepend {
  template <class Body>
  static Outcome run(const Case& c) {
    Stopwatch watch;
#pragma omp parallel num_threads(c.threads)
#pragma omp single
    {
      if (c.shape == Shape::chain) create_chain<Body>(c.tasks());
      if (c.shape == Shape::wavefront) create_wavefront<Body>(c.size);
      if (c.shape == Shape::tree) create_tree<Body>(c.tasks());
      if (c.shape == Shape::independent) create_independent<Body>(c.tasks());
    }
    return {.run_ns = watch.lap()};
  }
};

}  // namespace

int main(int argc, char** argv) {
  return benchmark_main<OpenmpDepend>(argc, argv);
}
