#include "runtime/local/timers.h"

namespace dflow::local {

Timers::~Timers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::uint64_t Timers::add(Time when, std::function<void()> action) {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
  const std::uint64_t id = ++last_id_;
  const auto place = queue_.emplace(when, std::make_pair(id, std::move(action)));
  by_id_.emplace(id, place);
  if (place == queue_.begin()) changed_.notify_all();
  return id;
}

bool Timers::cancel(std::uint64_t id) {
  std::unique_lock lock(mutex_);
  if (const auto found = by_id_.find(id); found != by_id_.end()) {
    queue_.erase(found->second);
    by_id_.erase(found);
    return true;
  }
  if (std::this_thread::get_id() != thread_.get_id()) idle_.wait(lock, [&] { return calling_ != id; });
  return false;
}

void Timers::forget(std::uint64_t id) {
  std::function<void()> dropped;  // what it holds is freed without the lock
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  dropped = std::move(found->second->second.second);
  queue_.erase(found->second);
  by_id_.erase(found);
}

void Timers::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (queue_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = queue_.begin();
    if (detail::Clock::now() < first->first) {
      const Time when = first->first;
      changed_.wait_until(lock, when);
      continue;
    }
    auto [id, action] = std::move(first->second);
    queue_.erase(first);
    by_id_.erase(id);
    calling_ = id;
    lock.unlock();
    action();
    action = nullptr;
    lock.lock();
    calling_ = 0;
    idle_.notify_all();
  }
}

}  // namespace dflow::local
