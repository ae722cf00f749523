// Tasks that are launched and wait: for tasks that they submit, for graphs that they launch, for each other by way of a
// promise. Callbacks, continuations and waiting for the first on what a launch gives out.
// BOUNDARIES: 0
// REPLICABLE: yes
// WARNS: reads-global, a promise that a task keeps
// LAUNCHED: inner outer linked many
// PARAMS: graph=outer 6 -- n=6

#include <dflow/dflow.h>

#include <atomic>
#include <mutex>
#include <optional>

#include "corpus.h"

using corpus::mix;
using Row = std::vector<dflow::Future<long>>;

[[dflow::task]] long leaf(long x) { return x + 1; }

[[dflow::graph]] dflow::Future<long> inner(dflow::Executor& ex, int n) {
  auto last = ex.submit(leaf, n);
  for (int i = 0; i < n; ++i) last = ex.submit(mix, last, i);
  return last;
}
[[dflow::task]] long nested(long x) {
  dflow::Executor ex;
  const long submitted = ex.submit(leaf, x).get();
  return mix(inner(ex, static_cast<int>(x)).get(), submitted);
}
[[dflow::graph]] Row outer(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(nested, i));
  for (int i = 1; i < n; ++i) all.push_back(ex.submit(mix, all[i - 1], all[i]));
  return all;
}

std::optional<dflow::Promise<long>> promise;
std::mutex mutex;
/// The first waits for what the last gives: none may be held back behind another.
[[dflow::task]] long chained(int i, int n) {
  if (i == 0 && n > 1) return promise->future().get();
  if (i == n - 1) {
    const std::lock_guard lock(mutex);
    promise->set_value(i);
  }
  return i;
}
[[dflow::graph]] Row linked(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(chained, i, n));
  return all;
}
[[dflow::graph]] Row many(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(mix, i, 1));
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 6);
  std::cout << "outer";
  for (const auto& each : outer(ex, n)) std::cout << ' ' << each.get();
  if (corpus::beside_tasks()) {
    promise.emplace();
    long sum = 0;
    for (const auto& each : linked(ex, 5000)) sum += each.get();
    std::cout << "\nlinked " << sum;
  } else {
    std::cout << "\nlinked " << 4999L * 5000 / 2 + 4999;
  }
  std::atomic<int> called{0};
  {
    auto all = many(ex, 1000);
    for (const auto& each : all) each.on_done([&](const auto&) { ++called; });
    auto next = all[999].then([](long x) { return x + 1; });
    std::size_t seen = 0;
    for (const auto& each : dflow::as_completed(all)) seen += each.done();
    std::cout << "\nmany " << seen << ' ' << next.get() - all[999].get();
    dflow::wait(all);
  }
  ex.shutdown();
  promise.reset();
  std::cout << ' ' << called.load() << '\n';
  return 0;
}
