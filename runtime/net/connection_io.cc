// A connection that shares its threads: it has one while there is something to read, and one while there is room to write.

#include <algorithm>
#include <span>
#include <utility>

#include "runtime/net/connection.h"

namespace dflow::net {

namespace {

using Clock = std::chrono::steady_clock;

/// Frames that are read, or written, until others have their turn, and bytes of those that are read.
constexpr int kFrames = 64;
constexpr std::size_t kMostAtOnce = 1 << 20;
/// Time that counts as silence at once: nobody said anything while this process was stopped.
constexpr std::chrono::milliseconds kLook{1000};
/// Bytes a second of a frame that has begun: who sends fewer says nothing.
constexpr std::size_t kSlowest = 64 << 10;

}  // namespace

/// One direction of one of its streams. Each direction has a reactor's attention of its own: what waits for room does not keep this
/// side from reading, nor a handler that takes its time from writing.
class Connection::Session final : public Reactor::Session {
 public:
  enum class Direction { in, out };

  Session(Connection& connection, std::shared_ptr<Stream> stream, std::uint64_t life, Direction direction)
      : connection_(connection), stream_(std::move(stream)), life_(life), direction_(direction) {}
  ~Session() override {
    const std::lock_guard lock(connection_.mutex_);
    --connection_.sessions_;
    connection_.changed_.notify_all();
  }
  int descriptor() const override { return stream_->descriptor(); }
  Reactor::Next proceed() override {
    return direction_ == Direction::in ? connection_.read_some(stream_, life_) : connection_.write_some(life_);
  }
  /// How long that may take is for the connection to say (`Bonds`).
  bool wait(std::chrono::milliseconds) override { return true; }
  void shut_down() noexcept override { stream_->shut_down(); }

 private:
  Connection& connection_;
  const std::shared_ptr<Stream> stream_;
  const std::uint64_t life_;
  const Direction direction_;
};

/// From now on others' threads serve the stream, in place of its predecessor.
void Connection::share(const std::shared_ptr<Stream>& stream, std::uint64_t life) {
  std::uint64_t reads = 0, writes = 0;
  {
    const std::lock_guard lock(mutex_);
    sessions_ += 2;
    reads = reads_, writes = writes_;
    beaten_ = Clock::now();
  }
  io_->readers.end(reads);
  io_->writers.end(writes);
  reads = io_->readers.add(std::make_unique<Session>(*this, stream, life, Session::Direction::in));
  writes = io_->writers.add(std::make_unique<Session>(*this, stream, life, Session::Direction::out));
  const auto shorter = std::min(bonds_.heartbeat.count() > 0 ? bonds_.heartbeat : bonds_.silence,
                                bonds_.silence.count() > 0 ? bonds_.silence : bonds_.heartbeat);
  if (shorter.count() > 0) io_->pacemaker.join(*this, shorter / 4);
  const std::lock_guard lock(mutex_);
  reads_ = reads, writes_ = writes;
  if (parked_ || has_to_write()) io_->writers.resume(writes_);  // it may have looked before
  if (reads_ != 0 && writes_ != 0) return;
  stream->shut_down();  // the kernel watches no more
  if (reads_ == 0) read_by_thread(stream, life);
}

/// Its stream has been shut down: whoever reads that tells of it.
void Connection::leave() {
  io_->pacemaker.leave(*this);
  std::unique_lock lock(mutex_);
  const std::uint64_t writes = writes_;
  lock.unlock();
  io_->writers.end(writes);
  lock.lock();
  changed_.wait(lock, [&] { return sessions_ == 0; });
}

/// What has come together is dealt with together, as by `read_all`.
Reactor::Next Connection::read_some(const std::shared_ptr<Stream>& stream, std::uint64_t life) {
  const std::lock_guard reading(reading_);
  std::vector<std::string> messages;
  std::string reason;
  bool more = true;
  std::size_t bytes = 0;
  const std::size_t begun = stream->begun();
  // What has been read ahead wakes nobody up: others' turn comes where the kernel has more.
  const auto may_go_on = [&](int frames) { return (frames < kFrames && bytes < kMostAtOnce) || !stream->readable(); };
  int frames = 0;
  for (; reason.empty() && more && may_go_on(frames); ++frames) {
    Result<std::optional<Message>> message = stream->try_read(kMostHeader);
    more = !message || message.value();
    if (!more) break;
    const std::size_t before = messages.size();
    reason = take(message ? Result<Message>(std::move(*message.value())) : message.error(), life, messages);
    for (std::size_t i = before; i < messages.size(); ++i) bytes += messages[i].size();
  }
  if (frames > 0) earn(silent_.max());
  else earn(std::chrono::milliseconds((stream->begun() - begun) * 1000 / kSlowest));
  if (!messages.empty()) handlers_.received(std::move(messages));
  if (reason.empty()) return more ? Reactor::Next::yield : Reactor::Next::readable;
  stream_ended(*stream, life, reason);
  return Reactor::Next::ended;
}

/// The other side has done as much as is expected in such a time.
void Connection::earn(std::chrono::milliseconds time) {
  const std::lock_guard lock(mutex_);
  silent_ -= std::min(silent_, time);
}

Reactor::Next Connection::write_some(std::uint64_t life) {
  std::unique_lock lock(mutex_);
  for (int frames = 0; life == life_ && !closed_; ++frames) {
    if (has_said_all()) {
      end();
    } else if (parked_) {
      writing_ = true;
      write_in_steps(std::move(*std::exchange(parked_, std::nullopt)), lock);
      if (parked_) return Reactor::Next::writable;
    } else if (!has_to_write()) {
      return Reactor::Next::paused;
    } else if (frames >= kFrames) {
      return Reactor::Next::yield;
    } else {
      write_frame(lock);
      if (parked_) return Reactor::Next::writable;
    }
  }
  return Reactor::Next::ended;
}

/// As much as the socket takes, with the lock released; the rest when there is room.
void Connection::write_in_steps(Frame frame, std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  if (frame.bytes.empty()) frame.bytes = encode_frame(frame.message);
  bool good = frame.bytes.size() - kPrefix <= kMostHeader;
  while (good && frame.gone < frame.bytes.size()) {
    const std::span<const std::byte> left = std::as_bytes(std::span(frame.bytes)).subspan(frame.gone);
    const Result<std::size_t> taken = frame.stream->try_write({&left, 1});
    good = static_cast<bool>(taken);
    if (!good || taken.value() == 0) break;
    frame.gone += taken.value();
  }
  lock.lock();
  const bool all = frame.gone == frame.bytes.size();
  if (!good || all || frame.life != life_ || cut_ || closed_) return wrote(std::move(frame), good && all);
  writing_ = false;
  parked_ = std::move(frame);
  io_->writers.resume(writes_);
}

/// Says that this side is there, if it is time for that, and takes a stream for broken on which nothing comes.
void Connection::beat() {
  std::unique_lock lock(mutex_);
  const auto now = Clock::now();
  const auto passed = std::chrono::ceil<std::chrono::milliseconds>(now - std::exchange(beaten_, now));
  if (closed_ || cut_) return;
  silent_ += std::min(passed, kLook);
  const bool impatient = bonds_.silence.count() > 0 && !bonds_.may_be_stopped;
  if (impatient && silent_ > bonds_.silence) {
    if (!stream_->readable()) return stream_->shut_down();  // the reader tells of it
    silent_ = {};  // nobody has had time for what has come
  }
  if (bonds_.heartbeat.count() > 0 && may_write() && now >= written_ + bonds_.heartbeat) write_frame(lock);
}

}  // namespace dflow::net
