// Functors as tasks: with state, a template, with a member function of another name, an overloaded call operator, std::plus.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=apply 4 -- n=4 k=4
// PARAMS: graph=apply 0 -- n=0 k=4

#include <dflow/dflow.h>

#include <functional>

#include "corpus.h"

namespace shapes {
struct Scale {
  long factor;
  long operator()(long x) const { return factor * x; }
};
template <class T>
struct Offset {
  T by;
  T operator()(T x) const { return x + by; }
};
struct Either {
  long operator()(long x, int) const { return x + 1; }
  long operator()(long x, double) const { return x + 2; }
};
}  // namespace shapes

[[dflow::graph]] dflow::Future<long> apply(dflow::Executor& ex, int n, long k) {
  const shapes::Scale scale{k};
  auto x = ex.submit(scale, 1);
  for (int i = 0; i < n; ++i) {
    auto y = ex.submit(shapes::Scale{i + k}, x);
    auto z = ex.submit(shapes::Offset<long>{i}, y);
    auto w = ex.submit(shapes::Either{}, z, 1);
    x = ex.submit(std::plus<long>(), ex.submit(shapes::Either(), y, 1.5), w);
  }
  return x;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  const long k = 4;
  long x = k;
  for (int i = 0; i < n; ++i) {
    const long y = (i + k) * x;
    x = y + 2 + y + i + 1;
  }
  corpus::same("apply", apply(ex, n, k).get(), x);
  return corpus::result();
}
