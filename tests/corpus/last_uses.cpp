// Where a graph function is not launched, its futures are given away where it names them for the last time: tasks that take
// them by value get the object itself. What is named again, in whatever way, stays.
// BOUNDARIES: 4
// REPLICABLE: no
// WORKERS: perhaps, what counts its copies has a constructor of its own
// PARAMS: graph=steered 4 -- n=4

#include <dflow/dflow.h>

#include <atomic>
#include <utility>

#include "corpus.h"

/// Counts how often it is copied.
struct Counted {
  long value = 0;
  Counted() = default;
  explicit Counted(long v) : value(v) {}
  Counted(const Counted& other) : value(other.value) { ++copies; }
  Counted(Counted&& other) noexcept = default;
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) = default;
  static inline std::atomic<int> copies{0};
};

[[dflow::task]] Counted make(long x) { return Counted(x); }
[[dflow::task]] Counted next(Counted x, long by) {
  x.value = corpus::mix(x.value, by);
  return x;
}
[[dflow::task]] long total(std::vector<Counted> all) {
  long sum = 0;
  for (const auto& each : all) sum = corpus::mix(sum, each.value);
  return sum;
}
[[dflow::task]] long look(const Counted& x) { return x.value; }

/// Steered by a result: nothing of it is launched.
[[dflow::graph]] long steered(dflow::Executor& ex, int n) {
  auto first = ex.submit(make, 3);
  if (ex.submit(look, first).get() > 100) return 0;
  auto second = ex.submit(next, first, 1);
  long sum = 0;
  for (int i = 0; i < n; ++i) {
    auto inner = ex.submit(next, second, i);
    auto more = ex.submit(next, inner, i);
    sum += ex.submit(look, more).get();
  }
  return sum;
}
[[dflow::graph]] long collected(dflow::Executor& ex, int n) {
  std::vector<dflow::Future<Counted>> all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(make, i));
  if (ex.submit(look, all[0]).get() > 100) return 0;
  return ex.submit(total, all).get();
}
/// Named again: by a reference, in the next round, in another branch's wake, in a lambda.
[[dflow::graph]] long again(dflow::Executor& ex, int n) {
  auto x = ex.submit(make, 5);
  if (ex.submit(look, x).get() > 100) return 0;
  const auto& alias = x;
  long sum = ex.submit(look, ex.submit(next, x, 1)).get();
  sum += ex.submit(look, alias).get();
  auto y = ex.submit(make, 6);
  for (int i = 0; i < n; ++i) sum += ex.submit(look, ex.submit(next, y, i)).get();
  for (auto z = ex.submit(make, 7); sum % 7 != 0; ++sum) sum += ex.submit(look, ex.submit(next, z, 1)).get() % 2;
  auto w = ex.submit(make, 8);
  const auto later = [&w, &ex] { return ex.submit(look, w).get(); };
  sum += ex.submit(look, ex.submit(next, w, 1)).get();
  std::vector<dflow::Future<Counted>> row{w, y};
  const auto begin = row.begin();
  sum += ex.submit(total, row).get();
  sum += ex.submit(look, *begin).get() + later();
  auto v = ex.submit(make, 9);
  return sum + ex.submit(look, ex.submit(next, v, ex.submit(look, v).get())).get();
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  std::cout << steered(ex, n) << ' ' << collected(ex, n) << ' ' << again(ex, n) << '\n';
  return 0;
}
