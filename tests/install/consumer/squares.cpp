// Prints the sum of the squares of 1 to 10, by tasks; with CONSUMER_TWICE twice that, by a function of another source.
#include <dflow/dflow.h>

#include <iostream>
#include <vector>

#include "numbers.h"

[[dflow::task]] long square(long x) { return x * x; }
[[dflow::task]] long add(long a, long b) { return a + b; }

[[dflow::graph]] dflow::Future<long> sum_of_squares(dflow::Executor& ex, const std::vector<long>& xs) {
  auto squares = ex.map(square, xs);
  return ex.reduce(add, squares);
}

#ifdef CONSUMER_TWICE
long twice(long x);
#else
static long twice(long x) { return x; }
#endif

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
#ifdef CONSUMER_TEXT
  std::cout << CONSUMER_TEXT << ' ';
#endif
  std::cout << twice(sum_of_squares(ex, numbers()).get()) << '\n';
}
