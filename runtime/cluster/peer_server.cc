#include "runtime/cluster/peer_server.h"

#include <sys/resource.h>

#include <algorithm>

namespace dflow::cluster {

namespace {

/// Half of the files that this process may have: the program has its own.
std::size_t most_guests(std::size_t most) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return most;
  return std::clamp<std::size_t>(files.rlim_cur / 2, 1, most);
}

}  // namespace

Result<std::unique_ptr<PeerServer>> PeerServer::start(net::Hello self, const std::string& host,
                                                      std::shared_ptr<net::Credentials> credentials, ValueStore& store,
                                                      Handlers handlers) {
  Limits limits;
  limits.guests.most_sessions = most_guests(limits.guests.most_sessions);
  return start(std::move(self), host, std::move(credentials), store, std::move(handlers), limits);
}

Result<std::unique_ptr<PeerServer>> PeerServer::start(net::Hello self, const std::string& host,
                                                      std::shared_ptr<net::Credentials> credentials, ValueStore& store,
                                                      Handlers handlers, Limits limits) {
  Result<std::unique_ptr<net::Listener>> listener =
      net::Listener::bind({.host = host, .port = 0}, std::move(credentials));
  if (!listener) return listener.error();
  PeerHouse house{.name = self.name, .store = store, .handlers = std::move(handlers), .pace = limits.pace};
  return std::unique_ptr<PeerServer>(
      new PeerServer(std::move(self), std::move(house), limits, std::move(listener).value()));
}

PeerServer::PeerServer(net::Hello self, PeerHouse house, Limits limits, std::unique_ptr<net::Listener> listener)
    : self_(std::move(self)),
      house_(std::move(house)),
      listener_(std::move(listener)),
      turns_(limits.most_pushes, [this](std::uint64_t guest) { reactor_.resume(guest); }),
      reactor_(limits.guests),
      lobby_(std::make_unique<net::Lobby>(
          net::Lobby::Options{}, [this](std::unique_ptr<net::Stream> stream,
                                        const net::Hello& hello) { let_in(std::move(stream), hello); })),
      acceptor_([this] { accept(); }) {}

PeerServer::~PeerServer() {
  listener_->close();
  acceptor_.join();
  lobby_.reset();
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
  const std::string known = why.empty() ? proof_for_caller(*stream, self_.secret) : "";
  if (!cluster::answer(*stream, {.refusal = why, .secret = known}) || !why.empty()) return;
  const std::chrono::milliseconds silence = silence_;
  if (silence.count() > 0) stream->notice_dead(3 * silence);
  reactor_.add(std::make_unique<PeerGuest>(house_, turns_, std::move(stream), hello.machine));
}

void PeerServer::drop_revoked(const Revocations& revocations) {
  reactor_.shut_down_if([&](const net::Reactor::Session& guest) {
    return revocations.contain(static_cast<const PeerGuest&>(guest).serial());
  });
}

}  // namespace dflow::cluster
