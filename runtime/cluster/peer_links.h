// Getting values from workers, and giving them some.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/cluster/buffer.h"
#include "runtime/cluster/handshake.h"
#include "runtime/core/ids.h"

namespace dflow::cluster {

/// What became of a pull.
struct Pulled {
  enum class Outcome { here, gone, unreachable, cannot_cross };
  Outcome outcome = Outcome::unreachable;
  Buffer bytes = {};
  std::string error = {};
};

/// Connections to workers, kept for the next value. Thread-safe; the calls block, and several at once to one worker use
/// several connections.
class PeerLinks {
 public:
  explicit PeerLinks(net::Hello self) : self_(std::move(self)) {}

  void add(core::WorkerId worker, const std::string& address);
  void remove(core::WorkerId worker);

  Pulled pull(core::WorkerId worker, core::TaskId task, core::Attempt version);
  /// An error if the worker did not confirm that it has it.
  Result<void> push(core::WorkerId worker, core::TaskId task, std::span<const std::span<const std::byte>> pieces);

 private:
  /// A connection in use, which ends when its worker is removed: one that does not answer any more keeps nobody waiting.
  class Lease;

  Result<Lease> take(core::WorkerId worker, bool fresh);

  net::Hello self_;
  std::mutex mutex_;
  std::map<core::WorkerId, net::Address> addresses_;
  std::map<core::WorkerId, std::vector<std::unique_ptr<net::Stream>>> idle_;
  std::multimap<core::WorkerId, net::Stream*> in_use_;
};

}  // namespace dflow::cluster
