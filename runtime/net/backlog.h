// How much may wait for those who do not read.
#pragma once

#include <atomic>
#include <cstddef>

namespace dflow::net {

/// A bound on what several queues hold together. Each may hold as much as none of them does: one alone half of all, so that there is
/// room for others, whose few bytes find it however greedy some are. (Dynamic thresholds: Choudhury and Hahne, IEEE/ACM Transactions
/// on Networking 6(2), 1998.) Thread-safe, and outlives its queues.
class Backlog {
 public:
  explicit Backlog(std::size_t most) : most_(most) {}

  /// One queue's part. Not thread-safe. Without a backlog there is no bound.
  class Part {
   public:
    explicit Part(Backlog* all) : all_(all) {}
    ~Part() { holds(0); }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    /// So many bytes more may come. Who asks at the same time may be told so, too.
    bool has_room(std::size_t more) const noexcept {
      if (!all_) return true;
      const std::size_t held = all_->held_, free = held < all_->most_ ? all_->most_ - held : 0;
      return bytes_ <= free && more <= free - bytes_;
    }
    void holds(std::size_t bytes) noexcept {
      if (all_) all_->held_ += bytes - bytes_;  // modulo 2^64
      bytes_ = bytes;
    }

   private:
    Backlog* all_;
    std::size_t bytes_ = 0;
  };

  /// Bytes of all.
  std::size_t held() const noexcept { return held_; }

 private:
  const std::size_t most_;
  std::atomic<std::size_t> held_ = 0;
};

}  // namespace dflow::net
