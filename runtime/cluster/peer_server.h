// Gives a worker's values to those who ask, and takes those that clients place.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>

#include "runtime/cluster/handshake.h"
#include "runtime/cluster/revocations.h"
#include "runtime/cluster/value_store.h"
#include "runtime/net/listener.h"
#include "runtime/net/lobby.h"
#include "runtime/transfer/packing.h"

namespace dflow::cluster {

/// One thread for each who is let in: they are few, and each waits for its answer.
class PeerServer {
 public:
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

  /// At `host`, for peers that know the same secret; with credentials by TLS.
  static Result<std::unique_ptr<PeerServer>> start(net::Hello self, const std::string& host,
                                                   std::shared_ptr<net::Credentials> credentials,
                                                   ValueStore& store, Handlers handlers);
  ~PeerServer();

  const net::Address& address() const noexcept { return listener_->address(); }
  /// Who connects from now on, and whose machine or network is silent for three times so long, keeps nothing any longer.
  void notice_dead(std::chrono::milliseconds silence) noexcept { silence_ = silence; }
  /// Ends the connections that revoked certificates have opened.
  void drop_revoked(const Revocations& revocations);

 private:
  PeerServer(net::Hello self, ValueStore& store, Handlers handlers, std::unique_ptr<net::Listener> listener);
  void accept();
  void let_in(std::unique_ptr<net::Stream> stream, const net::Hello& hello);

  struct Guest {
    std::unique_ptr<net::Stream> stream;
    std::thread thread;
    bool gone = false;
    std::string machine;
    std::string serial = {};  ///< Of its certificate.
    std::shared_ptr<void> shown = {};  ///< The value that it reads in this process's memory, until it says anything else.
    std::string small = {};            ///< Answers that go together.
  };

  void serve(Guest& guest);
  Result<void> answer(Guest& guest, const net::Pull& pull);
  Result<void> answer(Guest& guest, const net::Pull& pull, const net::Pull::Wanted& wanted);
  Result<void> give(Guest& guest, const net::Pull& pull, net::Value value, transfer::Pieces pieces,
                    std::shared_ptr<void> owner);
  Result<void> give_small(Guest& guest, const net::Value& value, transfer::Pieces pieces = {});
  Result<void> send_small(Guest& guest);
  Result<void> take(Guest& guest, const net::Push& push);
  std::optional<ValueStore::Held> find(const net::Pull::Wanted& wanted);

  net::Hello self_;
  ValueStore& store_;
  Handlers handlers_;
  std::unique_ptr<net::Listener> listener_;
  std::atomic<std::chrono::milliseconds> silence_{};  ///< 0: never.
  std::mutex mutex_;
  std::list<Guest> guests_;
  std::unique_ptr<net::Lobby> lobby_;
  std::thread acceptor_;
};

}  // namespace dflow::cluster
