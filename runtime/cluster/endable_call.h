// A call that another thread may end.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <utility>

namespace dflow::cluster {

/// Of one thread, which calls somebody again and again. Thread-safe.
class EndableCall {
 public:
  ~EndableCall() { over(); }

  /// Somebody is called on this connection, and has not answered. Of what was called before nothing is known any more.
  void begun(int connection) {
    const std::lock_guard lock(mutex_);
    drop();
    descriptor_ = ::fcntl(connection, F_DUPFD_CLOEXEC, 0);
    if (ended_ && descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
  }
  /// It was answered, or was in vain.
  void over() {
    const std::lock_guard lock(mutex_);
    drop();
  }
  /// Who calls, now or later, hears that nobody answers.
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
  }

 private:
  void drop() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }

  std::mutex mutex_;
  int descriptor_ = -1;  ///< A duplicate.
  bool ended_ = false;
};

}  // namespace dflow::cluster
