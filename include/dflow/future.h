// Future<T>: the handle of a task's result.
#pragma once

#include <chrono>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <dflow/detail/any_future.h>
#include <dflow/detail/call.h>
#include <dflow/detail/session.h>
#include <dflow/detail/value.h>
#include <dflow/errors.h>

namespace dflow::inline v0 {

template <class T>
class Future;

/// Tag for `Future::cancel`.
struct Force {};
inline constexpr Force force{};

namespace detail {

template <class T>
inline constexpr bool is_future_v = false;
template <class T>
inline constexpr bool is_future_v<Future<T>> = true;

/// What a T is once it is there: as a task's result, or as its argument.
template <class T>
struct FlattenedType {
  using type = T;
};
template <class T>
struct FlattenedType<Future<T>> {
  using type = T;
};

template <class T>
Node* node_of(const Future<T>& future) noexcept;

/// Waits until no task reads the move-only result any more. Throws InvalidStateError if it has been taken,
/// TimeoutError if the deadline came first.
DFLOW_EXPORT void take_from_readers(Node& node, Readers& readers, Deadline deadline);

struct Unsteered {};
/// Tag for a `get()` that dflowc proved to steer nothing: a dry run goes on with a default-constructed value.
inline constexpr Unsteered unsteered{};

template <class Rep, class Period>
Deadline deadline_in(std::chrono::duration<Rep, Period> timeout) {
  const Clock::time_point now = Clock::now();
  const auto longest = std::chrono::duration<double>(Clock::time_point::max() - now) / 2;
  if (std::chrono::duration<double>(timeout) >= longest) return std::nullopt;
  return now + std::chrono::duration_cast<Clock::duration>(timeout);
}

}  // namespace detail

/// A cheap, shared handle to a result that is or will be there. Any number of handles may name one task; the result
/// lives as long as a handle or a task that takes it as an argument does.
///
/// Thread-safety: distinct handles may be used from distinct threads at once; one handle is like any other value.
/// Blocking: `get`, `wait`, `exception` block; inside a task they never deadlock and never keep a thread.
/// Errors: the waiting functions throw InvalidStateError on an empty handle; `get` rethrows what the task threw,
/// CancelledError if it was cancelled, TimeoutError if `timeout` passed first.
template <class T>
class Future {
 public:
  using value_type = T;

  Future() = default;

  /// True unless empty (default-constructed or moved from).
  bool valid() const noexcept { return static_cast<bool>(node_); }

  /// The result. The reference is valid while a handle to this task lives, and of a move-only result until another task, or
  /// `get() &&`, takes it; then this throws InvalidStateError.
  decltype(auto) get() const& {
    finish(std::nullopt);
    return reference();
  }
  template <class Rep, class Period>
  decltype(auto) get(std::chrono::duration<Rep, Period> timeout) const& {
    finish(detail::deadline_in(timeout));
    return reference();
  }

  /// The result itself: moved out if nobody else can see it, otherwise copied. A move-only result is moved out of any
  /// handle, once; the second time throws InvalidStateError.
  T get() && {
    finish(std::nullopt);
    return take(std::nullopt);
  }
  template <class Rep, class Period>
  T get(std::chrono::duration<Rep, Period> timeout) && {
    const detail::Deadline deadline = detail::deadline_in(timeout);
    finish(deadline);
    return take(deadline);
  }

  /// `get()` whose result steers nothing; placed by dflowc.
  decltype(auto) get(detail::Unsteered) const& {
    if constexpr (std::is_default_constructible_v<detail::Stored<T>>) {
      if (detail::in_dry_run()) write_default_for_dry_run();
    }
    return get();
  }
  T get(detail::Unsteered) && {
    if constexpr (std::is_default_constructible_v<detail::Stored<T>>) {
      if (detail::in_dry_run()) return T();
    }
    return std::move(*this).get();
  }

  /// Waits for the end, whatever it is.
  void wait() const { detail::wait_until(node_.get(), std::nullopt); }
  /// False if the task had not ended after `timeout`.
  template <class Rep, class Period>
  bool wait(std::chrono::duration<Rep, Period> timeout) const {
    return detail::wait_until(node_.get(), detail::deadline_in(timeout));
  }

  /// Has ended: with a result, with an exception or cancelled.
  bool done() const noexcept { return node_ && node_.get()->ended(); }
  /// Has begun and not ended. On a cluster this asks the scheduler.
  bool running() const noexcept { return node_ && detail::is_running(*node_.get()); }
  bool cancelled() const noexcept { return node_ && node_.get()->state() == detail::State::cancelled; }

  /// Waits, then returns what the task threw, null if it returned. Throws CancelledError if it was cancelled.
  std::exception_ptr exception() const {
    detail::wait_or_throw(node_.get(), std::nullopt);
    return error();
  }
  template <class Rep, class Period>
  std::exception_ptr exception(std::chrono::duration<Rep, Period> timeout) const {
    detail::wait_or_throw(node_.get(), detail::deadline_in(timeout));
    return error();
  }

