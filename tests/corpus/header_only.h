// A library of graph functions that stands in a header: inline ones, members, a template, a static one, and made by macros.
#pragma once

#include <dflow/dflow.h>

#include <vector>

#include "corpus.h"

namespace header_only {

using Handle = dflow::Future<long>;

[[dflow::task]] inline long opened(int i) { return 7 * i + 1; }
[[dflow::task]] inline long closed(long x) { return 2 * x + 3; }

[[dflow::graph]] inline Handle chained(dflow::Executor& ex, int n) {
  Handle last = ex.submit(opened, 0);
  for (int i = 1; i < n; ++i) last = ex.submit(corpus::mix, last, ex.submit(opened, i));
  return last;
}

/// By way of a lambda, from one of the sources.
[[dflow::graph]] inline std::vector<Handle> squared(dflow::Executor& ex, const std::vector<long>& xs) {
  return ex.map([](long x) { return x * x; }, xs);
}

template <class T>
[[dflow::graph]] Handle halved(dflow::Executor& ex, const std::vector<T>& xs) {
  std::vector<Handle> all;
  for (std::size_t i = 0; i < xs.size(); ++i) all.push_back(ex.submit(closed, xs[i]));
  return ex.reduce(corpus::mix, all, 1L);
}

struct Fixed {
  int factor = 2;

  [[dflow::graph]] Handle ladder(dflow::Executor& ex, int n) const {
    Handle last = ex.submit(opened, factor);
    for (int i = 0; i < n; ++i) last = ex.submit(corpus::mix, last, i);
    return last;
  }
};

/// Each source has one of its own.
[[dflow::graph]] static inline Handle own(dflow::Executor& ex, int n) {
  Handle last = ex.submit(closed, 1L);
  for (int i = 0; i < n; ++i) last = ex.submit(closed, last);
  return last;
}

#define HEADER_ONLY_GRAPH(name) [[dflow::graph]] inline Handle name(dflow::Executor& ex, int n)

HEADER_ONLY_GRAPH(counted) {
  Handle last = ex.submit(opened, n);
  for (int i = 0; i < n; ++i) last = ex.submit(corpus::mix, ex.submit(opened, i), last);
  return last;
}

}  // namespace header_only

/// What another source makes of all of them.
long header_only_elsewhere(dflow::Executor& ex, int n);
