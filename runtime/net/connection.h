// A stream that any thread may send on, and that a thread of its own reads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/net/stream.h"

namespace dflow::net {

class Connection;

/// So long a message waits for others at most that may.
inline constexpr std::chrono::microseconds kLinger{250};

/// While one of these lives, what its thread sends waits; then it goes out, in one frame for each connection. Connections
/// that are sent on must outlive it. One inside another does nothing.
class Together {
 public:
  Together();
  ~Together();
  Together(const Together&) = delete;
  Together& operator=(const Together&) = delete;

 private:
  friend class Connection;
  std::vector<Connection*> waiting_;
};

/// Sends and receives batches of messages. Thread-safe. Sending never waits for the other side: what the socket does not
/// take at once goes out from a thread of the connection's, many messages at a time.
///
/// The handlers are called from the reading thread: `received` in order, then `closed`, once, with the reason. They may
/// send, and may not destroy the connection.
class Connection {
 public:
  struct Handlers {
    std::function<void(std::vector<std::string> messages)> received;
    std::function<void(const std::string& reason)> closed;
  };

  /// Ends when more than `most_waiting` bytes wait for the other side, who does not read them.
  explicit Connection(std::unique_ptr<Stream> stream, std::size_t most_waiting = SIZE_MAX)
      : stream_(std::move(stream)), most_waiting_(most_waiting) {}
  /// Closes, and waits for both threads.
  ~Connection();

  /// Starts to read. Once.
  void start(Handlers handlers);
  /// Queues messages; in order, and after those queued before. Nothing happens once the connection is closed.
  void send(std::vector<std::string> messages);
  void send(std::string message);
  /// Queues messages that may wait a little (`kLinger`) for others: what costs most is to wake the other side, and many of
  /// them cost hardly more than one. They go out with the next that is sent otherwise, or when there are too many.
  void send_later(std::vector<std::string> messages);
  /// Sends what is queued, then ends the connection. `closed` follows.
  void finish();
  /// Ends the connection now.
  void close() noexcept;

 private:
  friend class Together;
  void read();
  std::string read_frame(std::vector<std::string>& messages);
  void write();
  bool admit(std::size_t size);
  void queue(std::vector<std::string> messages);
  void write_queued(std::unique_lock<std::mutex>& lock);
  bool write_some(std::vector<std::string> messages);
  /// Sends what has waited for others.
  void send_queued();
  /// Nobody writes, and the socket takes so many bytes at once.
  bool writes_at_once(std::size_t size) const;
  /// Writes with the lock released; meanwhile nobody else writes.
  void write_unlocked(std::unique_lock<std::mutex>& lock, std::vector<std::string> messages);

  std::unique_ptr<Stream> stream_;
  Handlers handlers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> queued_;
  std::size_t most_waiting_;
  std::size_t waiting_ = 0;  ///< Bytes that are queued or being written.
  bool writing_ = false;    ///< A thread is writing; others only queue.
  bool lingers_ = false;    ///< All that is queued may wait a little.
  bool napping_ = false;    ///< The writer looks by itself, soon, for what may wait.
  bool finishing_ = false;
  bool closed_ = false;
  std::thread reader_, writer_;
};

}  // namespace dflow::net
