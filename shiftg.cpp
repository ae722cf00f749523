#include <dflow/dflow.h>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>
using F = dflow::Future<double>;
[[dflow::task]] double init(int i) { return i * 0.5; }
[[dflow::task]] double combine(double a, double b) { return a + 2 * b; }
[[dflow::graph]] F r(dflow::Executor& ex, int n) { std::ostringstream o; o << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n << n; return ex.submit(init, int(o.str().size())); }
