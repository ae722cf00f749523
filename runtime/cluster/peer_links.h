// Getting values from workers, and giving them some.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/cluster/endable_call.h"
#include "runtime/cluster/handshake.h"
#include "runtime/cluster/task_codec.h"
#include "runtime/core/ids.h"
#include "runtime/transfer/machine.h"
#include "runtime/transfer/stream_source.h"

namespace dflow::cluster {

/// A value of a certain version.
struct Wanted {
  core::TaskId task{};
  core::Attempt version{};
};

/// What became of a pull.
struct Pulled {
  enum class Outcome { here, gone, unreachable, cannot_cross };
  Outcome outcome = Outcome::unreachable;
  std::uint64_t size = 0;
  std::string error = {};
};

/// Connections to workers, kept for the next value. Thread-safe; the calls block, and several at once to one worker use
/// several connections.
class PeerLinks {
 public:
  struct Limits {
    /// So long a worker that lives may take until its answer begins: it may have to write a large value down, or to read it back.
    std::chrono::milliseconds answer{300'000};
    net::Pace::Limits pace = {};  ///< Of the answer, once it has begun.
  };

  /// With credentials by TLS.
  PeerLinks(net::Hello self, std::shared_ptr<net::Credentials> credentials)
      : PeerLinks(std::move(self), std::move(credentials), {}) {}
  PeerLinks(net::Hello self, std::shared_ptr<net::Credentials> credentials, Limits limits)
      : self_(std::move(self)), credentials_(std::move(credentials)), limits_(limits) {}

  /// What the workers of this program know each other by, if it is not what they know the scheduler by.
  void use_secret(const std::string& secret);
  /// A worker whose machine or network is silent for three times so long is not waited for any longer. One that is stopped
  /// is: the scheduler says when it is gone. One that does not answer when it is called is not called again for a while.
  void notice_dead(std::chrono::milliseconds silence);

  void add(core::WorkerId worker, const std::string& address);
  /// Who waits for it, be it for its first word, is told that it is gone.
  void remove(core::WorkerId worker);
  /// Removes all of them, and those that are added from now on.
  void close();
  /// How many there are.
  std::size_t known() const;
  /// How many are being called.
  std::size_t called() const;
  /// Has a connection to it ready for the first value. Nothing comes of it if it does not answer: whoever needs a value of its
  /// finds out.
  void call_ahead(core::WorkerId worker);

  /// Takes the bytes of a value, by its place among the wanted, as they come; an error if they did not come whole, after
  /// which it may be called for it again.
  using Take = std::function<Result<void>(std::size_t which, transfer::Source& source, const net::Value& value)>;

  /// Asks for all of them at once. Several should be small, since only one may be read from the other's memory. A worker that
  /// sends too slowly is unreachable.
  std::vector<Pulled> pull(core::WorkerId worker, std::span<const Wanted> wanted, const Take& take);
  /// Empty if the worker has it now; else why it does not take it. An error if nothing came of it.
  Result<std::string> push(core::WorkerId worker, core::TaskId task, const ValueBytes& value);

 private:
  /// A connection in use, which ends when its worker is removed: one that does not answer any more keeps nobody waiting.
  class Lease;
  /// A call that has not been answered yet; the same is true of it.
  class Calling;

  struct Link {
    std::unique_ptr<net::Stream> stream;
    std::string machine;  ///< Of the other process.
  };

  using Clock = std::chrono::steady_clock;

  /// Who is called, as what, and for how long.
  struct Call {
    net::Address address;
    net::Hello self;
    std::chrono::milliseconds patience{};
  };

  Result<Lease> take(core::WorkerId worker, bool fresh);
  std::optional<Call> call_to(core::WorkerId worker) const;
  Result<Greeted> call(core::WorkerId worker, Call call);
  Result<Greeted> greet_worker(core::WorkerId worker, Call call);
  void shut_down(core::WorkerId worker);
  Result<Link> link_to(core::WorkerId worker, Result<Greeted> greeted) const;
  bool pull_over(Lease& link, std::span<const Wanted> wanted, const Take& take, std::vector<Pulled>& pulled);
  bool take_answer(Lease& link, const net::Pull& pull, const Take& take, std::vector<Pulled>& pulled);
  std::optional<std::string> push_over(Lease& link, net::Push push, std::span<const std::span<const std::byte>> pieces);
  void close_memory(const std::string& reason);

  net::Hello self_;
  std::shared_ptr<net::Credentials> credentials_;
  const Limits limits_;
  mutable std::mutex mutex_;
  std::map<core::WorkerId, net::Address> addresses_;
  std::map<core::WorkerId, std::vector<Link>> idle_;
  std::multimap<core::WorkerId, net::Stream*> in_use_;
  std::multimap<core::WorkerId, EndableCall*> calling_;
  bool closed_ = false;
  std::map<core::WorkerId, Clock::time_point> silent_until_;  ///< Those that were called in vain, and when to call them again.
  std::chrono::milliseconds silence_{};  ///< 0: never.
  std::atomic<bool> memory_closed_{!transfer::memory_wanted()};  ///< The kernel keeps other processes' memory from this one.
};

}  // namespace dflow::cluster
