// Waiting for several futures.
#pragma once

#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <dflow/future.h>
#include <dflow/options.h>

namespace dflow::inline v0 {

namespace detail {

/// Blocks until `when` holds for the nodes; false if the deadline came first. A null node throws.
DFLOW_EXPORT bool wait_many(const std::vector<Node*>& nodes, When when, Deadline deadline);

/// Numbers of nodes in the order in which they end. Thread-safe.
class DFLOW_EXPORT CompletionQueue {
 public:
  CompletionQueue();
  void add(Node& node, std::size_t number);
  /// Blocks for the next; empty if the deadline came first.
  std::optional<std::size_t> next(Deadline deadline);
  std::optional<std::size_t> next_if_ready();

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace detail

/// What `wait` returns: each of the given futures once, in the order given.
template <class T>
struct WaitResult {
  std::vector<Future<T>> done;
  std::vector<Future<T>> not_done;
};

namespace detail {

template <class T>
std::vector<const Future<T>*> distinct_futures(const std::vector<Future<T>>& futures) {
  std::vector<const Future<T>*> distinct;
  std::set<Node*> seen;
  for (const Future<T>& future : futures) {
    if (seen.insert(node_of(future)).second) distinct.push_back(&future);
  }
  return distinct;
}

template <class T>
WaitResult<T> wait_for_futures(const std::vector<Future<T>>& futures, When when, Deadline deadline) {
  const std::vector<const Future<T>*> distinct = distinct_futures(futures);
  std::vector<Node*> nodes;
  for (const Future<T>* future : distinct) nodes.push_back(node_of(*future));
  wait_many(nodes, when, deadline);
  WaitResult<T> result;
  for (const Future<T>* future : distinct) (future->done() ? result.done : result.not_done).push_back(*future);
  return result;
}

}  // namespace detail

/// Waits until all, the first, or the first failing future has ended. Throws InvalidStateError for an empty future.
template <class T>
WaitResult<T> wait(const std::vector<Future<T>>& futures, When when = When::all) {
  return detail::wait_for_futures(futures, when, std::nullopt);
}
/// The same, for at most `timeout`: what has not ended by then is in `not_done`.
template <class T, class Rep, class Period>
WaitResult<T> wait(const std::vector<Future<T>>& futures, When when, std::chrono::duration<Rep, Period> timeout) {
  return detail::wait_for_futures(futures, when, detail::deadline_in(timeout));
}

/// Placed by dflowc where nothing but time depends on the wait: in a dry run all have ended.
template <class T>
WaitResult<T> wait(detail::Unsteered, const std::vector<Future<T>>& futures, When when = When::all) {
  if (!detail::in_dry_run()) return wait(futures, when);
  WaitResult<T> result;
  for (const Future<T>* future : detail::distinct_futures(futures)) result.done.push_back(*future);
  return result;
}

namespace detail {

/// The same of one future.
template <class F>
struct Unwaited {
  F&& future;
  void wait() && {
    if (!in_dry_run()) std::forward<F>(future).wait();
  }
};
template <class F>
Unwaited<F> unwaited(F&& future) {
  return {std::forward<F>(future)};
}

}  // namespace detail

/// A range that yields futures as they end; `add` puts in more, also while it is iterated. A future comes once, unless
/// it is added again after it came. Iterating blocks, and throws TimeoutError when `timeout` (from the construction)
/// has passed. Used by one thread.
///
///     for (auto& future : dflow::as_completed(futures)) use(future.get());
template <class T>
class AsCompleted {
 public:
  explicit AsCompleted(const std::vector<Future<T>>& futures, detail::Deadline deadline = std::nullopt)
      : deadline_(deadline) {
    for (const Future<T>& future : futures) add(future);
  }

  /// Placed by dflowc where the order steers nothing: in a dry run it is the given one.
  AsCompleted(detail::Unsteered, const std::vector<Future<T>>& futures) : AsCompleted(futures) {
    in_order_ = detail::in_dry_run();
  }

  void add(const Future<T>& future) {
    detail::Node* node = detail::node_of(future);
    if (!node) detail::throw_empty_future("as_completed");
    if (!expected_.insert(node).second) return;
    waiting_.push_back(future);
    ++count_, ++total_;
    queue_.add(*node, waiting_.size() - 1);
  }
  void add(const std::vector<Future<T>>& futures) {
    for (const Future<T>& future : futures) add(future);
  }

  /// How many have not been yielded yet.
  std::size_t count() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }

  /// The next to end.
  Future<T> next() {
    if (empty()) throw InvalidStateError("dflow: as_completed has no more futures");
    if (in_order_) return take(waiting_.size() - count_);
    const std::optional<std::size_t> number = queue_.next(deadline_);
    if (!number) {
      throw TimeoutError("dflow: " + std::to_string(count_) + " (of " + std::to_string(total_) +
                         ") futures unfinished");
    }
    return take(*number);
  }
  /// All that have ended and were not yielded yet, at least one.
  std::vector<Future<T>> next_batch() {
    std::vector<Future<T>> batch{next()};
    while (const std::optional<std::size_t> number = queue_.next_if_ready()) batch.push_back(take(*number));
    return batch;
  }
  /// Forgets those not yielded yet.
  void clear() {
    queue_ = detail::CompletionQueue();
    waiting_.clear();
    expected_.clear();
    count_ = total_ = 0;
  }

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Future<T>;
    using difference_type = std::ptrdiff_t;
    using pointer = const Future<T>*;
    using reference = const Future<T>&;

    Iterator() = default;
    explicit Iterator(AsCompleted* owner) : owner_(owner) { advance(); }
    reference operator*() const { return current_; }
    pointer operator->() const { return &current_; }
    Iterator& operator++() { return advance(), *this; }
    void operator++(int) { advance(); }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.owner_ == b.owner_; }

   private:
    void advance() {
      current_ = Future<T>();  // nothing is kept alive longer than the loop's body needs it
      if (owner_->empty()) owner_ = nullptr;
      else current_ = owner_->next();
    }
    AsCompleted* owner_ = nullptr;
    Future<T> current_;
  };
  Iterator begin() { return Iterator(this); }
  Iterator end() { return Iterator(); }

 private:
  Future<T> take(std::size_t number) {
    --count_;
    expected_.erase(detail::node_of(waiting_[number]));  // its memory may serve another task soon
    return std::exchange(waiting_[number], Future<T>());
  }

  detail::Deadline deadline_;
  detail::CompletionQueue queue_;
  std::vector<Future<T>> waiting_;
  std::set<detail::Node*> expected_;
  std::size_t count_ = 0, total_ = 0;
  bool in_order_ = false;
};

template <class T>
AsCompleted<T> as_completed(const std::vector<Future<T>>& futures) {
  return AsCompleted<T>(futures);
}
template <class T>
AsCompleted<T> as_completed(detail::Unsteered, const std::vector<Future<T>>& futures) {
  return AsCompleted<T>(detail::unsteered, futures);
}
template <class T, class Rep, class Period>
AsCompleted<T> as_completed(const std::vector<Future<T>>& futures, std::chrono::duration<Rep, Period> timeout) {
  return AsCompleted<T>(futures, detail::deadline_in(timeout));
}

}  // namespace dflow::inline v0
