// What tasks with the same inputs have in common of their arguments.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include <dflow/detail/crossing.h>

namespace dflow::cluster {

using dflow::detail::ValueForm;

/// Arguments that were made of inputs that do not change, each with the bytes that it was made from: the same bytes in another task
/// with these inputs stand for the same argument. Thread-safe.
class CommonArguments {
 public:
  struct Found {
    std::shared_ptr<const void> made = {};
    std::size_t bytes = 0;  ///< So many stand for it.
  };

  /// The one that the bytes begin with; null if there is none.
  Found find(const ValueForm& form, std::span<const std::byte> bytes) const {
    const std::lock_guard lock(mutex_);
    const auto begins = [&](const Argument& one) {
      return one.form == &form && one.bytes.size() <= bytes.size() && std::ranges::equal(one.bytes, bytes.first(one.bytes.size()));
    };
    const auto found = std::ranges::find_if(arguments_, begins);
    return found == arguments_.end() ? Found{} : Found{found->made, found->bytes.size()};
  }
  /// Of two that were made at the same time the first stays.
  void add(const ValueForm& form, std::span<const std::byte> bytes, std::shared_ptr<const void> made) {
    if (bytes.size() > kMostBytes) return;
    const std::lock_guard lock(mutex_);
    const auto same = [&](const Argument& one) { return one.form == &form && std::ranges::equal(one.bytes, bytes); };
    if (arguments_.size() == kMost || std::ranges::any_of(arguments_, same)) return;
    arguments_.push_back({.form = &form, .bytes = {bytes.begin(), bytes.end()}, .made = std::move(made)});
  }

 private:
  struct Argument {
    const ValueForm* form = nullptr;  ///< Of the values in it.
    std::vector<std::byte> bytes = {};
    std::shared_ptr<const void> made = {};
  };

  static constexpr std::size_t kMost = 4;  // a task has few lists
  static constexpr std::size_t kMostBytes = 64 << 10;  // values of the client's may stand in them

  mutable std::mutex mutex_;
  std::vector<Argument> arguments_;
};

}  // namespace dflow::cluster
