#include "runtime/net/connection.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dflow::net {

namespace {

using Clock = std::chrono::steady_clock;

/// What one frame carries: enough that its cost is shared by many, little enough that others get their turn.
constexpr std::size_t kMostInFrame = 1 << 20;
/// A message that a socket with room takes without waiting.
constexpr std::size_t kWrittenAtOnce = 32 << 10;
/// What lingers is sent when it is so much.
constexpr std::size_t kMostLingering = 16 << 10;
/// When so much has come, the other side is told, so that it need not keep it any longer, also if there is nothing else to say.
constexpr std::size_t kToldAfter = 1 << 20;

std::size_t size_of(std::span<const std::string> messages) {
  std::size_t size = 0;
  for (const std::string& message : messages) size += message.size();
  return size;
}

/// What is larger than a frame may be, with what is around it, does not arrive.
constexpr std::size_t kMostMessage = kMostHeader - 4096;

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

Connection::Connection(std::unique_ptr<Stream> stream, Bonds bonds, IoThreads* io)
    : bonds_(bonds), stream_(std::move(stream)), held_(bonds.backlog), io_(io) {
  tune(*stream_);
}

Connection::~Connection() { stop(); }

void Connection::stop() noexcept {
  close();
  if (io_) leave();
  if (reader_.joinable()) reader_.join();
  if (writer_.joinable()) writer_.join();
}

void Connection::tune(Stream& stream) const {
  if (bonds_.silence.count() == 0) return;
  if (!bonds_.may_be_stopped && !io_) stream.set_read_timeout(bonds_.silence);
  stream.notice_dead(bonds_.silence);
}

void Connection::start(Handlers handlers) {
  handlers_ = std::move(handlers);
  if (io_) return share(stream_, 0);
  writer_ = std::thread([this] { write(); });
  read_by_thread(stream_, 0);
}

// ---- To send ---------------------------------------------------------------------------------------------------------

void Connection::send(std::string message) {
  std::unique_lock lock(mutex_);
  if (closed_ || finishing_ || !admit({&message, 1})) return;
  unheard_.add(std::move(message));
  weigh();
  write_soon(lock);
}

void Connection::send(std::vector<std::string> messages) {
  if (messages.empty()) return;
  std::unique_lock lock(mutex_);
  if (closed_ || finishing_ || !admit(messages)) return;
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
  if (closed_ || finishing_ || !admit(messages)) return;
  if (io_) {
    queue(std::move(messages));
    return write_soon(lock);
  }
  lingers_ = lingers_ || !unheard_.anything_to_send();
  queue(std::move(messages));
  if (lingers_ && unheard_.waiting() >= kMostLingering) write_queued(lock);
  else if (lingers_ && !napping_) changed_.notify_all();
}

void Connection::queue(std::vector<std::string> messages) {
  for (std::string& message : messages) unheard_.add(std::move(message));
  weigh();
}

/// False if there is no room for more, or one of them cannot be sent: that is the connection's end, so that nobody waits for it.
bool Connection::admit(std::span<const std::string> messages) {
  const auto too_large = [](const std::string& message) { return message.size() > kMostMessage; };
  if (std::ranges::none_of(messages, too_large) && held_.has_room(size_of(messages))) return true;
  end();
  return false;
}

/// The lock is held.
void Connection::end() {
  closed_ = true;
  changed_.notify_all();
  stream_->shut_down();
}

/// The lock is held.
void Connection::wake() {
  changed_.notify_all();
  if (io_ && has_to_write()) io_->writers.resume(writes_);
}

void Connection::write_queued(std::unique_lock<std::mutex>& lock) {
  lingers_ = false;
  if (!may_write() || !unheard_.anything_to_send()) return;  // whoever writes looks again
  if (!writes_at_once()) return wake();
  write_frame(lock);
}

void Connection::send_queued() {
  std::unique_lock lock(mutex_);
  write_queued(lock);
}

bool Connection::writes_at_once() const {
  return may_write() && unheard_.waiting() <= kWrittenAtOnce && (io_ || stream_->writable());
}

void Connection::finish() {
  const std::lock_guard lock(mutex_);
  finishing_ = true;
  if (cut_) closed_ = true;
  wake();
}

void Connection::finish(std::chrono::milliseconds most) {
  finish();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most, [&] { return closed_; });
}

