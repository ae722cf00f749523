// Threads that many connections share.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "runtime/net/reactor.h"

namespace dflow::net {

/// Calls each of those who have joined, from one thread, at least as often as he wants. Thread-safe.
class Pacemaker {
 public:
  class Member {
   public:
    /// Must not block, nor join or leave.
    virtual void beat() = 0;

   protected:
    ~Member() = default;
  };

  Pacemaker();
  ~Pacemaker();
  Pacemaker(const Pacemaker&) = delete;
  Pacemaker& operator=(const Pacemaker&) = delete;

  void join(Member& member, std::chrono::milliseconds period);
  /// It is not called any more. Nothing happens if it has not joined.
  void leave(Member& member);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Member*, std::chrono::milliseconds> members_;
  bool over_ = false;
  std::thread thread_;
};

/// Who serves connections that have no threads of their own: some read and call the handlers, others write what sockets did not take
/// at once, and one looks who has said nothing for long. Outlives its connections, however many they are.
struct IoThreads {
  struct Limits {
    std::size_t most_readers = 2;
    std::size_t most_writers = 2;
  };

  explicit IoThreads(Limits limits);

  Reactor readers, writers;
  Pacemaker pacemaker;
};

}  // namespace dflow::net
