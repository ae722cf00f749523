#include "far.h"

#include <cstdio>

namespace far {
namespace {

/// Another file has one of this name, which does something else.
long mixed(long a, long b) { return corpus::mix(a, b); }

}  // namespace

int half(int n) { return n / 2; }

Handle start(dflow::Executor& ex, int i) { return ex.submit(open, i); }

void link(dflow::Executor& ex, const Handle& from, Handle& to) { to = ex.submit(mixed, from, to); }

Row chain(dflow::Executor& ex, int length) {
  Row all;
  for (int i = 0; i < length; ++i) {
    all.push_back(start(ex, i));
    if (i > 0) link(ex, all[i - 1], all[i]);
  }
  return all;
}

Sum::Sum(dflow::Executor& ex, int first) : ex_(ex), total_(start(ex, first)) {}
void Sum::add(const Handle& x) { link(ex_, x, total_); }
Handle Sum::total() const { return total_; }

[[dflow::graph]] Handle summed(dflow::Executor& ex, int n) {
  Sum sum(ex, n);
  for (const auto& each : chain(ex, n)) sum.add(each);
  return closed(ex, sum.total());
}

void tell(dflow::Executor& ex, Handle& x) {
  std::fputs("", stdout);
  x = ex.submit(mixed, x, 1);
}

}  // namespace far
