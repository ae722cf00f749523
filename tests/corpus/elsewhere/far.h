// Tasks and helpers that far_helpers.cpp uses and whose bodies stand in files of their own.
#pragma once

#include <dflow/dflow.h>

#include <vector>

#include "../corpus.h"

namespace far {

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] inline long open(int i) { return 7 * i + 1; }

int half(int n);  ///< A number that bounds loops.

Handle start(dflow::Executor& ex, int i);
void link(dflow::Executor& ex, const Handle& from, Handle& to);
Row chain(dflow::Executor& ex, int length);
Row swept(dflow::Executor& ex, Row row, int rounds);  ///< In a third file.

/// Defined by far_helpers.cpp itself, and called by others.
Handle closed(dflow::Executor& ex, const Handle& x);

class Sum {
 public:
  Sum(dflow::Executor& ex, int first);
  void add(const Handle& x);
  Handle total() const;

 private:
  dflow::Executor& ex_;
  Handle total_;
};

[[dflow::graph]] Handle summed(dflow::Executor& ex, int n);

/// Says what it does: nothing that a dry run may do.
void tell(dflow::Executor& ex, Handle& x);

}  // namespace far
