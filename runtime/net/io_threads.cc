#include "runtime/net/io_threads.h"

#include <algorithm>
#include <limits>

namespace dflow::net {

Pacemaker::Pacemaker() : thread_([this] { run(); }) {}

Pacemaker::~Pacemaker() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Pacemaker::join(Member& member, std::chrono::milliseconds period) {
  {
    const std::lock_guard lock(mutex_);
    members_[&member] = std::max(period, std::chrono::milliseconds(1));
  }
  changed_.notify_all();
}

void Pacemaker::leave(Member& member) {
  const std::lock_guard lock(mutex_);
  members_.erase(&member);
}

/// All at the pace of the one who wants it most: in a cluster all want the same.
void Pacemaker::run() {
  std::unique_lock lock(mutex_);
  for (auto last = std::chrono::steady_clock::now(); !over_;) {
    if (members_.empty()) {
      changed_.wait(lock);
      last = std::chrono::steady_clock::now();
      continue;
    }
    const auto quickest = std::ranges::min_element(members_, {}, [](const auto& each) { return each.second; });
    if (changed_.wait_until(lock, last + quickest->second) == std::cv_status::no_timeout) continue;  // somebody wants it sooner
    for (const auto& [member, period] : members_) member->beat();
    last = std::chrono::steady_clock::now();
  }
}

/// Sessions are not ended for others: who has connected stays until he goes.
IoThreads::IoThreads(Limits limits)
    : readers({.most_sessions = std::numeric_limits<std::size_t>::max(), .most_threads = limits.most_readers, .heap = kLargeHeap}),
      writers({.most_sessions = std::numeric_limits<std::size_t>::max(), .most_threads = limits.most_writers}) {}

}  // namespace dflow::net
