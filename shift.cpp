#include <dflow/dflow.h>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>
using F = dflow::Future<double>;
[[dflow::task]] double init(int i) { return i * 0.5; }
[[dflow::task]] double combine(double a, double b) { return a + 2 * b; }
void r(std::ostream& o, const std::string& b) { o << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b << b; }
