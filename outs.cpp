#include <dflow/dflow.h>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>
using F = dflow::Future<double>;
[[dflow::task]] double init(int i) { return i * 0.5; }
[[dflow::task]] double combine(double a, double b) { return a + 2 * b; }
[[dflow::graph]] F g(dflow::Executor& ex) { return ex.submit(init, 0); }
int main() { dflow::Executor ex; std::cout << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get() << g(ex).get(); }
