#include "runtime/cluster/peer_server.h"

#include "runtime/cluster/arrival.h"
#include "runtime/cluster/task_codec.h"

namespace dflow::cluster {

namespace {

/// No larger value is taken at once from a client.
constexpr std::uint64_t kMostPushed = std::uint64_t{1} << 36;

}  // namespace

Result<std::unique_ptr<PeerServer>> PeerServer::start(net::Hello self, ValueStore& store, Pushed pushed) {
  Result<std::unique_ptr<net::Listener>> listener = net::Listener::bind({.host = "127.0.0.1", .port = 0});
  if (!listener) return listener.error();
  return std::unique_ptr<PeerServer>(
      new PeerServer(std::move(self), store, std::move(pushed), std::move(listener).value()));
}

PeerServer::PeerServer(net::Hello self, ValueStore& store, Pushed pushed, std::unique_ptr<net::Listener> listener)
    : self_(std::move(self)), store_(store), pushed_(std::move(pushed)), listener_(std::move(listener)),
      acceptor_([this] { accept(); }) {}

PeerServer::~PeerServer() {
  listener_->close();
  acceptor_.join();
  for (Guest& guest : guests_) {
    guest.stream->shut_down();
    guest.thread.join();
  }
}

void PeerServer::accept() {
  for (;;) {
    Result<std::unique_ptr<net::Stream>> stream = listener_->accept();
    if (!stream) return;
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
    guest.stream = std::move(stream).value();
    guest.thread = std::thread([this, &guest] {
      serve(*guest.stream);
      const std::lock_guard end(mutex_);
      guest.gone = true;
    });
  }
}

void PeerServer::serve(net::Stream& stream) {
  if (!receive(stream, self_) || !cluster::answer(stream, 0)) return;
  for (;;) {
    const Result<net::Message> message = stream.read();
    if (!message) return;
    const auto* pull = std::get_if<net::Pull>(&message.value());
    const auto* push = std::get_if<net::Push>(&message.value());
    if (pull ? !answer(stream, *pull) : !push || !take(stream, *push)) break;
  }
  stream.shut_down();
}

Result<void> PeerServer::answer(net::Stream& stream, const net::Pull& pull) {
  using Outcome = net::Value::Outcome;
  const ValueStore::Held held = store_.find(core::TaskId{pull.task}, core::Attempt{pull.version});
  if (!held) return stream.write(net::Value{.outcome = Outcome::gone});
  if (held.bytes) {
    const std::span<const std::byte> piece(*held.bytes);
    return stream.write(net::Value{.size = piece.size()}, {&piece, 1});
  }
  try {
    if (held.failure) std::rethrow_exception(held.failure);
    const ValueBytes value = write_value(*held.object.get());
    const std::vector<std::span<const std::byte>> pieces = value.writer.segments();
    const std::uint64_t size = value.writer.size();
    return stream.write(net::Value{.size = size, .form = form_to_send(*held.object.get()->value_form(), size)}, pieces);
  } catch (const std::exception& error) {
    return stream.write(net::Value{.outcome = Outcome::cannot_cross, .error = error.what()});
  }
}

Result<void> PeerServer::take(net::Stream& stream, const net::Push& push) {
  if (push.size > kMostPushed) return formats::Error{"too large a value"};
  transfer::StreamSource source(stream, push.size);
  Result<ValueStore::Held> value = receive_value(source, push.form);
  if (!value) return value.error();
  if (Result<void> skipped = source.skip(); !skipped) return skipped;
  store_.put(core::TaskId{push.task}, core::Attempt{push.version}, std::move(value).value());
  pushed_(core::TaskId{push.task}, core::Attempt{push.version}, push.size);
  return stream.write(net::Value{});
}

}  // namespace dflow::cluster
