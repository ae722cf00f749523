#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/core/ids.h"

namespace dflow::core {

/// Workers that hold a value, best first. The first few lie in place: each input of each task under way has one of these, and
/// memory of its own would cost more than all else about it.
class Holders {
 public:
  using value_type = WorkerId;
  using iterator = WorkerId*;
  using const_iterator = const WorkerId*;

  Holders() = default;
  Holders(std::initializer_list<WorkerId> holders) { append(holders); }
  Holders(const std::vector<WorkerId>& holders) { append(holders); }  // NOLINT: as good as one
  Holders(const Holders& other) { append(other); }
  Holders(Holders&& other) noexcept
      : size_(std::exchange(other.size_, 0)), few_(other.few_), many_(std::move(other.many_)) {}
  Holders& operator=(Holders other) noexcept {
    size_ = other.size_;
    few_ = other.few_;
    many_ = std::move(other.many_);
    return *this;
  }
  ~Holders() = default;

  WorkerId& emplace_back(WorkerId holder = {}) {
    if (size_ == kFew) many_ = std::make_unique<std::vector<WorkerId>>(few_.begin(), few_.end());
    if (size_ >= kFew) {
      ++size_;
      return many_->emplace_back(holder);
    }
    return few_[size_++] = holder;
  }
  void push_back(WorkerId holder) { emplace_back(holder); }
  void clear() {
    size_ = 0;
    many_.reset();
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  iterator begin() { return many_ ? many_->data() : few_.data(); }
  iterator end() { return begin() + size_; }
  const_iterator begin() const { return many_ ? many_->data() : few_.data(); }
  const_iterator end() const { return begin() + size_; }
  WorkerId operator[](std::size_t i) const { return begin()[i]; }

  bool operator==(const Holders& other) const {
    return size_ == other.size_ && std::equal(begin(), end(), other.begin());
  }

 private:
  static constexpr std::size_t kFew = 3;

  void append(const auto& holders) {
    for (const WorkerId holder : holders) push_back(holder);
  }

  std::uint32_t size_ = 0;
  std::array<WorkerId, kFew> few_{};
  std::unique_ptr<std::vector<WorkerId>> many_ = {};  ///< All of them, if they are more than a few.
};

}  // namespace dflow::core
