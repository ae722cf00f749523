// Somebody who asks a worker for values, or gives it some.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/cluster/value_store.h"
#include "runtime/net/reactor.h"
#include "runtime/net/stream.h"
#include "runtime/transfer/packing.h"

namespace dflow::cluster {

using formats::Result;

/// What a worker's guests share.
struct PeerHouse {
  /// `pushed` is told of each value that was put into the store from outside.
  using Pushed = std::function<void(core::TaskId id, core::Attempt version, std::uint64_t bytes)>;
  /// What else its owner does.
  struct Handlers {
    Pushed pushed;
    /// Returns when there is room for a value of so many bytes, or why there never is; and: what might come has come, or has not.
    std::function<std::string(std::uint64_t bytes)> admit;
    std::function<void(std::uint64_t bytes)> arrived;
    /// A value could not be read back from the disk.
    std::function<void(const DamagedValue& value)> spoilt;
  };

  std::string name;
  ValueStore& store;
  Handlers handlers;
  /// Of who sends a value, and of who is sent one.
  net::Pace::Limits pace;
};

/// Those who push hold a thread each while their value comes, since what makes an object of it cannot be left half way. So few do
/// at a time, the others in the order in which they came. Thread-safe.
class PushTurns {
 public:
  /// `resume` is told whose turn it is; it may be told of one that is gone.
  PushTurns(std::size_t most, std::function<void(std::uint64_t session)> resume) : free_(most), resume_(std::move(resume)) {}
  /// Whether he may; if not, he is called when it is his turn.
  bool begin(std::uint64_t session);
  void end();
  /// He will not come, whether it is his turn or not.
  void forget(std::uint64_t session);

 private:
  void call_next();

  std::mutex mutex_;
  std::size_t free_;
  std::deque<std::uint64_t> waiting_;
  std::function<void(std::uint64_t)> resume_;
};

/// Answers one question after the other, of which each may be for many values. Takes no more bytes from who does not read his
/// answers, and keeps of them what one value or `kMostSmall` bytes of small ones are.
class PeerGuest final : public net::Reactor::Session {
 public:
  using Next = net::Reactor::Next;

  PeerGuest(const PeerHouse& house, PushTurns& turns, std::unique_ptr<net::Stream> stream, std::string machine);
  ~PeerGuest() override;

  int descriptor() const override { return stream_->descriptor(); }
  Next proceed() override;
  bool wait(std::chrono::milliseconds time) override;
  void shut_down() noexcept override { stream_->shut_down(); }
  /// Of its certificate; empty in the clear.
  const std::string& serial() const noexcept { return serial_; }

 private:
  std::optional<Next> step();
  bool hear(net::Message& message);
  void answer(const net::Pull::Wanted& wanted);
  void give(net::Value value, transfer::Pieces pieces = {}, std::shared_ptr<void> owner = {});
  void give_object(const ValueStore::Held& held);
  std::optional<ValueStore::Held> find(const net::Pull::Wanted& wanted);
  void say(const net::Message& message) { head_ += net::encode_frame(message); }
  bool has_to_send() const { return !head_.empty() || !body_.empty() || packer_; }
  bool full() const;
  std::optional<Next> send();
  void sent(std::size_t bytes);
  Result<void> take(const net::Push& push);
  Result<void> receive(const net::Push& push, transfer::Source& source);

  const PeerHouse& house_;
  PushTurns& turns_;
  std::unique_ptr<net::Stream> stream_;
  const std::string machine_, serial_;
  net::Pull asked_;
  std::size_t answered_ = 0;             ///< Of the values that it has asked for.
  std::optional<net::Push> push_;        ///< Whose value has not been taken yet.
  bool broken_ = false;
  std::shared_ptr<void> shown_;          ///< The value that it reads in this process's memory, until it says anything else.
  // What is to be sent: the head, then the body, then what is packed.
  std::string head_;
  std::vector<std::span<const std::byte>> body_;  ///< The first one stands for the head once that is being sent.
  std::size_t gone_ = 0;                          ///< Of the body's spans, those that were sent.
  bool sending_ = false;
  std::vector<std::span<const std::byte>> to_pack_;
  std::optional<transfer::Packer> packer_;
  std::shared_ptr<void> owner_;  ///< Of the bytes.
  net::Pace pace_;
};

}  // namespace dflow::cluster
