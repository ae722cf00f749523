// Virtual time, chance from one seed, and a network that delays, reorders across connections and can be cut.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/core/ids.h"
#include "runtime/core/virtual_time.h"

namespace dflow::sim {

using core::Duration;
using core::Time;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// splitmix64: the same numbers everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// In [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + next() % (high - low + 1); }
  bool chance(double p) { return static_cast<double>(next() >> 11) < p * 9007199254740992.0; }
  Duration between(Duration low, Duration high) {
    return Duration{static_cast<Duration::rep>(
        between(static_cast<std::uint64_t>(low.count()), static_cast<std::uint64_t>(high.count())))};
  }

 private:
  std::uint64_t state_;
};

/// What was checked and does not hold.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};
inline void require(bool holds, const std::string& what) {
  if (!holds) throw Violation(what);
}

class World {
 public:
  explicit World(std::uint64_t seed) : random(seed) {}

  void after(Duration delay, std::function<void()> what) {
    time_.after(delay, std::move(what));
  }
  /// Until `done` holds; false if time or events ran out first.
  bool run(Time until, std::uint64_t events, const std::function<bool()>& done);

  Time now() const { return time_.now(); }

  Random random;
  std::uint64_t events = 0;

  // ---- the network, by hosts
  using Host = int;
  /// In this direction; the other one works.
  void cut(Host from, Host to) { ++cuts_[{from, to}]; }
  void heal(Host from, Host to) {
    if (--cuts_[{from, to}] == 0) cuts_.erase({from, to});
  }
  bool reachable(Host from, Host to) const { return !cuts_.contains({from, to}); }
  /// All that comes from it or goes there takes so many times as long.
  void slow_down(Host host, unsigned factor) { slow_[host] = factor; }
  Duration delay(Host from, Host to);
  bool jittery = false;  ///< Now and then a message takes very long.

 private:
  core::VirtualTime time_;
  std::map<std::pair<Host, Host>, int> cuts_;
  std::map<Host, unsigned> slow_;
};

/// One direction of a connection: in order, nothing lost until it is closed, nothing arrives while the
/// network is cut.
class Channel : public std::enable_shared_from_this<Channel> {
 public:
  Channel(World& world, World::Host from, World::Host to) : world_(world), from_(from), to_(to) {}
  void send(std::function<void()> deliver);
  void close() { closed_ = true, queue_.clear(); }

 private:
  void pump();
  World& world_;
  World::Host from_, to_;
  std::deque<std::pair<Time, std::function<void()>>> queue_;
  bool closed_ = false, pumping_ = false;
};

}  // namespace dflow::sim
