// The tree that a reduce becomes, as arithmetic on the numbers of its tasks.
#pragma once

#include <dflow/detail/launch_work.h>

namespace dflow::inline v0::detail {

/// The tree of a reduce over `length` elements: task `m`, 0 < m < length, combines what lies left of element m with what
/// begins there, as far as powers of two reach (numbers in the order of the leaves between which they stand).
struct ReduceTree {
  Index length;

  Index top() const {
    Index m = 1;
    while (2 * m < length) m *= 2;
    return m;
  }
  /// The task that takes the element, or the result of task `of`; 0 behind the last.
  Index consumer_of_element(Index element) const { return climb(element, 0); }
  Index consumer_of(Index task) const {
    const int level = __builtin_ctzll(static_cast<unsigned long long>(task));
    return climb(task - (Index{1} << level), level + 1);
  }
  /// An operand: the task that makes it, or, if `task` is 0, an element.
  struct Operand {
    Index task;
    Index element;
  };
  Operand left(Index m) const {
    const Index half = (m & -m) / 2;
    return half == 0 ? Operand{0, m - 1} : Operand{m - half, 0};
  }
  Operand right(Index m) const {
    for (Index half = (m & -m) / 2; half != 0; half /= 2)
      if (m + half < length) return {m + half, 0};
    return {0, m};
  }

 private:
  /// From the block of 2^level elements that begins at `first`: an odd last one moves up.
  Index climb(Index first, int level) const {
    for (;; ++level) {
      const Index size = Index{1} << level;
      if ((first & size) != 0) return first;
      if (first + size < length) return first + size;
      if (first == 0) return 0;
    }
  }
};

}  // namespace dflow::inline v0::detail
