// `co_await future`, and coroutines that return a Future.
#pragma once

#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

#include <dflow/detail/coroutine_scope.h>
#include <dflow/future.h>
#include <dflow/promise.h>

namespace dflow::inline v0 {
namespace detail {

/// Resumes the coroutine on the thread that ended the awaited task.
template <class T>
class FutureAwaiter final : public Observer {
 public:
  explicit FutureAwaiter(Future<T> future) : future_(std::move(future)) {
    if (!future_.valid()) throw_empty_future("co_await");
  }
  FutureAwaiter(const FutureAwaiter&) = delete;

  bool await_ready() const noexcept { return future_.done(); }
  template <class P>
  void await_suspend(std::coroutine_handle<P> waiter) {
    waiter_ = waiter;
    if constexpr (requires(P& promise) { promise.scope.leave(); }) {
      scope_ = &waiter.promise().scope;
      scope_->leave();
    }
    observe_node(*node_of(future_), *this);
  }
  decltype(auto) await_resume() {
    if (scope_ != nullptr) scope_->resume();
    if constexpr (std::is_void_v<T>) future_.get();
    else return T(std::move(future_).get());
  }
  void ended(Node&) noexcept override { waiter_.resume(); }

 private:
  Future<T> future_;
  std::coroutine_handle<> waiter_;
  CoroutineScope* scope_ = nullptr;
};

template <class T>
struct CoroutineBase {
  Promise<T> promise;
  CoroutineScope scope;
  Future<T> get_return_object() { return promise.future(); }
  std::suspend_never initial_suspend() noexcept { return {}; }
  std::suspend_never final_suspend() noexcept { return {}; }
  void unhandled_exception() {
    scope.leave();  // whoever waits may go on within what follows
    promise.set_exception(std::current_exception());
  }
};

template <class T>
struct CoroutinePromise : CoroutineBase<T> {
  template <class U>
  void return_value(U&& value) {
    this->scope.leave();
    this->promise.set_value(std::forward<U>(value));
  }
};
template <>
struct CoroutinePromise<void> : CoroutineBase<void> {
  void return_void() {
    scope.leave();
    promise.set_value();
  }
};

}  // namespace detail

/// Suspends the coroutine until the task has ended; yields its result by value, or throws what `get` would.
/// The coroutine goes on on the thread that ended the task.
template <class T>
detail::FutureAwaiter<T> operator co_await(Future<T> future) {
  return detail::FutureAwaiter<T>(std::move(future));
}

}  // namespace dflow::inline v0

/// A coroutine may return `dflow::Future<T>`: it starts at once, and the future is its `co_return`.
template <class T, class... A>
struct std::coroutine_traits<dflow::Future<T>, A...> {
  using promise_type = dflow::detail::CoroutinePromise<T>;
};