void Connection::close() noexcept {
  const std::lock_guard lock(mutex_);
  end();
}

void Connection::write_frame(std::unique_lock<std::mutex>& lock) {
  Frame frame = next_frame();
  if (io_) return write_in_steps(std::move(frame), lock);
  lock.unlock();
  const bool written = static_cast<bool>(frame.stream->write(frame.message));
  lock.lock();
  wrote(std::move(frame), written);
}

Connection::Frame Connection::next_frame() {
  writing_ = true;
  if (!unheard_.anything_unheard()) heard_ = Clock::now();
  Frame frame{.message = Batch{}, .from = unheard_.next(), .stream = stream_, .life = life_};
  Batch& batch = std::get<Batch>(frame.message);
  batch.messages = unheard_.take(kMostInFrame, kMostMessages);
  if (bonds_.resumable) batch.heard = received_;
  else (void)unheard_.heard(unheard_.next());  // nobody will ask for them
  batch.last = bonds_.resumable && finishing_ && !unheard_.anything_to_send();
  untold_ = 0;
  return frame;
}

/// All of it, or there is nothing more to be done about it. The lock is held.
void Connection::wrote(Frame frame, bool all) {
  Batch& batch = std::get<Batch>(frame.message);
  writing_ = false;
  written_ = Clock::now();
  unheard_.give_back(std::move(batch.messages), frame.from);
  weigh();
  if (frame.life != life_) return wake();  // there is another stream, and it may be sent again there
  if (!all || batch.last) frame.stream->shut_down();  // whoever reads it tells of it
  if (!all && bonds_.resumable) cut();
  else closed_ = closed_ || !all || batch.last;
  if (has_to_write() || finishing_ || closed_) wake();
}

/// The lock is held.
bool Connection::has_to_write() const {
  const bool queued = unheard_.anything_to_send() && !lingers_;
  return may_write() && (queued || finishing_ || (bonds_.resumable && untold_ >= kToldAfter));
}

// ---- To receive ------------------------------------------------------------------------------------------------------

/// The lock is held. What was sent on this stream may not have arrived.
void Connection::cut() {
  if (std::exchange(cut_, true)) return;
  unheard_.again();
  if (parked_) unheard_.give_back(std::move(std::get<Batch>(parked_->message).messages), parked_->from);
  parked_.reset();
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
  // What says so may lie behind this, if nobody here had time to look.
  else if (!patient && Clock::now() - heard_ > bonds_.silence && !stream_->has_frame() && !stream_->readable()) {
    return "what was sent is not heard by the other side";
  }
  weigh();
  received_ += batch.messages.size();
  untold_ += size_of(batch.messages);
  if (bonds_.resumable && untold_ >= kToldAfter) wake();
  return {};
}

/// Adds a frame's messages; returns why there are none, or why they are the last.
std::string Connection::take(Result<Message> message, std::uint64_t life, std::vector<std::string>& messages) {
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

/// Its last words have been delivered.
void Connection::stream_ended(Stream& stream, std::uint64_t life, const std::string& reason) {
  stream.shut_down();
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
  std::unique_lock lock(mutex_);
  if (!bonds_.resumable || closed_ || !unheard_.heard(heard)) return false;
  weigh();
  ++life_;
  stream_->shut_down();
  stream_ = std::move(stream);
  tune(*stream_);
  unheard_.again();
  heard_ = Clock::now();
  cut_ = false;
  silent_ = {};
  const std::shared_ptr<Stream> current = stream_;
  const std::uint64_t life = life_;
  if (!io_) read_by_thread(current, life);
  changed_.notify_all();
  lock.unlock();
  if (io_) share(current, life);
  return true;
}

std::size_t Connection::waiting() const {
  const std::lock_guard lock(mutex_);
  return unheard_.waiting();
}

std::chrono::milliseconds Connection::silent() const {
  const std::lock_guard lock(mutex_);
  constexpr std::chrono::hours for_ever{24 * 365 * 100};  // and few enough nanoseconds to be compared with some
  return closed_ || cut_ ? for_ever : silent_;
}

bool Connection::connected() const {
  const std::lock_guard lock(mutex_);
  return !closed_ && !cut_;
}

}  // namespace dflow::net
