// Promise<T>: a future that the program ends itself.
#pragma once

#include <exception>
#include <utility>

#include <dflow/detail/task_node.h>
#include <dflow/future.h>

namespace dflow::inline v0 {

/// For results that come from elsewhere (a callback, another library): `future()` can be waited for and given to tasks
/// like any other. Lives in the session of the executor that is alive when it is made; SessionError if there is none.
/// An executor's destructor does not wait for promises. Move-only; not thread-safe, its future is.
///
/// Errors: a second outcome throws InvalidStateError. Destroyed without an outcome: the future fails with one.
template <class T>
class Promise {
 public:
  Promise() : node_(detail::HeldNode<T>::make()) {
    handle_ = Future<T>(detail::NodeRef(node_));
    try {
      detail::start_external(*node_);
    } catch (...) {
      node_->release_from_runtime();  // the runtime's reference, which nobody took
      throw;
    }
  }
  Promise(Promise&& other) noexcept : node_(std::exchange(other.node_, nullptr)), handle_(std::move(other.handle_)) {}
  Promise& operator=(Promise&& other) noexcept {
    Promise(std::move(other)).swap(*this);
    return *this;
  }
  ~Promise() {
    if (!node_ || !detail::claim_external(*node_)) return;
    node_->set_error(std::make_exception_ptr(InvalidStateError("dflow: the promise was destroyed without an outcome")));
    detail::end_external(*node_, detail::State::failed);
  }

  Future<T> future() const { return handle_; }

  /// `set_value(value)`, or `set_value()` for void.
  template <class... A>
  void set_value(A&&... value) {
    claim();
    try {
      node_->set(std::forward<A>(value)...);
    } catch (...) {
      fail(std::current_exception());
      throw;
    }
    detail::end_external(*node_, detail::State::done);
  }
  void set_exception(std::exception_ptr error) {
    claim();
    fail(std::move(error));
  }

 private:
  void swap(Promise& other) noexcept {
    std::swap(node_, other.node_);
    std::swap(handle_, other.handle_);
  }
  void claim() {
    if (!node_ || !detail::claim_external(*node_)) {
      throw InvalidStateError("dflow: the promise has an outcome already, or was cancelled");
    }
  }
  void fail(std::exception_ptr error) {
    node_->set_error(std::move(error));
    detail::end_external(*node_, detail::State::failed);
  }

  detail::HeldNode<T>* node_;
  Future<T> handle_;
};

}  // namespace dflow::inline v0
