#include <dflow/dflow.h>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>
using F = dflow::Future<double>;
[[dflow::task]] double init(int i) { return i * 0.5; }
[[dflow::task]] double combine(double a, double b) { return a + 2 * b; }
#include <algorithm>
[[dflow::graph]] F g(dflow::Executor& ex, int n) { return ex.submit(init, std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(std::min(n, 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7), 7)); }
