// Buffers for what is read back from the disk only to be sent.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "runtime/cluster/buffer.h"

namespace dflow::cluster {

/// A worker's brain does not count them, so few bytes of them exist at a time; one buffer may, whatever its size. Who holds
/// one for long, such as a peer that is stopped, keeps others waiting for a second each, not for good. Thread-safe; buffers may
/// outlive this.
class Loans {
 public:
  static constexpr std::chrono::seconds kMostWait{1};

  /// No bound until there is one.
  void bound(std::uint64_t most) {
    const std::lock_guard lock(account_->mutex);
    account_->most = most;
  }

  std::shared_ptr<Buffer> take(std::uint64_t bytes) {
    auto buffer = std::make_unique<Buffer>();
    {
      std::unique_lock lock(account_->mutex);
      account_->less.wait_for(lock, kMostWait, [&] {
        return account_->lent == 0 || (account_->lent <= account_->most && bytes <= account_->most - account_->lent);
      });
      account_->lent += bytes;
    }
    return {buffer.release(), [account = account_, bytes](Buffer* lent) {
              delete lent;
              const std::lock_guard lock(account->mutex);
              account->lent -= bytes;
              account->less.notify_all();
            }};
  }

 private:
  struct Account {
    std::mutex mutex;
    std::condition_variable less;
    std::uint64_t most = UINT64_MAX, lent = 0;
  };
  std::shared_ptr<Account> account_ = std::make_shared<Account>();
};

}  // namespace dflow::cluster
