// What a static plan can be: a prebuilt adjacency with an atomic counter a task, run by TBB.
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_group.h>

#include "bench/tasks/adjacency.h"
#include "bench/tasks/harness.h"
#include "bench/tasks/tbb_arena.h"

namespace {

using namespace dflow::bench;

template <class Body>
class Runner {
 public:
  explicit Runner(Adjacency<std::atomic<std::uint8_t>>& graph) : graph_(graph) {}

  void run_all() {
    const std::size_t roots = graph_.roots.size();
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, roots), [this](const auto& range) {
      for (std::size_t i = range.begin(); i < range.end(); ++i) run_from(graph_.roots[i]);
    });
    surplus_.wait();
  }

 private:
  static constexpr std::uint32_t none = static_cast<std::uint32_t>(-1);

  void run_from(std::uint32_t task) {
    while (task != none) task = run_one(task);
  }

  /// Runs a task; the first consumer that becomes ready goes on in place, others become TBB tasks.
  std::uint32_t run_one(std::uint32_t task) {
    Body::run(task);
    std::uint32_t next = none;
    for (std::uint32_t edge = graph_.first[task]; edge < graph_.first[task + 1]; ++edge) {
      const std::uint32_t consumer = graph_.consumers[edge];
      if (!is_last_input(graph_.pending[consumer])) continue;
      if (next == none) {
        next = consumer;
      } else {
        surplus_.run([this, consumer] { run_from(consumer); });
      }
    }
    return next;
  }

  /// A counter of 1 is decremented by nobody else any more, which saves the locked instruction.
  static bool is_last_input(std::atomic<std::uint8_t>& pending) {
    return pending.load(std::memory_order_acquire) == 1 ||
           pending.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

  Adjacency<std::atomic<std::uint8_t>>& graph_;
  tbb::task_group surplus_;
};

struct TbbAdjacency {
  template <class Body>
  static Outcome run(const Case& c) {
    return on_arena(c.threads, [&] {
      Stopwatch watch;
      Adjacency<std::atomic<std::uint8_t>> graph(c);
      Outcome outcome{.build_ns = watch.lap()};
      Runner<Body>(graph).run_all();
      outcome.run_ns = watch.lap();
      return outcome;
    });
  }
};

}  // namespace

int main(int argc, char** argv) {
  return benchmark_main<TbbAdjacency>(argc, argv);
}
