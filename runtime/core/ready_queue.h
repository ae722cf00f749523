#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "runtime/core/actions.h"
#include "runtime/core/pool.h"

namespace dflow::core {

/// Tasks that could run, best rank first: a binary heap, whose entries are not removed when a task leaves by
/// another way than `pop`. They are recognised by their ticket, passed over, and swept out when they are more
/// than half.
class ReadyQueue {
 public:
  struct Entry {
    Rank rank;
    Index task = none;
    std::uint32_t ticket = 0;
  };

  void push(const Entry& entry) {
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end(), later);
    ++valid_;
  }

  /// The best entry that `valid(entry)` holds for; null if there is none.
  template <class Valid>
  const Entry* top(Valid&& valid) {
    while (!heap_.empty() && !valid(heap_.front())) drop_front();
    return heap_.empty() ? nullptr : &heap_.front();
  }

  /// After `top` gave an entry.
  void pop() {
    drop_front();
    --valid_;
  }

  /// The owner has made one entry invalid.
  template <class Valid>
  void left(Valid&& valid) {
    if (--valid_ * 2 + 16 > heap_.size()) return;
    std::erase_if(heap_, [&](const Entry& entry) { return !valid(entry); });
    std::make_heap(heap_.begin(), heap_.end(), later);
  }

  std::size_t size() const { return valid_; }
  std::size_t bytes() const { return heap_.capacity() * sizeof(Entry); }
  const std::vector<Entry>& entries() const { return heap_; }
  void clear() { heap_.clear(), heap_.shrink_to_fit(), valid_ = 0; }

 private:
  static bool later(const Entry& a, const Entry& b) {
    if (a.rank == b.rank) return a.task > b.task;
    return b.rank.before(a.rank);
  }
  void drop_front() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
    if (heap_.empty()) heap_.shrink_to_fit();
  }

  std::vector<Entry> heap_;
  std::size_t valid_ = 0;
};

}  // namespace dflow::core
