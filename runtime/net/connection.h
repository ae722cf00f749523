// A stream that any thread may send on, and that is read all the time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "runtime/net/backlog.h"
#include "runtime/net/io_threads.h"
#include "runtime/net/stream.h"
#include "runtime/net/unheard.h"

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

/// What a connection may ask of the other side, and what it survives.
struct Bonds {
  /// What is sent and not heard counts there, and the connection ends when there is no room for more: the other side does not read.
  /// Null: there is room.
  Backlog* backlog = nullptr;
  /// The end of its stream is not its own: another stream may take that one's place. Both sides say so.
  bool resumable = false;
  /// Something is sent at least so often; 0: only what there is.
  std::chrono::milliseconds heartbeat{};
  /// A stream on which nothing has come for so long counts as broken, as does one of a resumable connection whose other side
  /// has heard nothing of what was sent for so long; 0: never.
  std::chrono::milliseconds silence{};
  /// The other side's process may be stopped, and only its machine has to answer.
  bool may_be_stopped = false;
};

/// Sends and receives batches of messages. Thread-safe. Sending never waits for the other side: what the socket does not
/// take at once goes out from another thread, many messages at a time. Two threads are the connection's own, or it shares those
/// of all (`IoThreads`), and has one only while there is something to do.
///
/// The handlers are called from the reading thread, one at a time: `received` in order, then `closed`, once, with the reason. They
/// may send, and may not destroy the connection.
///
/// A resumable connection outlives its streams. When one breaks, `broken` is called in place of `closed`; what is sent is
/// kept. Whoever of both has a new stream compares with the other how many messages each has received (`suspend`), and both
/// go on (`resume`): each message arrives once, in order. `closed` is called when one of both ends it on purpose.
class Connection final : private Pacemaker::Member {
 public:
  struct Handlers {
    std::function<void(std::vector<std::string> messages)> received;
    std::function<void(const std::string& reason)> closed;
    std::function<void(const std::string& reason)> broken = {};  ///< Of a resumable one.
  };

  /// Without `io` it has threads of its own.
  explicit Connection(std::unique_ptr<Stream> stream, Bonds bonds = {}, IoThreads* io = nullptr);
  /// Stops it.
  ~Connection();

  /// Starts to read. Once.
  void start(Handlers handlers);
  /// Queues messages; in order, and after those queued before. Nothing happens once the connection is closed.
  void send(std::vector<std::string> messages);
  void send(std::string message);
  /// Queues messages that may wait a little (`kLinger`) for others: what costs most is to wake the other side, and many of
  /// them cost hardly more than one. They go out with the next that is sent otherwise, or when there are too many. Where threads
  /// are shared, none of which could wait for that, as `send`.
  void send_later(std::vector<std::string> messages);
  /// Sends what is queued, then ends the connection. `closed` follows, unless its stream is broken.
  void finish();
  /// The same, and waits until all is sent; not longer than `most`, and not where its stream is broken.
  void finish(std::chrono::milliseconds most);
  /// Ends the connection now.
  void close() noexcept;
  /// The same, and waits until no handler runs and none will. `start` and `resume` have returned. Not from a handler, nor where threads
  /// are shared from that of another connection. Where handlers find the connection by the
  /// std::unique_ptr that owns it, this comes before reset(), which takes the pointer away first.
  void stop() noexcept;

  /// Takes nothing more from the stream that it has, if any, and says how many messages it has received in all.
  std::uint64_t suspend();
  /// Goes on with another stream, on which the other side has said that it has received so many messages. False if that
  /// cannot be, or the connection has ended. Not from a handler.
  bool resume(std::unique_ptr<Stream> stream, std::uint64_t heard);
  /// It has a stream that is not known to be broken.
  bool connected() const;
  /// So long nothing has come from the other side, which says something now and then; for ever if its stream is broken. Known where
  /// threads are shared.
  std::chrono::milliseconds silent() const;
  /// Bytes that are to be sent. Who sends much, and may wait, looks here.
  std::size_t waiting() const;

