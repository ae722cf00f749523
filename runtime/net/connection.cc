#include "runtime/net/connection.h"

#include <algorithm>
#include <iterator>

#include "runtime/net/heap.h"

namespace dflow::net {

namespace {

using Clock = std::chrono::steady_clock;

/// What one frame carries: enough that its cost is shared by many, little enough that others get their turn.
constexpr std::size_t kMostInFrame = 1 << 20;
/// A message that a socket with room takes without waiting.
constexpr std::size_t kWrittenAtOnce = 32 << 10;
/// What lingers is sent when it is so much.
constexpr std::size_t kMostLingering = 16 << 10;
/// Naps in vain before the writer sleeps until it is woken.
constexpr int kNaps = 2;
/// When so much has come, the other side is told, so that it need not keep it any longer, also if there is nothing else to say.
constexpr std::size_t kToldAfter = 1 << 20;

std::size_t size_of(const std::vector<std::string>& messages) {
  std::size_t size = 0;
  for (const std::string& message : messages) size += message.size();
  return size;
}

thread_local Together* together = nullptr;

}  // namespace

Together::Together() {
  if (!together) together = this;
}

Together::~Together() {
  if (together != this) return;
  together = nullptr;
  for (Connection* connection : waiting_) connection->send_queued();
}

Connection::Connection(std::unique_ptr<Stream> stream, Bonds bonds) : bonds_(bonds), stream_(std::move(stream)) {
  tune(*stream_);
}

Connection::~Connection() { stop(); }

void Connection::stop() noexcept {
  close();
  if (reader_.joinable()) reader_.join();
  if (writer_.joinable()) writer_.join();
}

void Connection::tune(Stream& stream) const {
  if (bonds_.silence.count() == 0) return;
  if (!bonds_.may_be_stopped) stream.set_read_timeout(bonds_.silence);
  stream.notice_dead(bonds_.silence);
}

void Connection::start(Handlers handlers) {
  handlers_ = std::move(handlers);
  writer_ = std::thread([this] { write(); });
  reader_ = std::thread([this, stream = stream_] { read(stream, 0); });
}

// ---- To send ---------------------------------------------------------------------------------------------------------

void Connection::send(std::string message) {
  std::unique_lock lock(mutex_);
  if (closed_ || finishing_ || !admit(message.size())) return;
  unheard_.add(std::move(message));
  write_soon(lock);
}

void Connection::send(std::vector<std::string> messages) {
  if (messages.empty()) return;
  std::unique_lock lock(mutex_);
  if (closed_ || finishing_ || !admit(size_of(messages))) return;
  queue(std::move(messages));
  write_soon(lock);
}

/// At once, or with what else this thread sends together.
void Connection::write_soon(std::unique_lock<std::mutex>& lock) {
  lingers_ = false;
  if (!together) return write_queued(lock);
  std::vector<Connection*>& waiting = together->waiting_;
  if (std::ranges::find(waiting, this) == waiting.end()) waiting.push_back(this);
}

void Connection::send_later(std::vector<std::string> messages) {
  if (messages.empty()) return;
  std::unique_lock lock(mutex_);
  if (closed_ || finishing_ || !admit(size_of(messages))) return;
  lingers_ = lingers_ || !unheard_.anything_to_send();
  queue(std::move(messages));
  if (lingers_ && unheard_.waiting() >= kMostLingering) write_queued(lock);
  else if (lingers_ && !napping_) changed_.notify_all();
}

void Connection::queue(std::vector<std::string> messages) {
  for (std::string& message : messages) unheard_.add(std::move(message));
}

/// False if too much waits already: that is the connection's end.
bool Connection::admit(std::size_t size) {
  if (size <= bonds_.most_waiting - std::min(unheard_.waiting(), bonds_.most_waiting)) return true;
  closed_ = true;
  changed_.notify_all();
  stream_->shut_down();
  return false;
}

void Connection::write_queued(std::unique_lock<std::mutex>& lock) {
  lingers_ = false;
  if (!may_write() || !unheard_.anything_to_send()) return;  // whoever writes looks again
  if (!writes_at_once()) return changed_.notify_all();
  write_frame(lock);
}

void Connection::send_queued() {
  std::unique_lock lock(mutex_);
  write_queued(lock);
}

bool Connection::writes_at_once() const {
  return may_write() && unheard_.waiting() <= kWrittenAtOnce && stream_->writable();
}

void Connection::finish() {
  const std::lock_guard lock(mutex_);
  finishing_ = true;
  if (cut_) closed_ = true;
  changed_.notify_all();
}

void Connection::finish(std::chrono::milliseconds most) {
  finish();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most, [&] { return closed_; });
}

void Connection::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
  stream_->shut_down();
}

void Connection::write_frame(std::unique_lock<std::mutex>& lock) {
  writing_ = true;
  if (!unheard_.anything_unheard()) heard_ = Clock::now();
  const std::uint64_t from = unheard_.next();
  Message message(Batch{.messages = unheard_.take(kMostInFrame)});
  Batch& batch = std::get<Batch>(message);
  if (bonds_.resumable) batch.heard = received_;
  else (void)unheard_.heard(unheard_.next());  // nobody will ask for them
  batch.last = bonds_.resumable && finishing_ && !unheard_.anything_to_send();
  untold_ = 0;
  const std::shared_ptr<Stream> stream = stream_;
  const std::uint64_t life = life_;
  lock.unlock();
  const bool written = static_cast<bool>(stream->write(message));
  lock.lock();
  writing_ = false;
  written_ = Clock::now();
  if (bonds_.resumable) unheard_.give_back(std::move(batch.messages), from);
  if (life != life_) return changed_.notify_all();  // there is another stream, and it may be sent again there
  if (written && batch.last) stream->shut_down();
  if (!written && bonds_.resumable) cut();  // the reader tells of it
  else closed_ = closed_ || !written || batch.last;
  if (has_to_write() || finishing_ || closed_) changed_.notify_all();
}

