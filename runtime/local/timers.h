// One thread that calls back at given times.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

#include <dflow/detail/session.h>

namespace dflow::local {

/// Thread-safe. The thread starts with the first timer.
class Timers {
 public:
  using Time = detail::Clock::time_point;

  ~Timers();

  /// Calls `action` at `when` on the timers' thread. Returns an id, never 0.
  std::uint64_t add(Time when, std::function<void()> action);
  /// True if the action has not been called and will not be. Otherwise it has been called, and has returned.
  bool cancel(std::uint64_t id);
  /// Drops the action if it has not been called; does not wait for it if it is being called.
  void forget(std::uint64_t id);

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable changed_, idle_;
  std::multimap<Time, std::pair<std::uint64_t, std::function<void()>>> queue_;
  std::unordered_map<std::uint64_t, decltype(queue_)::iterator> by_id_;
  std::uint64_t last_id_ = 0;
  std::uint64_t calling_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dflow::local
