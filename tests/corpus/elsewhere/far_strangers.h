// What far_strangers.cpp gives its futures to, and whose bodies stand in a file of their own. All of it prints.
#pragma once

#include <dflow/dflow.h>

#include <vector>

namespace far {

using Handle = dflow::Future<long>;

/// A member function changes its order.
struct Rows {
  std::vector<Handle> all;
  void turn();
  long total() const;
};

struct Maker {
  dflow::Executor& ex;
  void warm(int n);  ///< Submits a task.
};

struct Keeper {
  explicit Keeper(const Handle& x);
  long kept;
};

struct Ender {
  Handle x;
  ~Ender();
};

struct Look {
  void operator()(const Handle& x) const;
};
void look(const Handle& x);

}  // namespace far
