// The call of a graph function that is a coroutine, from one suspension to the next.
#pragma once

#include <dflow/detail/export.h>
#include <dflow/detail/site.h>

namespace dflow::inline v0::detail {

/// Lives in a coroutine's promise. What the coroutine submits belongs to its call, on whichever thread it goes on; what
/// these threads do while it is suspended does not. Does nothing unless it was entered. Not thread-safe: a coroutine
/// runs in one place at a time.
class DFLOW_EXPORT CoroutineScope {
 public:
  CoroutineScope() = default;
  ~CoroutineScope() { leave(); }
  CoroutineScope(const CoroutineScope&) = delete;
  CoroutineScope& operator=(const CoroutineScope&) = delete;

  /// At the beginning; as with GraphScope, a call within another one or within a task is part of that.
  void enter(const GraphSite& site);
  void leave() noexcept;
  void resume() noexcept;

 private:
  const void* graph_ = nullptr;
  const void* before_ = nullptr;
  bool inside_ = false;
};

/// The first statement of such a graph function: `co_await EnterGraph{site}`. Suspends nothing.
struct EnterGraph {
  const GraphSite& site;

  bool await_ready() const noexcept { return false; }
  template <class Handle>
  bool await_suspend(Handle coroutine) const {
    coroutine.promise().scope.enter(site);
    return false;
  }
  void await_resume() const noexcept {}
};

}  // namespace dflow::inline v0::detail
