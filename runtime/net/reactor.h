// Many connections, served by a few threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "formats/descriptor.h"
#include "runtime/net/heap.h"

namespace dflow::net {

/// Its threads wait for all sessions at once; the one that is woken serves the session itself, without waking another
/// (leader and followers: D. Schmidt et al., Pattern-Oriented Software Architecture 2, 2000). A session has a thread while it can
/// go on, and none while it waits for the other side. Threads are started when they are needed. Thread-safe.
///
/// Invariants: (1) one thread at a time serves a session; (2) a session that is not served is watched, or paused.
class Reactor {
 public:
  /// When a session goes on: there is something to read, room to write, after others have had their turn, when somebody says
  /// `resume`, or never.
  enum class Next { readable, writable, yield, paused, ended };

  class Session {
   public:
    virtual ~Session() = default;
    virtual int descriptor() const = 0;
    /// Goes on as far as that goes.
    virtual Next proceed() = 0;
    /// It has waited so much longer for room to write: false if that is enough, and it ends. Must not block.
    virtual bool wait(std::chrono::milliseconds time) = 0;
    /// From any thread: what it reads and writes ends now, with errors.
    virtual void shut_down() noexcept = 0;
    std::uint64_t number() const noexcept { return number_; }

   private:
    friend class Reactor;
    std::uint64_t number_ = 0;  ///< No other has it, nor will have.
  };

  struct Limits {
    std::size_t most_sessions = 1024;  ///< Of more the one ends that nothing has happened on for longest.
    std::size_t most_threads = 8;
    std::chrono::milliseconds tick{1000};  ///< So often sessions that wait for room to write are told how long they have.
    std::size_t heap = kSmallHeap;  ///< That each thread has from its beginning (heap.h).
  };

  /// Throws std::runtime_error where no more files can be opened.
  explicit Reactor(Limits limits);
  /// Shuts down all sessions, and waits for those that are being served.
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  /// Its number; 0 where the kernel watches no more, and it has ended at once.
  std::uint64_t add(std::unique_ptr<Session> session);
  std::size_t sessions() const {
    const std::lock_guard lock(mutex_);
    return sessions_.size();
  }
  /// A paused session goes on; nothing happens if there is none of that number any more.
  void resume(std::uint64_t session);
  /// It is not served again, and goes: now, or when it has been served. Nothing happens if there is none of that number any more.
  void end(std::uint64_t session);
  /// Shuts down those for which that is so.
  void shut_down_if(const std::function<bool(const Session&)>& condition);

 private:
  struct Entry {
    std::unique_ptr<Session> session;
    Next next = Next::yield;   ///< What it waits for when it is not served.
    bool served = false;
    bool resumed = false;      ///< While it was served.
    bool ending = false;       ///< As soon as it has been served.
    std::uint64_t active = 0;  ///< When it was served last, counted in sessions served.
  };

  void run();
  bool serve(std::uint64_t number);
  void start_thread();
  /// Of one that has been served: watches it, or takes it away.
  std::unique_ptr<Session> put_back(std::uint64_t number, Next next);
  bool watch(Entry& entry, int operation);
  std::unique_ptr<Session> take_away(std::map<std::uint64_t, Entry>::iterator entry);
  std::unique_ptr<Session> least_active();
  void set_timer(std::chrono::milliseconds period);
  void tick();

  const Limits limits_;
  const formats::Descriptor poll_, wake_, timer_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Entry> sessions_;
  std::uint64_t last_ = 0, served_ = 0;
  std::size_t idle_ = 0;     ///< Threads that wait.
  std::size_t writers_ = 0;  ///< Sessions that wait for room to write.
  bool ticks_ = false;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace dflow::net
