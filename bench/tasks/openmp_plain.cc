// OpenMP tasks without depend clauses: independent tasks alone, which nothing can wait for but a taskwait.
#include <omp.h>

#include <stdexcept>

#include "bench/tasks/harness.h"

namespace {

using namespace dflow::bench;

struct OpenmpPlain {
  template <class Body>
  static Outcome run(const Case& c) {
    if (c.shape != Shape::independent) throw std::invalid_argument("plain OpenMP tasks have no dependences");
    const std::size_t tasks = c.tasks();
    Stopwatch watch;
#pragma omp parallel num_threads(c.threads)
#pragma omp single
    {
      for (std::size_t task = 0; task < tasks; ++task) {
#pragma omp task firstprivate(task)
        Body::run(task);
      }
#pragma omp taskwait
    }
    return {.run_ns = watch.lap()};
  }
};

}  // namespace

int main(int argc, char** argv) {
  return benchmark_main<OpenmpPlain>(argc, argv);
}
