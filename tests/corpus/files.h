// Tasks and helpers that files.cpp uses.
#pragma once

#include <dflow/dflow.h>

#include <vector>

#include "corpus.h"

namespace files {

using Handle = dflow::Future<long>;

[[dflow::task]] inline long open(int i) { return 7 * i + 1; }

/// Hands futures on by reference; is called by another helper of this header.
inline void link(dflow::Executor& ex, const Handle& from, Handle& to) { to = ex.submit(corpus::mix, from, to); }

template <class Task>
std::vector<Handle> chain(dflow::Executor& ex, Task task, int length) {
  std::vector<Handle> all;
  for (int i = 0; i < length; ++i) {
    all.push_back(ex.submit(task, i));
    if (i > 0) link(ex, all[i - 1], all[i]);
  }
  return all;
}

class Counter {
 public:
  explicit Counter(dflow::Executor& ex) : ex_(ex), total_(ex.submit(open, 0)) {}
  void add(const Handle& x);
  Handle total() const { return total_; }

 private:
  dflow::Executor& ex_;
  Handle total_;
};

inline void Counter::add(const Handle& x) { link(ex_, x, total_); }

/// A graph function of its own.
[[dflow::graph]] inline Handle counted(dflow::Executor& ex, int n) {
  Counter counter(ex);
  for (const auto& each : chain(ex, open, n)) counter.add(each);
  return counter.total();
}

}  // namespace files
