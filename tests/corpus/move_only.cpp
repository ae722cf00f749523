// Results that can only be moved, and large ones that the last reader gets moved: values stay what they were for others.
// BOUNDARIES: 0
// REPLICABLE: yes
// SENDABLE: yes
// PARAMS: graph=handed_on 4 -- n=4
// GRAPH: 6 tasks, 5 edges
// PARAMS: graph=shared 4 -- n=4
// PARAMS: graph=spent 4 -- n=4

#include <dflow/dflow.h>

#include <memory>

#include "corpus.h"

using Box = std::unique_ptr<long>;
using Values = std::vector<long>;

[[dflow::task]] Box make(long x) { return std::make_unique<long>(x); }
[[dflow::task]] Box add(Box box, long x) {
  *box = corpus::mix(*box, x);
  return box;
}
[[dflow::task]] long open(const Box& box) { return *box; }
[[dflow::task]] Values grow(Values values, long x) {
  values.push_back(x);
  return values;
}
[[dflow::task]] long sum(const Values& values) {
  long total = 0;
  for (const long value : values) total = corpus::mix(total, value);
  return total;
}

/// Can be moved, and nothing else; what it owns is private.
class Purse {
 public:
  explicit Purse(long coins) : coins_(std::make_unique<long>(coins)) {}
  long coins() const { return *coins_; }

 private:
  Box coins_;
};
[[dflow::task]] Purse fill(long coins) { return Purse(coins); }
[[dflow::task]] Purse spend(Purse purse, long coins) { return Purse(corpus::mix(purse.coins(), coins)); }
[[dflow::task]] long look_into(const Purse& purse) { return purse.coins(); }

[[dflow::graph]] dflow::Future<long> spent(dflow::Executor& ex, int n) {
  auto purse = ex.submit(fill, 1);
  for (int i = 0; i < n; ++i) purse = ex.submit(spend, std::move(purse), i);
  return ex.submit(look_into, std::move(purse));
}

[[dflow::graph]] dflow::Future<long> handed_on(dflow::Executor& ex, int n) {
  auto box = ex.submit(make, 1);
  for (int i = 0; i < n; ++i) box = ex.submit(add, box, i);
  return ex.submit(open, std::move(box));
}

[[dflow::graph]] std::vector<dflow::Future<long>> shared(dflow::Executor& ex, int n) {
  std::vector<dflow::Future<long>> sums;
  auto values = ex.submit(grow, Values{}, 1);
  for (int i = 0; i < n; ++i) {
    auto longer = ex.submit(grow, values, i);
    auto other = ex.submit(grow, values, -i);
    sums.push_back(ex.submit(sum, values));
    sums.push_back(ex.submit(sum, other));
    values = i % 2 == 0 ? longer : other;
  }
  return sums;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  long boxed = 1;
  for (int i = 0; i < n; ++i) boxed = corpus::mix(boxed, i);
  corpus::same("handed_on", handed_on(ex, n).get(), boxed);
  corpus::same("spent", spent(ex, n).get(), boxed);
  Values values{1}, expected;
  for (int i = 0; i < n; ++i) {
    expected.push_back(sum(values));
    expected.push_back(sum(grow(values, -i)));
    values.push_back(i % 2 == 0 ? i : -i);
  }
  corpus::same("shared", ex.gather(shared(ex, n)), expected);
  return corpus::result();
}
