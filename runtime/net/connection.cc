#include "runtime/net/connection.h"

#include <algorithm>
#include <iterator>

namespace dflow::net {

namespace {

/// What one frame carries: enough that its cost is shared by many, little enough that others get their turn.
constexpr std::size_t kMostInFrame = 1 << 20;
/// A message that a socket with room takes without waiting.
constexpr std::size_t kWrittenAtOnce = 32 << 10;
/// What lingers is sent when it is so much.
constexpr std::size_t kMostLingering = 16 << 10;
/// Naps in vain before the writer sleeps until it is woken.
constexpr int kNaps = 8;

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

Connection::~Connection() {
  close();
  if (reader_.joinable()) reader_.join();
  if (writer_.joinable()) writer_.join();
}

void Connection::start(Handlers handlers) {
  handlers_ = std::move(handlers);
  writer_ = std::thread([this] { write(); });
  reader_ = std::thread([this] { read(); });
}

void Connection::send(std::string message) {
  std::vector<std::string> one;
  one.push_back(std::move(message));
  send(std::move(one));
}

void Connection::send(std::vector<std::string> messages) {
  if (messages.empty()) return;
  std::unique_lock lock(mutex_);
  if (closed_ || finishing_) return;
  if (!admit(size_of(messages))) return;
  lingers_ = false;
  queue(std::move(messages));
  if (!together) return write_queued(lock);
  std::vector<Connection*>& waiting = together->waiting_;
  if (std::ranges::find(waiting, this) == waiting.end()) waiting.push_back(this);
}

void Connection::send_later(std::vector<std::string> messages) {
  if (messages.empty()) return;
  std::unique_lock lock(mutex_);
  if (closed_ || finishing_ || !admit(size_of(messages))) return;
  lingers_ = lingers_ || queued_.empty();
  queue(std::move(messages));
  if (lingers_ && waiting_ >= kMostLingering) write_queued(lock);
  else if (lingers_ && !napping_) changed_.notify_all();
}

void Connection::queue(std::vector<std::string> messages) {
  if (queued_.empty()) queued_ = std::move(messages);
  else queued_.insert(queued_.end(), std::make_move_iterator(messages.begin()), std::make_move_iterator(messages.end()));
}

/// False if too much waits already: that is the connection's end.
bool Connection::admit(std::size_t size) {
  if (size <= most_waiting_ - waiting_) {
    waiting_ += size;
    return true;
  }
  closed_ = true;
  changed_.notify_all();
  stream_->shut_down();
  return false;
}

void Connection::write_queued(std::unique_lock<std::mutex>& lock) {
  lingers_ = false;
  if (closed_ || queued_.empty() || writing_) return;  // whoever writes looks again
  if (!writes_at_once(size_of(queued_))) return changed_.notify_all();
  write_unlocked(lock, std::exchange(queued_, {}));
  if ((!queued_.empty() && !lingers_) || finishing_ || closed_) changed_.notify_all();
}

void Connection::send_queued() {
  std::unique_lock lock(mutex_);
  write_queued(lock);
}

bool Connection::writes_at_once(std::size_t size) const {
  return !writing_ && size <= kWrittenAtOnce && stream_->writable();
}

void Connection::finish() {
  const std::lock_guard lock(mutex_);
  finishing_ = true;
  changed_.notify_all();
}

void Connection::close() noexcept {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  stream_->shut_down();
}

void Connection::write_unlocked(std::unique_lock<std::mutex>& lock, std::vector<std::string> messages) {
  writing_ = true;
  const std::size_t size = size_of(messages);
  lock.unlock();
  const bool written = write_some(std::move(messages));
  lock.lock();
  writing_ = false;
  waiting_ -= size;
  if (!written) closed_ = true;
}

bool Connection::write_some(std::vector<std::string> messages) {
  auto begin = messages.begin();
  while (begin != messages.end()) {
    std::size_t size = 0;
    const auto end = std::find_if(begin, messages.end(), [&](const std::string& message) {
      const bool full = size > 0 && size + message.size() > kMostInFrame;
      size += message.size();
      return full;
    });
    Batch batch{{std::make_move_iterator(begin), std::make_move_iterator(end)}};
    if (!stream_->write(batch)) return false;
    begin = end;
  }
  return true;
}

void Connection::write() {
  std::unique_lock lock(mutex_);
  const auto urgent = [&] { return closed_ || (!writing_ && (finishing_ || (!queued_.empty() && !lingers_))); };
  for (int naps = 0;;) {
    if (naps == 0) {
      changed_.wait(lock, [&] { return urgent() || lingers_; });
      if (lingers_) naps = kNaps;
    }
    if (!urgent()) {
      napping_ = true;
      changed_.wait_for(lock, kLinger, urgent);
      napping_ = false;
      naps = lingers_ ? kNaps : naps - 1;
      lingers_ = false;
      if (!urgent()) continue;
    }
    if (closed_) return;
    if (queued_.empty()) break;  // finishing, and all is sent
    std::vector<std::string> messages = std::exchange(queued_, {});
    write_unlocked(lock, std::move(messages));
  }
  closed_ = true;
  lock.unlock();
  stream_->shut_down();
}

/// Adds the next frame's messages; returns why there are none.
std::string Connection::read_frame(std::vector<std::string>& messages) {
  Result<Message> message = stream_->read();
  if (!message) return message.message().empty() ? "it broke" : message.message();
  auto* batch = std::get_if<Batch>(&message.value());
  if (!batch) return "the other side sent what is no message";
  if (messages.empty()) messages = std::move(batch->messages);
  else std::ranges::move(batch->messages, std::back_inserter(messages));
  return {};
}

/// What has come together is dealt with together: its answers then go out in one frame.
void Connection::read() {
  std::string reason;
  while (reason.empty()) {
    std::vector<std::string> messages;
    do {
      reason = read_frame(messages);
    } while (reason.empty() && stream_->has_frame());
    if (!messages.empty()) handlers_.received(std::move(messages));
  }
  close();
  handlers_.closed(reason);
}

}  // namespace dflow::net
