// Functions that ask for results in the middle: what lies between the questions is known in closed form.
// SHOWS: segment 1:
// SHOWS: add@30[e] <- load[e] 0 <= e < n
// SHOWS: boundary at line 32: the loop's condition reads get()
// SHOWS: segment 2:
// SHOWS: improve[i] <- smooth[i] 0 <= i < n
// SHOWS: add@36[e] <- smooth[e] 0 <= e < n
// SHOWS: segment 3:
// SHOWS: add@40[i] <- add@40[i-1] 0 < i < n
// SHOWS: boundary at line 48: the condition of an if reads get()
// SHOWS: improve[i] <- improve[i-1] 2 <= i < n

#include <dflow/dflow.h>

#include <utility>
#include <vector>

using Handle = dflow::Future<double>;
using Row = std::vector<Handle>;

[[dflow::task]] double load(int i) { return i; }
[[dflow::task]] double smooth(double a, double b) { return (a + b) / 2; }
[[dflow::task]] double add(double a, double b) { return a + b; }
[[dflow::task]] double improve(double x, double gradient) { return x - gradient; }

/// A known part, rounds of which each is known, and a known end.
[[dflow::graph]] Handle descend(dflow::Executor& ex, int n, double enough) {
  Row x(n);
  for (int i = 0; i < n; ++i) x[i] = ex.submit(load, i);
  Handle norm = ex.reduce(add, x, 0.0);
  int rounds = 0;
  while (norm.get() > enough) {
    Row gradient(n);
    for (int i = 0; i < n; ++i) gradient[i] = ex.submit(smooth, x[i], x[(i + 1) % n]);
    for (int i = 0; i < n; ++i) x[i] = ex.submit(improve, x[i], gradient[i]);
    norm = ex.reduce(add, gradient, 0.0);
    if (++rounds > 100) break;
  }
  Handle last = norm;
  for (int i = 0; i < n; ++i) last = ex.submit(add, last, x[i]);
  return last;
}

/// A result that chooses between two parts.
[[dflow::graph]] Handle forked(dflow::Executor& ex, int n) {
  Handle a = ex.submit(load, n);
  Row parts(n);
  if (ex.submit(smooth, a, a).get() > 1) {
    for (int i = 0; i < n; ++i) parts[i] = i == 0 ? ex.submit(load, i) : ex.submit(improve, parts[i - 1], 1.0);
  } else {
    for (int i = 0; i < n; ++i) parts[i] = ex.submit(load, i);
  }
  for (int i = 1; i < n; ++i) a = ex.submit(add, a, parts[i]);
  return a;
}

int main(int argc, char** argv) { dflow::Executor ex(argc, argv); }
