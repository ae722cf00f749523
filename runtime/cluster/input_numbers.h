// The inputs of a task, each once, by number.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "runtime/core/ids.h"

namespace dflow::cluster {

/// Numbers ids in the order in which they are first met, and puts them into `inputs`, which is empty at first. A few are looked
/// through; for many there is a table without a block of memory for each.
class InputNumbers {
 public:
  explicit InputNumbers(std::vector<core::TaskId>& inputs) : inputs_(inputs) {}

  std::uint32_t of(core::TaskId id) {
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

 private:
  static constexpr std::uint32_t kFew = 16;

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

  std::vector<core::TaskId>& inputs_;
  std::vector<std::uint32_t> table_;  ///< At least twice as many places as inputs, a power of two.
};

}  // namespace dflow::cluster
