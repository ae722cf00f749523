// A member's connection to the scheduler: it breaks, or goes quiet, and is resumed, as net::Connection's are.
#pragma once

#include <array>
#include <functional>
#include <memory>

#include "runtime/net/unheard.h"
#include "tests/sim/world.h"

namespace dflow::sim {

struct LinkOptions {
  bool resumable = false;  ///< Else it ends with its stream.
  Duration heartbeat = milliseconds(100), silence = seconds(2), grace = seconds(3);
};

/// Two directions, each in order, each message once, whatever becomes of the streams below. What is being said is made of the
/// real bookkeeping (`net::UnheardOf`); streams, heartbeats and greetings are simulated.
class Link : public std::enable_shared_from_this<Link> {
 public:
  using Deliver = std::function<void()>;
  /// What becomes of it when it is broken for too long.
  struct Ends {
    Deliver given_up;  ///< At the scheduler.
    Deliver refused;   ///< At the member, who comes back too late.
  };

  static std::shared_ptr<Link> make(World& world, World::Host member, const LinkOptions& options, Ends ends);

  void up(Deliver deliver) { send(member_, std::move(deliver)); }
  void down(Deliver deliver) { send(scheduler_, std::move(deliver)); }
  /// What is under way does not arrive.
  void close_up() { member_.close(); }
  void close_down() { scheduler_.close(); }
  /// Lets go of all that has been said, in which both ends may be.
  void end();
  /// The scheduler believes nothing that is said from now on, and takes nobody back.
  void fence() { given_up_ = true; }
  /// The network tells one side, or both, that the stream is no more.
  void reset(bool tell_member, bool tell_scheduler);

 private:
  Link(World& world, World::Host member, const LinkOptions& options, Ends ends);
  struct Side {
    net::UnheardOf<Deliver> unheard = {};
    std::uint64_t received = 0;
    std::uint64_t stream = 1;
    bool cut = false;
    bool closed = false;  ///< Says nothing more.
    Time heard{};       ///< The other side.
    Time was_heard{};   ///< By the other side: more, or all that there was.
    std::shared_ptr<Channel> out = {};
    void close() { closed = true, out->close(); }
  };

  void send(Side& side, Deliver deliver);
  void flush(Side& side);
  void say(Side& side, Deliver deliver);
  void arrive(Side& at, std::uint64_t stream, std::uint64_t heard, const Deliver& deliver);
  void cut(Side& side);
  void beat();
  void greet(std::uint64_t attempt, Duration pause);
  void greeted(std::uint64_t attempt, std::uint64_t heard);
  void welcomed(std::uint64_t stream, std::uint64_t heard);
  Side& other(const Side& side) { return &side == &member_ ? scheduler_ : member_; }

  World& world_;
  World::Host host_;
  LinkOptions options_;
  Ends ends_;
  Side member_, scheduler_;
  std::uint64_t streams_ = 1, attempts_ = 0, cuts_ = 0;
  bool given_up_ = false;
};

}  // namespace dflow::sim
