#include "runtime/cluster/peer_guest.h"

#include <algorithm>
#include <utility>

#include "runtime/cluster/arrival.h"
#include "runtime/cluster/task_codec.h"
#include "runtime/transfer/machine.h"
#include "runtime/transfer/memory.h"

namespace dflow::cluster {

namespace {

using Outcome = net::Value::Outcome;

/// No larger value is taken at once from a client.
constexpr std::uint64_t kMostPushed = std::uint64_t{1} << 36;
/// Smaller values are sent together, up to so many bytes.
constexpr std::uint64_t kSmall = 4 << 10;
constexpr std::size_t kMostSmall = 64 << 10;
/// A question for thousands of values has less, and so has a value that is shown in as many pieces as that may be.
constexpr std::size_t kMostQuestion = 256 << 10;
/// So often something is sent or read until others have their turn.
constexpr int kSteps = 64;

}  // namespace

// ---- Whose turn it is to push ----------------------------------------------------------------------------------------

bool PushTurns::begin(std::uint64_t session) {
  const std::lock_guard lock(mutex_);
  const bool first = waiting_.empty() || waiting_.front() == session;
  if (free_ > 0 && first) {
    --free_;
    std::erase(waiting_, session);
    call_next();
    return true;
  }
  if (std::ranges::find(waiting_, session) == waiting_.end()) waiting_.push_back(session);
  return false;
}

void PushTurns::end() {
  const std::lock_guard lock(mutex_);
  ++free_;
  call_next();
}

void PushTurns::forget(std::uint64_t session) {
  const std::lock_guard lock(mutex_);
  if (std::erase(waiting_, session) > 0) call_next();
}

/// He stays the first until he has begun or is forgotten. The lock is held.
void PushTurns::call_next() {
  if (free_ > 0 && !waiting_.empty()) resume_(waiting_.front());
}

// ---- Questions -------------------------------------------------------------------------------------------------------

PeerGuest::PeerGuest(const PeerHouse& house, PushTurns& turns, std::unique_ptr<net::Stream> stream, std::string machine)
    : house_(house),
      turns_(turns),
      stream_(std::move(stream)),
      machine_(std::move(machine)),
      serial_(stream_->certificate() ? stream_->certificate()->serial : ""),
      pace_(house.pace) {}

PeerGuest::~PeerGuest() {
  if (push_) turns_.forget(number());
}

PeerGuest::Next PeerGuest::proceed() {
  for (int steps = 0; steps < kSteps; ++steps) {
    if (const std::optional<Next> next = step()) return *next;
  }
  return Next::yield;
}

/// Nothing if it may go on at once.
std::optional<PeerGuest::Next> PeerGuest::step() {
  while (answered_ < asked_.values.size() && !full()) answer(asked_.values[answered_++]);
  if (broken_) return Next::ended;
  if (has_to_send()) return send();
  if (push_) {
    if (!turns_.begin(number())) return Next::paused;
    const Result<void> taken = take(*std::exchange(push_, std::nullopt));
    turns_.end();
    return taken ? std::optional<Next>() : Next::ended;
  }
  Result<std::optional<net::Message>> message = stream_->try_read(kMostQuestion);
  if (!message) return Next::ended;
  if (!message.value()) return Next::readable;
  shown_.reset();
  return hear(*message.value()) ? std::optional<Next>() : Next::ended;
}

bool PeerGuest::hear(net::Message& message) {
  pace_ = net::Pace(house_.pace);
  if (auto* pull = std::get_if<net::Pull>(&message)) {
    asked_ = std::move(*pull);
    answered_ = 0;
    return true;
  }
  if (auto* push = std::get_if<net::Push>(&message)) push_ = std::move(*push);
  return push_ || std::holds_alternative<net::Taken>(message);
}

/// Nothing if there is no memory to read it back to. One that is damaged is not there any more.
std::optional<ValueStore::Held> PeerGuest::find(const net::Pull::Wanted& wanted) {
  try {
    return house_.store.find(core::TaskId{wanted.task}, core::Attempt{wanted.version});
  } catch (const DamagedValue& damaged) {
    house_.handlers.spoilt(damaged);
    return ValueStore::Held{};
  } catch (const std::bad_alloc&) {
    return {};
  }
}

void PeerGuest::answer(const net::Pull::Wanted& wanted) {
  const std::optional<ValueStore::Held> found = find(wanted);
  broken_ = broken_ || !found;  // who asks asks again
  if (broken_) return;
  const ValueStore::Held& held = *found;
  if (!held) return say(net::Value{.outcome = Outcome::gone});
  if (held.bytes) {
    const std::span<const std::byte> piece(*held.bytes);
    const std::string form = held.form ? form_to_send(*held.form, piece.size()) : "";
    return give({.size = piece.size(), .form = form}, {&piece, 1}, std::const_pointer_cast<Buffer>(held.bytes));
  }
  try {
    give_object(held);
  } catch (const std::bad_alloc&) {
    say(net::Value{.outcome = Outcome::cannot_cross,
                   .error = "dflow: there is no memory on " + house_.name + " to write the value down"});
  } catch (const std::exception& error) {
    say(net::Value{.outcome = Outcome::cannot_cross, .error = error.what()});
  }
}

void PeerGuest::give_object(const ValueStore::Held& held) {
  if (held.failure) std::rethrow_exception(held.failure);
  const auto value = std::make_shared<ValueBytes>(write_value(*held.object.get()));
  const std::vector<std::span<const std::byte>> pieces = value->writer.segments();
  const std::uint64_t size = value->writer.size();
  give({.size = size, .form = form_to_send(*held.object.get()->value_form(), size)}, pieces, value);
}

/// Shows where the pieces lie, or sends them: small ones copied, which is quicker than a call of the kernel for each.
void PeerGuest::give(net::Value value, transfer::Pieces pieces, std::shared_ptr<void> owner) {
  if (value.size < kSmall) {
    say(value);
    for (const auto piece : pieces) head_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return;
  }
  const bool may_show = transfer::shares_memory(machine_) && !asked_.raw && asked_.values.size() == 1;
  if (may_show && value.size >= transfer::kShownFrom) value.memory = transfer::show(pieces);
  if (value.memory) {
    shown_ = std::move(owner);
    return say(value);
  }
  owner_ = std::move(owner);
  const bool packs = asked_.packed && transfer::packs_for(machine_) && transfer::worth_packing(pieces);
  if (packs) value.packing = net::Packing::lz4;
  say(value);
  body_.emplace_back();
  if (!packs) return (void)body_.insert(body_.end(), pieces.begin(), pieces.end());
  to_pack_.assign(pieces.begin(), pieces.end());
  packer_.emplace(to_pack_);
}

// ---- To send ---------------------------------------------------------------------------------------------------------

bool PeerGuest::full() const { return head_.size() >= kMostSmall || !body_.empty() || packer_; }

/// What the socket takes.
std::optional<PeerGuest::Next> PeerGuest::send() {
  if (!std::exchange(sending_, true)) {
    if (body_.empty()) body_.emplace_back();
    body_.front() = std::as_bytes(std::span(head_));
    gone_ = 0;
  }
  const Result<std::size_t> taken = stream_->try_write(std::span(body_).subspan(gone_));
  if (!taken) return Next::ended;
  if (taken.value() == 0) return Next::writable;
  pace_.came(taken.value());
  sent(taken.value());
  return std::nullopt;
}

void PeerGuest::sent(std::size_t bytes) {
  while (gone_ < body_.size() && bytes >= body_[gone_].size()) bytes -= body_[gone_++].size();
  if (gone_ < body_.size()) return (void)(body_[gone_] = body_[gone_].subspan(bytes));
  head_.clear();
  body_.clear();
  gone_ = 0;
  if (const auto chunk = packer_ ? packer_->next() : std::span<const std::byte>(); !chunk.empty()) return body_.push_back(chunk);
  sending_ = false;
  packer_.reset();
  owner_.reset();
}

bool PeerGuest::wait(std::chrono::milliseconds time) {
  pace_.waited(time);
  return pace_.left().count() > 0;
}

// ---- To take ---------------------------------------------------------------------------------------------------------

Result<void> PeerGuest::take(const net::Push& push) {
  if (push.size > kMostPushed) return formats::Error{"too large a value"};
  stream_->keep_pace(house_.pace);
  const auto source = source_of(*stream_, push.size, push.memory, push.packing);
  // Nobody from elsewhere says where this process is to read.
  const bool far = push.memory && !transfer::shares_memory(machine_);
  if (const Result<void> may_read = far ? formats::Error{"it is of another machine"} : source->probe(); !may_read) {
    return say(net::Value{.outcome = Outcome::unreadable, .error = may_read.message()}), Result<void>();
  }
  if (const std::string why = house_.handlers.admit(push.size); !why.empty()) {
    if (Result<void> skipped = source->skip(); !skipped) return skipped;
    return say(net::Value{.outcome = Outcome::cannot_cross, .error = why + " on " + house_.name}), Result<void>();
  }
  return receive(push, *source);
}

Result<void> PeerGuest::receive(const net::Push& push, transfer::Source& source) {
  Result<ValueStore::Held> value = receive_value(source, push.form);
  house_.handlers.arrived(push.size);
  if (!value && !source.broken().empty()) return value.error();
  if (Result<void> skipped = source.skip(); !skipped) return skipped;
  if (!value) {
    say(net::Value{.outcome = Outcome::cannot_cross, .error = value.message() + " on " + house_.name});
    return {};
  }
  house_.store.put(core::TaskId{push.task}, core::Attempt{push.version}, std::move(value).value());
  house_.handlers.pushed(core::TaskId{push.task}, core::Attempt{push.version}, push.size);
  say(net::Value{});
  return {};
}

}  // namespace dflow::cluster
