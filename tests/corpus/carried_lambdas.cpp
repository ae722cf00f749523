// Tasks that are lambdas with copies in them run in worker processes as well: numbers, texts, containers, objects of classes
// with private members, mutable ones, moved ones, in templates, within others, and with `[&]` inside of them.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: compiled, lambdas with captures
// PARAMS: graph=carried 4 -- n=4
// PARAMS: graph=carried 0 -- n=0

#include <dflow/dflow.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <utility>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

class Scale {
 public:
  explicit Scale(long by) : by_(by) {}
  long of(long x) const { return by_ * x; }

 private:
  long by_;
};

template <class T>
Handle added(dflow::Executor& ex, const T& what, Handle to) {
  return ex.submit([what](long x) { return x + static_cast<long>(what); }, to);
}

struct Counter {
  int start;
  Handle from(dflow::Executor& ex, long x) const {
    const int first = start;
    return ex.submit([first, x] { return first + x; });
  }
};

[[dflow::graph]] std::vector<Handle> carried(dflow::Executor& ex, int n) {
  std::vector<Handle> all;
  const long k = 3;
  const std::string word = "abc";
  const auto scale = [by = Scale(k), word](long x) { return by.of(x) + static_cast<long>(word.size()); };
  for (int i = 0; i < n; ++i) {
    auto x = ex.submit(scale, i);
    all.push_back(x);
    all.push_back(ex.submit([=](long a) -> long { return mix(a, i + k); }, x));
    all.push_back(ex.submit([i, weights = std::vector<long>{1, 2, 3}](long a) {
      long sum = 0;
      std::for_each(weights.begin(), weights.end(), [&](long each) { sum += each * i; });
      return a + sum;
    }, x));
    std::string text(static_cast<std::size_t>(i), 'x');
    all.push_back(ex.submit([text, again = std::move(text), calls = 0](long a) mutable {
      again += "!";
      return a + static_cast<long>(text.size() * 100 + again.size()) + ++calls;
    }, x));
    all.push_back(ex.submit([p = std::make_pair(i, word)] { return p.first + static_cast<long>(p.second.size()); }));
    all.push_back(added(ex, 2.75, added(ex, 'a', x)));
    all.push_back(Counter{i}.from(ex, k));
    all.push_back(ex.submit([i](long a) { return [&] { return a - i; }(); }, x).then([i](long a) { return a * i; }));
  }
  const auto shifted = ex.map([n](long x) { return x + n; }, all);
  all.push_back(ex.reduce([n](long a, long b) { return mix(a, b) + n; }, shifted, ex.submit([n]() noexcept { return 1L * n; })));
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  std::vector<long> expected;
  for (long i = 0; i < n; ++i) {
    const long x = 3 * i + 3;
    expected.insert(expected.end(), {x, mix(x, i + 3), x + 6 * i, x + i * 100 + i + 2, i + 3, x + 'a' + 2, i + 3, (x - i) * i});
  }
  std::vector<long> level = expected;
  for (long& each : level) each += n;
  while (level.size() > 1) {
    std::vector<long> next;
    for (std::size_t j = 0; j + 1 < level.size(); j += 2) next.push_back(mix(level[j], level[j + 1]) + n);
    if (level.size() % 2 == 1) next.push_back(level.back());
    level = next;
  }
  expected.push_back(level.empty() ? n : mix(n, level[0]) + n);
  corpus::same("carried", ex.gather(carried(ex, n)), expected);
  return corpus::result();
}