/// The lock is held.
bool Connection::has_to_write() const {
  const bool queued = unheard_.anything_to_send() && !lingers_;
  return may_write() && (queued || finishing_ || (bonds_.resumable && untold_ >= kToldAfter));
}

void Connection::write() {
  std::unique_lock lock(mutex_);
  for (int naps = 0; !closed_;) {
    if (finishing_ && !bonds_.resumable && !writing_ && !unheard_.anything_to_send()) break;
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
  if (closed_) return;
  closed_ = true;
  changed_.notify_all();
  stream_->shut_down();
}

/// Until something has changed; says that this side is there if it is time for that.
void Connection::wait_for_beat(std::unique_lock<std::mutex>& lock) {
  if (bonds_.heartbeat.count() == 0) return changed_.wait(lock);
  if (!may_write()) return (void)changed_.wait_for(lock, bonds_.heartbeat);
  if (Clock::now() >= written_ + bonds_.heartbeat) return write_frame(lock);
  changed_.wait_until(lock, written_ + bonds_.heartbeat);
}

// ---- To receive ------------------------------------------------------------------------------------------------------

/// The lock is held. What was sent on this stream may not have arrived.
void Connection::cut() {
  if (std::exchange(cut_, true)) return;
  unheard_.again();
  lingers_ = false;
  if (finishing_) closed_ = true;
  changed_.notify_all();
}

/// Takes a frame; or says why it may not be taken: then none of its messages counts as received, and they are said again.
std::string Connection::why_not(const Batch& batch, std::uint64_t life) {
  const std::lock_guard lock(mutex_);
  if (life != life_) return "there is another";
  const std::uint64_t before = unheard_.first();
  if (batch.heard && (!bonds_.resumable || !unheard_.heard(*batch.heard))) return "the other side sent what is no message";
  const bool patient = !bonds_.resumable || bonds_.silence.count() == 0 || bonds_.may_be_stopped;
  if (unheard_.first() > before || !unheard_.anything_unheard()) heard_ = Clock::now();
  else if (!patient && Clock::now() - heard_ > bonds_.silence) return "what was sent is not heard by the other side";
  received_ += batch.messages.size();
  untold_ += size_of(batch.messages);
  if (bonds_.resumable && untold_ >= kToldAfter) changed_.notify_all();
  return {};
}

/// Adds the next frame's messages; returns why there are none, or why they are the last.
std::string Connection::read_frame(Stream& stream, std::uint64_t life, std::vector<std::string>& messages) {
  Result<Message> message = stream.read();
  if (!message) return message.message().empty() ? "it broke" : message.message();
  auto* batch = std::get_if<Batch>(&message.value());
  if (!batch) return "the other side sent what is no message";
  if (std::string why = why_not(*batch, life); !why.empty()) return why;
  if (messages.empty()) messages = std::move(batch->messages);
  else std::ranges::move(batch->messages, std::back_inserter(messages));
  if (!batch->last) return {};
  close();
  return "the other side has ended it";
}

/// What has come together is dealt with together: its answers then go out in one frame.
std::string Connection::read_all(Stream& stream, std::uint64_t life) {
  for (;;) {
    std::vector<std::string> messages;
    std::string reason;
    do {
      reason = read_frame(stream, life, messages);
    } while (reason.empty() && stream.has_frame());
    if (!messages.empty()) handlers_.received(std::move(messages));
    if (!reason.empty()) return reason;
  }
}

void Connection::read(const std::shared_ptr<Stream>& stream, std::uint64_t life) {
  prepare_heap(kLargeHeap);
  const std::string reason = read_all(*stream, life);
  stream->shut_down();
  bool broken = false;
  {
    const std::lock_guard lock(mutex_);
    if (life != life_) return;
    broken = bonds_.resumable && !closed_ && !finishing_;
    if (broken) cut();
    closed_ = closed_ || !broken;
    changed_.notify_all();
  }
  (broken ? handlers_.broken : handlers_.closed)(reason);
}

// ---- Another stream --------------------------------------------------------------------------------------------------

std::uint64_t Connection::suspend() {
  const std::lock_guard lock(mutex_);
  ++life_;
  stream_->shut_down();
  cut();
  return received_;
}

bool Connection::resume(std::unique_ptr<Stream> stream, std::uint64_t heard) {
  const std::lock_guard lock(mutex_);
  if (!bonds_.resumable || closed_ || !unheard_.heard(heard)) return false;
  ++life_;
  stream_->shut_down();
  stream_ = std::move(stream);
  tune(*stream_);
  unheard_.again();
  heard_ = Clock::now();
  cut_ = false;
  // What the one before has brought is delivered before what this one brings.
  reader_ = std::thread([this, current = stream_, life = life_, before = std::move(reader_)]() mutable {
    if (before.joinable()) before.join();
    read(current, life);
  });
  changed_.notify_all();
  return true;
}

std::size_t Connection::waiting() const {
  const std::lock_guard lock(mutex_);
  return unheard_.waiting();
}

bool Connection::connected() const {
  const std::lock_guard lock(mutex_);
  return !closed_ && !cut_;
}

}  // namespace dflow::net
