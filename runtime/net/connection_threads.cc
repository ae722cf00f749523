// A connection that has threads of its own: one reads and waits for the other side, one writes what sockets did not take at once.

#include <utility>

#include "runtime/net/connection.h"
#include "runtime/net/heap.h"

namespace dflow::net {

namespace {

using Clock = std::chrono::steady_clock;

/// Naps in vain before the writer sleeps until it is woken.
constexpr int kNaps = 2;

}  // namespace

/// What the stream before has brought is delivered before what this one brings.
void Connection::read_by_thread(std::shared_ptr<Stream> stream, std::uint64_t life) {
  reader_ = std::thread([this, stream = std::move(stream), life, before = std::move(reader_)]() mutable {
    if (before.joinable()) before.join();
    read(stream, life);
  });
}

void Connection::read(const std::shared_ptr<Stream>& stream, std::uint64_t life) {
  prepare_heap(kLargeHeap);
  stream_ended(*stream, life, read_all(*stream, life));
}

/// The stream's messages, until it ends; why. What has come together is dealt with together: its answers then go out in one frame.
std::string Connection::read_all(Stream& stream, std::uint64_t life) {
  for (;;) {
    std::vector<std::string> messages;
    std::string reason;
    do {
      reason = take(stream.read(), life, messages);
    } while (reason.empty() && stream.has_frame());
    if (!messages.empty()) handlers_.received(std::move(messages));
    if (!reason.empty()) return reason;
  }
}

void Connection::write() {
  prepare_heap(kSmallHeap);
  std::unique_lock lock(mutex_);
  for (int naps = 0; !closed_;) {
    if (has_said_all()) break;
    if (has_to_write()) {
      write_frame(lock);
      continue;
    }
    if (lingers_) naps = kNaps;
    if (naps == 0) {
      wait_for_beat(lock);
      continue;
    }
    napping_ = true;
    changed_.wait_for(lock, kLinger, [&] { return closed_ || has_to_write(); });
    napping_ = false;
    naps = lingers_ ? kNaps : naps - 1;
    lingers_ = false;
  }
  if (!closed_) end();
}

/// Until something has changed; says that this side is there if it is time for that.
void Connection::wait_for_beat(std::unique_lock<std::mutex>& lock) {
  if (bonds_.heartbeat.count() == 0) return changed_.wait(lock);
  if (!may_write()) return (void)changed_.wait_for(lock, bonds_.heartbeat);
  if (Clock::now() >= written_ + bonds_.heartbeat) return write_frame(lock);
  changed_.wait_until(lock, written_ + bonds_.heartbeat);
}

}  // namespace dflow::net
