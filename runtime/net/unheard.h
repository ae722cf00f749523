// What one side of a connection has to say, until the other has heard it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace dflow::net {

/// Messages in order, each until it is known to have arrived. Pure: no clock, lock or socket. Messages are counted from the
/// connection's beginning, whatever becomes of its streams. Those that have no size, and are empty when they were moved away, weigh nothing.
///
/// Invariant: `first_ <= next_ <= first_ + messages_.size()`; messages before `first_` have been heard, those before `next_`
/// handed out since the last `again`.
template <class Message>
class UnheardOf {
 public:
  void add(Message message) {
    waiting_ += size_of(message);
    held_ += size_of(message);
    messages_.push_back(std::move(message));
  }

  bool anything_to_send() const { return next_ < end(); }
  /// Bytes that are to be sent.
  std::size_t waiting() const { return waiting_; }
  /// Bytes of what has not been heard, and of what has been taken and not given back.
  std::size_t held() const { return held_; }
  std::uint64_t end() const { return first_ + messages_.size(); }

  /// The next messages to send: at least one if there is any, of at most so many bytes if that are several, and at most `count`. They have to be
  /// given back: to be sent again, should they not arrive, and no longer to count.
  std::vector<Message> take(std::size_t most, std::size_t count = SIZE_MAX) {
    std::vector<Message> taken;
    for (std::size_t size = 0; next_ < end() && taken.size() < count; ++next_) {
      Message& message = messages_[next_ - first_];
      const std::size_t more = size_of(message);
      if (!taken.empty() && size + more > most) break;
      size += more;
      taken.push_back(std::move(message));
    }
    for (const Message& message : taken) waiting_ -= size_of(message);
    return taken;
  }
  /// What was taken last, the first of which was message `from`.
  void give_back(std::vector<Message> taken, std::uint64_t from) {
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (from + i < first_) {  // heard meanwhile
        held_ -= size_of(taken[i]);
        continue;
      }
      if (from + i >= next_) waiting_ += size_of(taken[i]);
      messages_[from + i - first_] = std::move(taken[i]);
    }
  }
  std::uint64_t next() const { return next_; }
  /// Something has been handed out, and not been heard for all one knows.
  bool anything_unheard() const { return first_ < next_; }
  std::uint64_t first() const { return first_; }

  /// The other side has heard the first so many. False if it cannot have.
  bool heard(std::uint64_t count) {
    if (count > end()) return false;
    for (; first_ < count; ++first_) {
      if (first_ >= next_) waiting_ -= size_of(messages_.front());
      held_ -= size_of(messages_.front());  // nothing of what is still taken
      messages_.pop_front();
    }
    next_ = std::max(next_, first_);
    return true;
  }
  /// All of them are to be sent again. What has been taken and not given back counts when it is.
  void again() {
    next_ = first_;
    waiting_ = 0;
    for (const Message& message : messages_) waiting_ += size_of(message);
  }

 private:
  static std::size_t size_of(const Message& message) {
    if constexpr (requires { message.size(); }) return message.size();
    else return 0;
  }

  std::deque<Message> messages_;
  std::uint64_t first_ = 0, next_ = 0;
  std::size_t waiting_ = 0, held_ = 0;
};

using Unheard = UnheardOf<std::string>;

}  // namespace dflow::net
