// The forms that a lambda with copies may have where dflowc writes it as a class: over several lines, with comments, by way of
// variables, helpers and templates, of structured bindings, references, classes of this function and of this file alone.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: compiled, lambdas with captures
// PARAMS: graph=all 3 -- n=3
// EXPECT: all 9 17 -3 0 11 6 5 7 6 19 6 6 0 3 14 20 4 7 13

#include <dflow/dflow.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "corpus.h"

using H = dflow::Future<long>;
namespace ns { enum class Kind { a = 2, b = 5 }; struct Pod { int x; double y; }; }
namespace { struct Hidden { long v; long get() const { return v; } }; }

template <class F>
H through(dflow::Executor& ex, F f, H x) { return ex.submit(f, x); }

template <class T>
H held(dflow::Executor& ex, T t, H x) {
  return ex.submit([t](long a) { return a + static_cast<long>(t); }, x);
}

struct Maker {
  int base = 4;
  H first;
  explicit Maker(dflow::Executor& ex, int n) : first(ex.submit([n](long a) { return a + n; }, 5L)) {}
  static long twice(long x) { return 2 * x; }
  H more(dflow::Executor& ex) const {
    const int b = base;
    return ex.submit([b](long a) { return twice(a) + b; }, first);
  }
};

[[dflow::graph]] std::vector<H> all(dflow::Executor& ex, int n) {
  std::vector<H> v;
  constexpr int kStep = 7;
  auto x = ex.submit([](int a) { return long{a}; }, n);
  v.push_back(ex.submit([n](long a /* it */) noexcept { return a * n; }, x));
  v.push_back(ex.submit(
      [n,
       word = std::string("four")](
          long a) -> long {
        // several lines
        const auto len = word.size();
        return a + n +
               static_cast<long>(len) + kStep;
      },
      x));
  const auto f = [n](long a) { return a - n; };
  std::function<long(long)> same = f;
  decltype(f) g = f;
  v.push_back(ex.submit(f, same(3)));
  v.push_back(ex.submit(g, x));
  v.push_back(through(ex, [n, k = ns::Kind::b](long a) { return a + n + static_cast<int>(k); }, x));
  v.push_back(held(ex, 3, x));
  v.push_back(held(ex, 2.5, x));
  auto [p, q] = std::pair<int, std::string>(2, "qq");
  v.push_back(ex.submit([p, q](long a) { return a + p + static_cast<long>(q.size()); }, x));
  const int& ref = n;
  v.push_back(ex.submit([ref](long a) { return a + ref; }, x));
  struct Local { int z; long get() const { return z; } };
  const Local local{9};
  v.push_back(ex.submit([local, pod = ns::Pod{1, 2.5}, h = Hidden{6}](long a) { return a + local.get() + pod.x + h.get(); }, x));
  std::map<std::string, std::vector<int>> table{{"a", {1, 2}}, {"b", {3}}};
  v.push_back(ex.submit([table](long a) {
    for (const auto& [key, values] : table) a += static_cast<long>(key.size() * values.size());
    return a;
  }, x));
  std::array<long, 3> arr{1, 2, 3};
  v.push_back(ex.submit([arr, i = std::min(n, 2)](long a) { return a + arr[static_cast<std::size_t>(i)]; }, x));
  if (auto h = [n](long a) { return a ^ n; }; n > 0) v.push_back(ex.submit(h, x));
  switch (n) {
    case 3: v.push_back(ex.submit([n] { return 1L * n; })); break;
    default: break;
  }
  static const auto kept = [by = 11](long a) { return a + by; };
  v.push_back(ex.submit(kept, x));
  Maker maker(ex, n);
  v.push_back(maker.more(ex));
  int count = 0;
  v.push_back(ex.submit([count](long a) mutable { ++count; return a + count; }, x));
  for (const auto& each : {1, 2}) v.push_back(ex.submit([each](long a) { return a + each; }, x).then([each, n](long a) { return a * each + n; }));
  return v;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  std::cout << "all";
  for (const auto& each : all(ex, corpus::argument(argc, argv, 1, 3))) std::cout << ' ' << each.get();
  std::cout << '\n';
  return 0;
}
