#include "runtime/cluster/peer_server.h"

#include "runtime/cluster/arrival.h"
#include "runtime/cluster/task_codec.h"
#include "runtime/net/heap.h"
#include "runtime/transfer/machine.h"
#include "runtime/transfer/memory.h"
#include "runtime/transfer/packing.h"

namespace dflow::cluster {

namespace {

using Outcome = net::Value::Outcome;

/// No larger value is taken at once from a client.
constexpr std::uint64_t kMostPushed = std::uint64_t{1} << 36;
/// Smaller values are sent together, up to so many bytes.
constexpr std::uint64_t kSmall = 4 << 10;
constexpr std::size_t kMostSmall = 64 << 10;

}  // namespace

Result<std::unique_ptr<PeerServer>> PeerServer::start(net::Hello self, const std::string& host,
                                                      std::shared_ptr<net::Credentials> credentials,
                                                      ValueStore& store, Handlers handlers) {
  Result<std::unique_ptr<net::Listener>> listener =
      net::Listener::bind({.host = host, .port = 0}, std::move(credentials));
  if (!listener) return listener.error();
  return std::unique_ptr<PeerServer>(
      new PeerServer(std::move(self), store, std::move(handlers), std::move(listener).value()));
}

PeerServer::PeerServer(net::Hello self, ValueStore& store, Handlers handlers,
                       std::unique_ptr<net::Listener> listener)
    : self_(std::move(self)),
      store_(store),
      handlers_(std::move(handlers)),
      listener_(std::move(listener)),
      lobby_(std::make_unique<net::Lobby>(
          net::Lobby::Options{}, [this](std::unique_ptr<net::Stream> stream,
                                        const net::Hello& hello) { let_in(std::move(stream), hello); })),
      acceptor_([this] { accept(); }) {}

PeerServer::~PeerServer() {
  listener_->close();
  acceptor_.join();
  lobby_.reset();
  for (Guest& guest : guests_) {
    guest.stream->shut_down();
    guest.thread.join();
  }
}

void PeerServer::accept() {
  for (;;) {
    Result<std::unique_ptr<net::Stream>> stream = listener_->accept();
    if (!stream) return;
    lobby_->enter(std::move(stream).value());
  }
}

void PeerServer::let_in(std::unique_ptr<net::Stream> stream, const net::Hello& hello) {
  const std::string why = refusal(*stream, hello, self_);
  if (!cluster::answer(*stream, {.refusal = why}) || !why.empty()) return;
  const std::chrono::milliseconds silence = silence_;
  if (silence.count() > 0) stream->notice_dead(3 * silence);
  const std::lock_guard lock(mutex_);
  for (auto guest = guests_.begin(); guest != guests_.end();) {
    if (!guest->gone) {
      ++guest;
      continue;
    }
    guest->thread.join();
    guest = guests_.erase(guest);
  }
  Guest& guest = guests_.emplace_back();
  guest.stream = std::move(stream);
  guest.machine = hello.machine;
  if (const net::Certificate* certificate = guest.stream->certificate()) guest.serial = certificate->serial;
  guest.thread = std::thread([this, &guest] {
    serve(guest);
    const std::lock_guard end(mutex_);
    guest.gone = true;
  });
}

void PeerServer::drop_revoked(const Revocations& revocations) {
  const std::lock_guard lock(mutex_);
  for (Guest& guest : guests_) {
    if (!guest.gone && revocations.contain(guest.serial)) guest.stream->shut_down();
  }
}

void PeerServer::serve(Guest& guest) {
  net::prepare_heap(net::kSmallHeap);
  net::Stream& stream = *guest.stream;
  for (;;) {
    const Result<net::Message> message = stream.read();
    guest.shown.reset();
    if (!message) break;
    const auto* pull = std::get_if<net::Pull>(&message.value());
    const auto* push = std::get_if<net::Push>(&message.value());
    const bool taken = std::holds_alternative<net::Taken>(message.value());
    if (taken ? false : pull ? !answer(guest, *pull) : !push || !take(guest, *push)) break;
  }
  stream.shut_down();
}

Result<void> PeerServer::answer(Guest& guest, const net::Pull& pull) {
  for (const net::Pull::Wanted& wanted : pull.values) {
    if (Result<void> answered = answer(guest, pull, wanted); !answered) return answered;
  }
  return send_small(guest);
}

/// Nothing if there is no memory to read it back to. One that is damaged is not there any more.
std::optional<ValueStore::Held> PeerServer::find(const net::Pull::Wanted& wanted) {
  try {
    return store_.find(core::TaskId{wanted.task}, core::Attempt{wanted.version});
  } catch (const DamagedValue& damaged) {
    handlers_.spoilt(damaged);
    return ValueStore::Held{};
  } catch (const std::bad_alloc&) {
    return {};
  }
}

Result<void> PeerServer::answer(Guest& guest, const net::Pull& pull, const net::Pull::Wanted& wanted) {
  const std::optional<ValueStore::Held> found = find(wanted);
  if (!found) return formats::Error{"there is no memory to read a value back to"};  // who asks asks again
  const ValueStore::Held& held = *found;
  if (!held) return give_small(guest, net::Value{.outcome = Outcome::gone});
  if (held.bytes) {
    const std::span<const std::byte> piece(*held.bytes);
    const std::string form = held.form ? form_to_send(*held.form, piece.size()) : "";
    return give(guest, pull, {.size = piece.size(), .form = form}, {&piece, 1},
                std::const_pointer_cast<Buffer>(held.bytes));
  }
  try {
    if (held.failure) std::rethrow_exception(held.failure);
    const auto value = std::make_shared<ValueBytes>(write_value(*held.object.get()));
    const std::vector<std::span<const std::byte>> pieces = value->writer.segments();
    const std::uint64_t size = value->writer.size();
    return give(guest, pull, {.size = size, .form = form_to_send(*held.object.get()->value_form(), size)}, pieces, value);
  } catch (const std::bad_alloc&) {
    return give_small(guest, net::Value{.outcome = Outcome::cannot_cross,
                                        .error = "dflow: there is no memory on " + self_.name + " to write the value down"});
  } catch (const std::exception& error) {
    return give_small(guest, net::Value{.outcome = Outcome::cannot_cross, .error = error.what()});
  }
}

/// Shows where the pieces lie, or sends them.
Result<void> PeerServer::give(Guest& guest, const net::Pull& pull, net::Value value, transfer::Pieces pieces,
                              std::shared_ptr<void> owner) {
  if (value.size < kSmall) return give_small(guest, value, pieces);
  if (Result<void> sent = send_small(guest); !sent) return sent;
  const bool may_show = transfer::shares_memory(guest.machine) && !pull.raw && pull.values.size() == 1;
  if (may_show && value.size >= transfer::kShownFrom) value.memory = transfer::show(pieces);
  if (value.memory) guest.shown = std::move(owner);
  return send_value(*guest.stream, std::move(value), pieces, pull.packed && transfer::packs_for(guest.machine));
}

/// Copied, which is quicker than a call of the kernel for each.
Result<void> PeerServer::give_small(Guest& guest, const net::Value& value, transfer::Pieces pieces) {
  guest.small += net::encode_frame(value);
  for (const auto piece : pieces) guest.small.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  return guest.small.size() < kMostSmall ? Result<void>() : send_small(guest);
}

Result<void> PeerServer::send_small(Guest& guest) {
  const std::string answers = std::exchange(guest.small, {});
  return guest.stream->write_raw(std::as_bytes(std::span(answers)));
}

Result<void> PeerServer::take(Guest& guest, const net::Push& push) {
  net::Stream& stream = *guest.stream;
  if (push.size > kMostPushed) return formats::Error{"too large a value"};
  const auto source = source_of(stream, push.size, push.memory, push.packing);
  // Nobody from elsewhere says where this process is to read.
  const bool far = push.memory && !transfer::shares_memory(guest.machine);
  if (const Result<void> may_read = far ? formats::Error{"it is of another machine"} : source->probe(); !may_read) {
    return stream.write(net::Value{.outcome = Outcome::unreadable, .error = may_read.message()});
  }
  if (const std::string why = handlers_.admit(push.size); !why.empty()) {
    if (Result<void> skipped = source->skip(); !skipped) return skipped;
    return stream.write(net::Value{.outcome = Outcome::cannot_cross, .error = why + " on " + self_.name});
  }
  Result<ValueStore::Held> value = receive_value(*source, push.form);
  handlers_.arrived(push.size);
  if (!value && !source->broken().empty()) return value.error();
  if (Result<void> skipped = source->skip(); !skipped) return skipped;
  if (!value) return stream.write(net::Value{.outcome = Outcome::cannot_cross, .error = value.message() + " on " + self_.name});
  store_.put(core::TaskId{push.task}, core::Attempt{push.version}, std::move(value).value());
  handlers_.pushed(core::TaskId{push.task}, core::Attempt{push.version}, push.size);
  return stream.write(net::Value{});
}

}  // namespace dflow::cluster