 private:
  friend class Together;
  class Session;
  /// A frame that is being written.
  struct Frame {
    Message message;         ///< A batch.
    std::uint64_t from = 0;  ///< Its first message's number.
    std::shared_ptr<Stream> stream;
    std::uint64_t life = 0;
    std::string bytes = {};  ///< Where it is written in steps.
    std::size_t gone = 0;    ///< Of the bytes.
  };

  bool admit(std::span<const std::string> messages);
  void weigh() { held_.holds(unheard_.held()); }
  void queue(std::vector<std::string> messages);
  void write_soon(std::unique_lock<std::mutex>& lock);
  void write_queued(std::unique_lock<std::mutex>& lock);
  /// Sends what has waited for others.
  void send_queued();
  bool may_write() const { return !closed_ && !cut_ && !writing_ && !parked_; }
  /// Nobody writes, and the socket takes what is queued at once.
  bool writes_at_once() const;
  /// Writes one frame, with the lock released; meanwhile nobody else writes.
  void write_frame(std::unique_lock<std::mutex>& lock);
  Frame next_frame();
  void wrote(Frame frame, bool all);
  bool has_to_write() const;
  bool has_said_all() const { return finishing_ && !bonds_.resumable && !writing_ && !parked_ && !unheard_.anything_to_send(); }
  void end();
  /// Whoever writes, or waits for the end, looks again.
  void wake();
  void cut();
  void tune(Stream& stream) const;
  std::string take(Result<Message> message, std::uint64_t life, std::vector<std::string>& messages);
  std::string why_not(const Batch& batch, std::uint64_t life);
  void stream_ended(Stream& stream, std::uint64_t life, const std::string& reason);

  // connection_threads.cc: threads of its own
  void read_by_thread(std::shared_ptr<Stream> stream, std::uint64_t life);
  void read(const std::shared_ptr<Stream>& stream, std::uint64_t life);
  std::string read_all(Stream& stream, std::uint64_t life);
  void write();
  void wait_for_beat(std::unique_lock<std::mutex>& lock);

  // connection_io.cc: threads that are shared
  void share(const std::shared_ptr<Stream>& stream, std::uint64_t life);
  void leave();
  Reactor::Next read_some(const std::shared_ptr<Stream>& stream, std::uint64_t life);
  Reactor::Next write_some(std::uint64_t life);
  void write_in_steps(Frame frame, std::unique_lock<std::mutex>& lock);
  void earn(std::chrono::milliseconds time);
  void beat() override;

  const Bonds bonds_;
  Handlers handlers_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Stream> stream_;
  std::uint64_t life_ = 0;   ///< Of the stream: what its predecessors bring is not taken any more.
  Unheard unheard_;          ///< What has been sent, and may have to be sent again; of others what is queued.
  Backlog::Part held_;       ///< What all that takes.
  std::uint64_t received_ = 0;
  std::size_t untold_ = 0;   ///< Bytes that have come since the other side was told so.
  std::chrono::steady_clock::time_point written_{};
  std::chrono::steady_clock::time_point heard_{};  ///< When the other side was known to have heard more, or all.
  bool writing_ = false;     ///< A thread is writing; others only queue.
  bool lingers_ = false;     ///< All that is queued may wait a little.
  bool napping_ = false;     ///< The writer looks by itself, soon, for what may wait.
  bool finishing_ = false;
  bool cut_ = false;         ///< Its stream is broken.
  bool closed_ = false;
  std::thread reader_, writer_;

  // Where threads are shared:
  IoThreads* const io_;
  std::mutex reading_;            ///< A stream's messages are not delivered before its predecessor's.
  std::optional<Frame> parked_;   ///< What the socket had no room for.
  std::uint64_t reads_ = 0, writes_ = 0;  ///< Its sessions' numbers.
  std::size_t sessions_ = 0;      ///< That there are; they know the connection.
  std::chrono::steady_clock::time_point beaten_{};
  std::chrono::milliseconds silent_{};  ///< So long nothing has come, or less than is expected.
};

}  // namespace dflow::net
