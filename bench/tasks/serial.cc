// The floor: one thread, a loop over a prebuilt adjacency.
#include "bench/tasks/adjacency.h"
#include "bench/tasks/harness.h"

namespace {

using namespace dflow::bench;

struct Serial {
  template <class Body>
  static Outcome run(const Case& c) {
    Stopwatch watch;
    Adjacency<std::uint8_t> graph(c);
    Outcome outcome{.build_ns = watch.lap()};
    std::vector<std::uint32_t> ready = std::move(graph.roots);
    while (!ready.empty()) {
      const std::uint32_t task = ready.back();
      ready.pop_back();
      Body::run(task);
      for (std::uint32_t edge = graph.first[task]; edge < graph.first[task + 1]; ++edge)
        if (--graph.pending[graph.consumers[edge]] == 0) ready.push_back(graph.consumers[edge]);
    }
    outcome.run_ns = watch.lap();
    return outcome;
  }
};

}  // namespace

int main(int argc, char** argv) {
  return benchmark_main<Serial>(argc, argv);
}
