#include <dflow/dflow.h>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>
using F = dflow::Future<double>;
[[dflow::task]] double init(int i) { return i * 0.5; }
[[dflow::task]] double combine(double a, double b) { return a + 2 * b; }
template <class G> auto c(G g) { return [g](auto x) { return g(x); }; }
[[dflow::graph]] F g(dflow::Executor& ex) { auto l = [&](double x) { return ex.submit(combine, x, x); }; return c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(c(l))))))))))))))))))))))))))))))(1.0); }
