// Finding the way back to a scheduler: after a connection broke, or when it was killed and is started again.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "runtime/cluster/handshake.h"
#include "runtime/net/connection.h"

namespace dflow::cluster {

/// How long members look for a scheduler that is gone: DFLOW_RECONNECT seconds (30). 0: not at all.
Result<std::chrono::seconds> patience();

/// A scheduler that may be away for a while.
struct Away {
  const net::Address& scheduler;
  net::Credentials* credentials = nullptr;
  std::chrono::milliseconds patience{};
  /// Waits so long, or returns false at once if nobody wants it any more.
  std::function<bool(std::chrono::milliseconds)> pause = [](std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
    return true;
  };
  net::Begun begun = {};  ///< Told of each call for the scheduler, so that another thread may end it.
};

/// What a member's connection to the scheduler that has answered with this is bound to.
net::Bonds bonds_of(const net::Welcome& welcome);

/// How a member finds back to a scheduler that is gone, or seems to be.
struct WayBack {
  std::uint64_t cluster = 0;  ///< Not 0: one that takes its place will know its members.
  std::uint64_t line = 0;     ///< Not 0: the connection can be resumed, if the scheduler lives; for so long.
  std::chrono::milliseconds grace{};

  WayBack() = default;
  explicit WayBack(const net::Welcome& welcome);
  /// So long it is worth looking for the scheduler; 0: there is no way back.
  std::chrono::milliseconds patience(std::chrono::seconds most) const;
};

/// So long one tries to join, at least.
inline constexpr std::chrono::milliseconds kToJoin{2'000};
/// And so long with a scheduler that cannot let anybody in yet.
inline constexpr std::chrono::milliseconds kPutOff{20'000};

/// Says who one is for the first time, on `stream` or a new one; without patience that has to come about at once. Should it
/// break before the answer has come, so that nobody knows whether the scheduler counts one in, another is made: by `hello.line`,
/// which is chosen here, the scheduler knows whom it has let in.
Result<Greeted> join(const Away& away, net::Hello hello, std::unique_ptr<net::Stream> stream = nullptr);

/// Greets again and again, with growing pauses, until it is answered, refused, or has waited for long enough.
Result<Greeted> rejoin(const Away& away, const net::Hello& hello);
/// The same, up to where it says who it is.
Result<std::unique_ptr<net::Stream>> reach_again(const Away& away, net::Role own);

}  // namespace dflow::cluster
