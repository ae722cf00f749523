// tbb::flow::continue_node: one node a task, one edge a dependence, then a message to each root.
#include <oneapi/tbb/flow_graph.h>

#include <deque>
#include <vector>

#include "bench/tasks/harness.h"
#include "bench/tasks/tbb_arena.h"

namespace {

using namespace dflow::bench;
using Node = tbb::flow::continue_node<tbb::flow::continue_msg>;

struct TbbFlowGraph {
  template <class Body>
  static Outcome run(const Case& c) {
    return on_arena(c.threads, [&] {
      Stopwatch watch;
      tbb::flow::graph graph;
      std::deque<Node> nodes;
      for (std::size_t task = 0; task < c.tasks(); ++task)
        nodes.emplace_back(graph, [task](const tbb::flow::continue_msg&) { Body::run(task); });
      std::vector<Node*> roots;
      for (std::size_t task = 0; task < c.tasks(); ++task) {
        bool is_root = true;
        for_each_input(c, task, [&](std::size_t input) {
          tbb::flow::make_edge(nodes[input], nodes[task]);
          is_root = false;
        });
        if (is_root) roots.push_back(&nodes[task]);
      }
      Outcome outcome{.build_ns = watch.lap()};
      for (Node* root : roots) root->try_put({});
      graph.wait_for_all();
      outcome.run_ns = watch.lap();
      return outcome;
    });
  }
};

}  // namespace

int main(int argc, char** argv) {
  return benchmark_main<TbbFlowGraph>(argc, argv);
}
