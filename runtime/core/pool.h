#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace dflow::core {

/// A place in a `Pool`: half a pointer, and the same in every run.
using Index = std::uint32_t;
inline constexpr Index none = ~Index{0};

/// Objects of one type in blocks that never move. Places are used again, last freed first. Never gives memory
/// back: its owner's peak is likely to come again.
template <class T>
class Pool {
 public:
  Index add() {
    ++size_;
    if (!free_.empty()) {
      const Index place = free_.back();
      free_.pop_back();
      return place;
    }
    if (end_ % block_size == 0) blocks_.push_back(std::make_unique<T[]>(block_size));
    return end_++;
  }

  /// What is in the place stays until it is used again; the owner resets what holds memory.
  void remove(Index place) {
    --size_;
    free_.push_back(place);
  }

  T& operator[](Index i) { return blocks_[i / block_size][i % block_size]; }
  const T& operator[](Index i) const { return blocks_[i / block_size][i % block_size]; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const {
    return blocks_.size() * block_size * sizeof(T) + free_.capacity() * sizeof(Index);
  }

 private:
  static constexpr Index block_size = 1024;
  std::vector<std::unique_ptr<T[]>> blocks_;
  std::vector<Index> free_;
  Index end_ = 0;
  std::size_t size_ = 0;
};

}  // namespace dflow::core