  /// True if the task had not started and now never will, also when it had been cancelled before. False if it runs
  /// or has ended; a running task that takes a `std::stop_token` sees the request.
  /// On a cluster this is decided here and now: true unless it has ended, nobody sees a result any more, and a body that
  /// is under way is asked to stop.
  bool cancel() const { return node_ && detail::cancel_node(*node_.get()); }
  /// `cancel(dflow::force)`: on a cluster, a body that does not stop, or runs on over its time limit, is ended with its worker
  /// process, and another takes that one's place. Other tasks there run again. In one process the same as `cancel()`.
  bool cancel(Force) const { return node_ && detail::cancel_node(*node_.get(), true); }

  /// Calls `callback(const Future<T>&)` or `callback()` once the task has ended, on the thread that ended it, or here
  /// and now if it has. Callbacks run in the order they were added; what they throw is logged and dropped.
  template <class Callback>
  void on_done(Callback callback) const;

  /// A task that runs `f(result)` (`f()` for void) once this one has ended well.
  template <class F>
  auto then(F&& f) const;
  template <class F>
  auto then(const detail::Site& site, F&& f) const;  ///< Placed by dflowc.

  /// What is known of the task: "count_words submitted at app.cpp:12 (running)".
  std::string describe() const { return node_ ? detail::describe(*node_.get()) : "empty future"; }

  operator AnyFuture() const noexcept { return AnyFuture(node_); }  // NOLINT: every future is an AnyFuture

  /// The same task, not the same value.
  friend bool operator==(const Future& a, const Future& b) noexcept { return a.node_.get() == b.node_.get(); }

  explicit Future(detail::NodeRef node) noexcept : node_(std::move(node)) {}  ///< For dflow itself.

 private:
  friend detail::Node* detail::node_of<T>(const Future<T>& future) noexcept;

  template <class F>
  auto then_at(const detail::Site* site, F&& f) const;

  detail::Value<T>& node() const { return static_cast<detail::Value<T>&>(*node_.get()); }

  void finish(detail::Deadline deadline) const {
    if (!node_) detail::throw_empty_future("get()");
    if (!done()) detail::wait_or_throw(node_.get(), deadline);
    if (node_.get()->state() != detail::State::done) detail::rethrow(*node_.get());
    if (node_.get()->marked(detail::kElsewhere)) detail::fetch_value(*node_.get(), deadline);
  }

  std::conditional_t<std::is_void_v<T>, void, const detail::Stored<T>&> reference() const {
    if constexpr (!std::is_void_v<T>) {
      if constexpr (!detail::is_copyable_v<T>) {
        if (node().marked(detail::kConsumed)) detail::throw_consumed();
      }
      return node().value();
    }
  }

  T take([[maybe_unused]] detail::Deadline deadline) {
    if constexpr (!std::is_void_v<T>) {
      if constexpr (!detail::is_copyable_v<T>) detail::take_from_readers(node(), node().readers, deadline);
      detail::NodeRef last = std::move(node_);
      return static_cast<detail::Value<T>&>(*last.get()).take(true);
    }
  }

  std::exception_ptr error() const {
    if (cancelled()) detail::rethrow(*node_.get());
    return node_.get()->error();
  }

  void write_default_for_dry_run() const {
    if (!detail::claim_external(node())) return;
    node().write_default();
    detail::end_external(node(), detail::State::done);
  }

  detail::NodeRef node_;
};

namespace detail {

template <class T>
Node* node_of(const Future<T>& future) noexcept {
  return future.node_.get();
}

/// on_done's observer: owns the callback, and itself.
template <class T, class Callback>
class CallbackObserver final : public Observer {
 public:
  explicit CallbackObserver(Callback callback) : callback_(std::move(callback)) {}

  void ended(Node& task) noexcept override {
    try {
      task.retain();
      const Future<T> future{NodeRef(&task)};
      if constexpr (std::is_invocable_v<Callback&, const Future<T>&>) {
        detail::call(callback_, future);
      } else {
        detail::call(callback_);
      }
    } catch (...) {
      report_callback_error();
    }
    delete this;
  }

 private:
  Callback callback_;
};

}  // namespace detail

template <class T>
template <class Callback>
void Future<T>::on_done(Callback callback) const {
  static_assert(std::is_invocable_v<Callback&, const Future<T>&> || std::is_invocable_v<Callback&>,
                "dflow: a callback for on_done is called as callback(const Future<T>&) or callback()");
  if (!node_) detail::throw_empty_future("on_done()");
  if constexpr (std::is_invocable_v<Callback&, const Future<T>&> || std::is_invocable_v<Callback&>) {
    detail::observe_node(*node_.get(), *new detail::CallbackObserver<T, Callback>(std::move(callback)));
  }
}

}  // namespace dflow::inline v0
