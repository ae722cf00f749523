#pragma once

#include <cstdint>
#include <vector>

#include "runtime/core/pool.h"

namespace dflow::core {

/// Which of n numbers is the smallest, as they change: a tournament tree, one level of matches a doubling.
/// Changing one is logarithmic and touches no memory but its path; among equals the lowest index wins.
class Smallest {
 public:
  static constexpr std::uint64_t infinite = ~std::uint64_t{0};

  std::uint64_t operator[](Index i) const { return i < keys_.size() ? keys_[i] : infinite; }

  void set(Index i, std::uint64_t key) {
    if (i >= keys_.size()) grow(i + 1);
    if (keys_[i] == key) return;
    keys_[i] = key;
    for (std::size_t node = (leaves_ + i) / 2; node > 0; node /= 2) {
      const Index winner = better(winners_[2 * node], winners_[2 * node + 1]);
      if (winners_[node] == winner && winner != i) return;
      winners_[node] = winner;
    }
  }

  /// `none` if all are infinite.
  Index first() const { return leaves_ == 0 ? none : known(winners_[1]); }

  /// As if `i` were infinite.
  Index first_but(Index i) const {
    if (i >= keys_.size() || first() != i) return first();
    Index best = none;
    for (std::size_t node = leaves_ + i; node > 1; node /= 2) best = better(best, winners_[node ^ 1]);
    return known(best);
  }

 private:
  Index known(Index i) const { return i == none || keys_[i] == infinite ? none : i; }
  Index better(Index a, Index b) const {
    if (a == none || b == none) return a == none ? b : a;
    if (keys_[a] != keys_[b]) return keys_[a] < keys_[b] ? a : b;
    return a < b ? a : b;
  }
  void grow(std::size_t n) {
    leaves_ = leaves_ == 0 ? 1 : leaves_;
    while (leaves_ < n) leaves_ *= 2;
    keys_.resize(leaves_, infinite);
    winners_.assign(2 * leaves_, none);
    for (std::size_t i = 0; i < leaves_; ++i) winners_[leaves_ + i] = static_cast<Index>(i);
    for (std::size_t node = leaves_ - 1; node > 0; --node) {
      winners_[node] = better(winners_[2 * node], winners_[2 * node + 1]);
    }
    if (leaves_ == 1) winners_[1] = 0;
  }

  std::vector<std::uint64_t> keys_;
  std::vector<Index> winners_;
  std::size_t leaves_ = 0;
};

}  // namespace dflow::core
