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
  struct Argument {
    const ValueForm* form = nullptr;  ///< Of the values in it.
    std::vector<std::byte> bytes = {};
    std::shared_ptr<const void> made = {};
  };

  /// The one that begins the bytes; its `made` is null if there is none.
  Argument find(const ValueForm& form, std::span<const std::byte> bytes) const {
    const std::lock_guard lock(mutex_);
    const auto begins = [&](const Argument& one) {
      return one.form == &form && one.bytes.size() <= bytes.size() && std::ranges::equal(one.bytes, bytes.first(one.bytes.size()));
    };
    const auto found = std::ranges::find_if(arguments_, begins);
    return found == arguments_.end() ? Argument{} : *found;
  }
  /// Of two that were made at the same time either will do.
  void add(Argument argument) {
    const std::lock_guard lock(mutex_);
    if (arguments_.size() < kMost && argument.bytes.size() <= kMostBytes) arguments_.push_back(std::move(argument));
  }

 private:
  static constexpr std::size_t kMost = 4;  // a task has few lists
  static constexpr std::size_t kMostBytes = 64 << 10;  // values of the client's may stand in them

  mutable std::mutex mutex_;
  std::vector<Argument> arguments_;
};

}  // namespace dflow::cluster
