// Finding the way back to a scheduler that was killed and is started again.
#pragma once

#include <chrono>
#include <functional>

#include "runtime/cluster/handshake.h"

namespace dflow::cluster {

/// How long members look for a scheduler that is gone: DFLOW_RECONNECT seconds (30). 0: not at all.
Result<std::chrono::seconds> patience();

/// A scheduler that may be away for a while.
struct Away {
  const net::Address& scheduler;
  net::Credentials* credentials = nullptr;
  std::chrono::seconds patience{};
  /// Waits so long, or returns false at once if nobody wants it any more.
  std::function<bool(std::chrono::milliseconds)> pause = {};
};

/// Greets again and again, with growing pauses, until it is answered, refused, or has waited for long enough.
Result<Greeted> rejoin(const Away& away, const net::Hello& hello);
/// The same, up to where it says who it is.
Result<std::unique_ptr<net::Stream>> reach_again(const Away& away, net::Role own);

}  // namespace dflow::cluster
