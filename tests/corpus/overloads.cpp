// Overloads: tasks picked by a cast or by a pointer's type, overloaded helpers, templates beside functions, a functor's two
// operators, members const and not, ref-qualified and noexcept ones.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=picked 3 -- n=3
// GRAPH: 10 tasks, 11 edges
// PARAMS: graph=picked 0 -- n=0
// PARAMS: graph=members 4 -- n=4

#include <dflow/dflow.h>

#include <string>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Text = dflow::Future<std::string>;

[[dflow::task]] long shift(long x) { return mix(x, 1); }
[[dflow::task]] std::string shift(const std::string& x) { return x + "!"; }
[[dflow::task]] long shift(long x, long by) { return mix(x, by); }
template <class T>
[[dflow::task]] T shift(T x, T by, T twice) {
  return mix(mix(x, by), twice);
}

Handle step(dflow::Executor& ex, const Handle& x) { return ex.submit(static_cast<long (*)(long)>(shift), x); }
Text step(dflow::Executor& ex, const Text& x) { return ex.submit(static_cast<std::string (*)(const std::string&)>(shift), x); }
template <class T>
T step(dflow::Executor& ex, const T& x, int times) {
  return times > 0 ? step(ex, step(ex, x), times - 1) : x;
}

struct Measure {
  long operator()(const std::string& x) const { return static_cast<long>(x.size()); }
  long operator()(long x, long y) const { return mix(y, x); }
};

[[dflow::graph]] Handle picked(dflow::Executor& ex, int n) {
  long (*const by)(long, long) = shift;
  Handle number = step(ex, ex.submit(by, n, 2), n);
  Text text = step(ex, ex.submit([](int i) { return std::string(i, 'a'); }, n), 1);
  Handle both = ex.submit(Measure{}, number, ex.submit(Measure{}, text));
  return ex.submit(shift<long>, both, number, ex.submit(by, both, n));
}

struct Wheel {
  long spokes = 3;
  long turned(long x) const { return mix(x, spokes); }
  long turned(long x) { return mix(spokes, x); }
  long rolled(long x) const& noexcept { return mix(x, x); }
};

[[dflow::graph]] Handle members(dflow::Executor& ex, int n) {
  Handle x = ex.submit(static_cast<long (Wheel::*)(long) const>(&Wheel::turned), Wheel{}, n);
  for (int i = 0; i < n; ++i) {
    x = i % 2 == 0 ? ex.submit(static_cast<long (Wheel::*)(long) const>(&Wheel::turned), Wheel{i}, x)
                   : ex.submit(&Wheel::rolled, Wheel{i}, x);
  }
  return x;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  long number = shift(n, 2);
  for (int i = 0; i < n; ++i) number = shift(number);
  const long both = mix(n + 1, number);
  corpus::same("picked", picked(ex, n).get(), shift<long>(both, number, shift(both, n)));
  long x = mix(n, 3);
  for (int i = 0; i < n; ++i) x = i % 2 == 0 ? mix(x, i) : mix(x, x);
  corpus::same("members", members(ex, n).get(), x);
  return corpus::result();
}
