// Gives a worker's values to those who ask, and takes those that clients place.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "runtime/cluster/handshake.h"
#include "runtime/cluster/peer_guest.h"
#include "runtime/cluster/revocations.h"
#include "runtime/net/listener.h"
#include "runtime/net/lobby.h"

namespace dflow::cluster {

/// Serves all who are let in with a few threads, however many, slow, silent or talkative they are. Thread-safe.
class PeerServer {
 public:
  using Handlers = PeerHouse::Handlers;
  struct Limits {
    net::Reactor::Limits guests = {};
    std::size_t most_pushes = 4;  ///< At once; fewer than the guests' threads.
    net::Pace::Limits pace = {};
  };

  /// At `host`, for peers that know the same secret; with credentials by TLS.
  static Result<std::unique_ptr<PeerServer>> start(net::Hello self, const std::string& host,
                                                   std::shared_ptr<net::Credentials> credentials, ValueStore& store,
                                                   Handlers handlers, Limits limits);
  /// With the usual limits, as far as this process may have files.
  static Result<std::unique_ptr<PeerServer>> start(net::Hello self, const std::string& host,
                                                   std::shared_ptr<net::Credentials> credentials, ValueStore& store,
                                                   Handlers handlers);
  ~PeerServer();

  const net::Address& address() const noexcept { return listener_->address(); }
  /// How many are there.
  std::size_t guests() const { return reactor_.sessions(); }
  /// Who connects from now on, and whose machine or network is silent for three times so long, keeps nothing any longer.
  void notice_dead(std::chrono::milliseconds silence) noexcept { silence_ = silence; }
  /// Ends the connections that revoked certificates have opened.
  void drop_revoked(const Revocations& revocations);

 private:
  PeerServer(net::Hello self, PeerHouse house, Limits limits, std::unique_ptr<net::Listener> listener);
  void accept();
  void let_in(std::unique_ptr<net::Stream> stream, const net::Hello& hello);

  net::Hello self_;
  PeerHouse house_;
  std::unique_ptr<net::Listener> listener_;
  std::atomic<std::chrono::milliseconds> silence_{};  ///< 0: never.
  PushTurns turns_;
  net::Reactor reactor_;
  std::unique_ptr<net::Lobby> lobby_;
  std::thread acceptor_;
};

}  // namespace dflow::cluster
