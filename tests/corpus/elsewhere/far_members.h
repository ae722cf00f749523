// A class whose number another file changes.
#pragma once

#include <dflow/dflow.h>

#include "../corpus.h"

namespace far {

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

class Growing {
 public:
  Growing(dflow::Executor& ex, int n) : ex_(ex), n_(n), cells_(n + 5) {}
  void grow();
  void fill() {
    for (int i = 0; i < n_; ++i) cells_[i] = ex_.submit(corpus::mix, i, n_);
  }
  Row row() const {
    Row all;
    for (int i = 0; i < n_; ++i) all.push_back(cells_[i]);
    return all;
  }

 private:
  dflow::Executor& ex_;
  int n_;
  Row cells_;
};

struct Open {
  int count;
  Row cells;
};
void widen(Open& open);

}  // namespace far
