// parallel(f): a function over ranges from a function over elements.
#pragma once

#include <utility>
#include <vector>

#include <dflow/executor.h>

namespace dflow::inline v0 {

/// What `parallel` makes: called with ranges, it maps `f` over them and returns the results in order.
template <class F>
class Parallel {
 public:
  explicit Parallel(F f) : f_(std::move(f)) {}

  /// `f` over the ranges (zipped to the shortest) on `executor`; waits, and returns the results.
  template <class... Ranges>
  auto operator()(const Executor& executor, Ranges&&... ranges) const {
    return executor.gather(executor.map(f_, std::forward<Ranges>(ranges)...));
  }
  /// The futures instead of the results.
  template <class... Ranges>
  auto map(const Executor& executor, Ranges&&... ranges) const {
    return executor.map(f_, std::forward<Ranges>(ranges)...);
  }

 private:
  F f_;
};

/// `auto squares = dflow::parallel(square); squares(ex, xs)` is `ex.gather(ex.map(square, xs))`.
template <class F>
Parallel<std::decay_t<F>> parallel(F&& f) {
  return Parallel<std::decay_t<F>>(std::forward<F>(f));
}

}  // namespace dflow::inline v0
