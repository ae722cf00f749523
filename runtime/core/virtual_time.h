// For drivers that simulate a cluster: what happens when. The brains themselves know no agenda but their
// events.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <utility>

#include "runtime/core/ids.h"

namespace dflow::core {

/// Time goes on to what is planned next. Of equal times, what was planned first.
class VirtualTime {
 public:
  Time now() const { return now_; }

  void at(Time when, std::function<void()> what) { items_.push({when, ++sequence_, std::move(what)}); }
  void after(Duration delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

  /// When the next thing happens; nothing when nothing is left.
  std::optional<Time> next() const {
    return items_.empty() ? std::nullopt : std::optional(items_.top().when);
  }

  /// False when nothing is left to happen.
  bool step() {
    if (items_.empty()) return false;
    now_ = items_.top().when;
    const auto what = std::move(const_cast<Item&>(items_.top()).what);  // the queue orders by the rest
    items_.pop();
    what();
    return true;
  }

 private:
  struct Item {
    Time when;
    std::uint64_t sequence;
    std::function<void()> what;
    bool operator<(const Item& other) const {
      return when != other.when ? when > other.when : sequence > other.sequence;
    }
  };
  std::priority_queue<Item> items_;
  Time now_{};
  std::uint64_t sequence_ = 0;
};

}  // namespace dflow::core
