// Constructors, destructors and operators that submit: default member initialisers, delegation, RAII, compound assignment.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=algebra 3 -- n=3
// PARAMS: graph=algebra 0 -- n=0
// PARAMS: graph=scoped 3 -- n=3
// GRAPH: 7 tasks, 5 edges

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] long load(long x) { return x + 4; }
[[dflow::task]] long plus(long x, long y) { return x + y; }
[[dflow::task]] long times(long x, long y) { return x * y % 10007; }

class Number {
 public:
  Number(dflow::Executor& ex, long x) : Number(ex, ex.submit(load, x)) {}
  Number(dflow::Executor& ex, Handle value) : ex_(&ex), value_(std::move(value)) {}
  friend Number operator+(const Number& a, const Number& b) { return {*a.ex_, a.ex_->submit(plus, a.value_, b.value_)}; }
  friend Number operator*(const Number& a, const Number& b) { return {*a.ex_, a.ex_->submit(times, a.value_, b.value_)}; }
  Number& operator+=(const Number& other) { return *this = *this + other; }
  Handle value() const { return value_; }

 private:
  dflow::Executor* ex_;
  Handle value_;
};

struct Logged {
  Logged(dflow::Executor& executor, int count) : ex(executor) {
    for (int i = 0; i < count; ++i) parts.push_back(ex.submit(load, i));
  }
  ~Logged() { static_cast<void>(ex.submit(load, -1)); }
  dflow::Executor& ex;
  std::vector<Handle> parts;
};

[[dflow::graph]] Handle algebra(dflow::Executor& ex, int n) {
  Number sum(ex, 1), x{ex, 2};
  for (int i = 0; i < n; ++i) {
    sum += x * Number(ex, i) + Number(ex, 10 * i);
    x = x * x + sum;
  }
  return (sum * x).value();
}

[[dflow::graph]] Handle scoped(dflow::Executor& ex, int n) {
  Logged logged(ex, n);
  Handle last = logged.parts.at(0);
  for (const auto& part : logged.parts) last = ex.submit(plus, last, part);
  return last;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  long sum = load(1), x = load(2);
  for (int i = 0; i < n; ++i) {
    sum += x * load(i) % 10007 + load(10 * i);
    x = x * x % 10007 + sum;
  }
  corpus::same("algebra", algebra(ex, n).get(), sum * x % 10007);
  long last = load(0);
  for (int i = 0; i < n; ++i) last += load(i);
  if (n > 0) corpus::same("scoped", scoped(ex, n).get(), last);
  return corpus::result();
}
