// The threads that run tasks: a TBB arena.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace dflow::local {

/// Starts runners on TBB's threads, suspends and resumes their stacks. The only place that includes TBB.
class Workers {
 public:
  explicit Workers(std::size_t threads);

  /// Calls `runner(context)` on one of the arena's threads, soon.
  void start(void (*runner)(void* context), void* context);

  /// True where `suspend` can be called: on one of the arena's threads, while few enough stacks are suspended.
  bool can_suspend() const noexcept;
  /// Suspends this stack, then calls `f(handle)` on another; returns after `resume(handle)`, maybe on another thread.
  void suspend(const std::function<void(void* handle)>& f);
  void resume(void* handle) noexcept;

 private:
  struct Impl;
  Impl& impl_;
};

}  // namespace dflow::local
