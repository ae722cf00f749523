// The inputs of a task, each once, by number.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/core/ids.h"
#include "runtime/core/shared_list.h"

namespace dflow::cluster {

/// Numbers ids in the order in which they are first met. A few are looked through; for many there is a table without a block of
/// memory for each. As long as they come as they came for the task `before`, they have the numbers that they had there, and a task
/// with just the same inputs shares that one's list.
class InputNumbers {
 public:
  explicit InputNumbers(core::SharedList<core::TaskId> before = {}) : before_(std::move(before)) {}

  std::uint32_t of(core::TaskId id) {
    if (as_before_) {
      if (same_ < before_.size() && before_[same_] == id) return same_++;
      if (again_ == same_) again_ = 0;
      if (again_ < same_ && before_[again_] == id) return again_++;  // asked for once more, in order
      part();
    }
    const auto next = static_cast<std::uint32_t>(inputs_.size());
    if (next < kFew) {
      const auto found = std::ranges::find(inputs_, id);
      if (found != inputs_.end()) return static_cast<std::uint32_t>(found - inputs_.begin());
    } else {
      if (next * 2 >= table_.size()) grow();
      std::uint32_t& place = place_of(id);
      if (place != 0) return place - 1;
      place = next + 1;
    }
    inputs_.push_back(id);
    return next;
  }

  /// By number.
  core::SharedList<core::TaskId> take() {
    if (as_before_ && same_ == before_.size()) return std::move(before_);
    if (as_before_) part();
    return std::move(inputs_);
  }

 private:
  static constexpr std::uint32_t kFew = 16;

  /// From the list of the task before.
  void part() {
    inputs_.assign(before_.begin(), before_.begin() + same_);
    as_before_ = false;
  }
  void grow() {
    table_.assign(std::bit_ceil(inputs_.size() * 4), 0);
    for (std::uint32_t i = 0; i < inputs_.size(); ++i) place_of(inputs_[i]) = i + 1;
  }
  /// Where the id's number, plus one, is or belongs.
  std::uint32_t& place_of(core::TaskId id) {
    const std::size_t mask = table_.size() - 1;
    std::size_t at = (static_cast<std::uint64_t>(id) * 0x9e3779b97f4a7c15 >> 32) & mask;
    while (table_[at] != 0 && inputs_[table_[at] - 1] != id) at = (at + 1) & mask;
    return table_[at];
  }

  core::SharedList<core::TaskId> before_;
  bool as_before_ = true;
  std::uint32_t same_ = 0;   ///< So many of the first have been met.
  std::uint32_t again_ = 0;
  std::vector<core::TaskId> inputs_ = {};
  std::vector<std::uint32_t> table_ = {};  ///< At least twice as many places as inputs, a power of two.
};

}  // namespace dflow::cluster
