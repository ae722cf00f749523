// Names: nested, inline and unnamed namespaces, static functions, aliases, using declarations; graphs in each.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=app::run 3 -- n=3
// GRAPH: 14 tasks, 13 edges
// PARAMS: graph=app::detail::hidden 3 -- n=3
// EDGES: app::load#0 -> app::quiet#0, app::load#1 -> app::quiet#1, app::load#2 -> app::quiet#2
// PARAMS: graph=local 3 -- n=3

#include <dflow/dflow.h>

#include "corpus.h"

namespace app {
inline namespace v1 {
[[dflow::task]] long load(long x) { return x + 1; }
}  // namespace v1
namespace {
[[dflow::task]] long quiet(long x) { return 2 * x; }
}  // namespace
namespace deep::deeper {
[[dflow::task]] static long low(long x) { return x - 1; }
}  // namespace deep::deeper
namespace detail {
[[dflow::graph]] std::vector<dflow::Future<long>> hidden(dflow::Executor& ex, int n) {
  std::vector<dflow::Future<long>> all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(quiet, ex.submit(load, i)));
  return all;
}
}  // namespace detail
namespace alias = deep::deeper;

[[dflow::graph]] dflow::Future<long> run(dflow::Executor& ex, int n) {
  using deep::deeper::low;
  auto all = detail::hidden(ex, n);
  for (auto& each : all) each = ex.submit(alias::low, ex.submit(low, each));
  return ex.reduce(corpus::mix, std::move(all));
}
}  // namespace app

[[dflow::task]] static long own(long x) { return -x; }
[[dflow::graph]] static dflow::Future<long> local(dflow::Executor& ex, int n) {
  return ex.submit(::own, ex.submit(app::deep::deeper::low, n));
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  corpus::same("run", app::run(ex, n).get(), corpus::mix(corpus::mix(0, 2), 4));
  corpus::same("hidden", ex.gather(app::detail::hidden(ex, n)), std::vector<long>{2, 4, 6});
  corpus::same("local", local(ex, n).get(), 1L - n);
  return corpus::result();
}
