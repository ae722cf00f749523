// Arguments that throw: into a handler of the same function, which decides what comes next, or of the one that called it.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: compiled, a class with a constructor
// PARAMS: graph=checked_each 6 3 -- n=6 at=3
// PARAMS: graph=checked_each 6 9 -- n=6 at=9
// PARAMS: graph=until 6 3 -- n=6 at=3
// PARAMS: graph=elements 6 3 -- n=6 xs.size=4
// PARAMS: graph=made 6 3 -- n=6 at=3
// PARAMS: graph=passed_on 6 9 -- n=6

#include <dflow/dflow.h>

#include <stdexcept>

#include "corpus.h"

using All = std::vector<dflow::Future<long>>;

[[dflow::task]] long number(long x) { return x + 1; }

long checked(long x, long at) {
  if (x == at) throw std::invalid_argument("not this one");
  return x;
}

struct Positive {
  long value;
  explicit Positive(long x) : value(x) {
    if (x <= 0) throw std::domain_error("not positive");
  }
};
[[dflow::task]] long value(const Positive& x) { return x.value; }

[[dflow::graph]] All checked_each(dflow::Executor& ex, int n, int at) {
  All all;
  for (int i = 0; i < n; ++i) {
    try {
      all.push_back(ex.submit(number, checked(i, at)));
    } catch (...) {
      all.push_back(ex.submit(number, 99));
      all.push_back(ex.submit(number, n - i));
    }
  }
  return all;
}

[[dflow::graph]] All until(dflow::Executor& ex, int n, int at) {
  All all;
  try {
    for (int i = 0; i < n; ++i) all.push_back(ex.submit(number, checked(i, at)));
  } catch (const std::invalid_argument&) {
    all.push_back(ex.submit(number, 99));
  }
  return all;
}

[[dflow::graph]] All elements(dflow::Executor& ex, int n, const std::vector<long>& xs) {
  All all;
  try {
    for (int i = 0; i < n; ++i) all.push_back(ex.submit(number, xs.at(static_cast<std::size_t>(i))));
  } catch (const std::out_of_range&) {
    all.push_back(ex.submit(number, 99));
  }
  return all;
}

[[dflow::graph]] All made(dflow::Executor& ex, int n, int at) {
  All all;
  for (int i = 0; i < n; ++i) {
    try {
      all.push_back(ex.submit(value, Positive(at - i)));
    } catch (const std::domain_error&) {
      break;
    }
  }
  return all;
}

[[dflow::graph]] All passed_on(dflow::Executor& ex, int n, int at) {
  All all;
  try {
    for (int i = 0; i < n; ++i) all.push_back(ex.submit(number, checked(i, at)));
  } catch (...) {
    all.clear();
    throw;
  }
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 6), at = corpus::argument(argc, argv, 2, 3);
  std::vector<long> each, first, some, positive;
  for (long i = 0; i < n; ++i) {
    if (i != at) each.push_back(number(i));
    if (i == at) each.insert(each.end(), {number(99), number(n - i)});
    if (i < at) first.push_back(number(i));
    if (i <= at) some.push_back(number((i + 1) * (i + 1)));
    if (at - i > 0) positive.push_back(at - i);
  }
  if (at < n) first.push_back(number(99));
  if (at + 1 < n) some.push_back(number(99));
  corpus::same("checked_each", ex.gather(checked_each(ex, n, at)), each);
  corpus::same("until", ex.gather(until(ex, n, at)), first);
  corpus::same("elements", ex.gather(elements(ex, n, corpus::squares(at + 1))), some);
  corpus::same("made", ex.gather(made(ex, n, at)), positive);
  try {
    passed_on(ex, n, at).back().wait();
    std::cout << "passed on\n";
  } catch (const std::invalid_argument& error) {
    std::cout << error.what() << '\n';
  }
  return corpus::result();
}
