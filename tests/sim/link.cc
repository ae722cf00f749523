#include "tests/sim/link.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace dflow::sim {

std::shared_ptr<Link> Link::make(World& world, World::Host member, const LinkOptions& options, Ends ends) {
  const std::shared_ptr<Link> link(new Link(world, member, options, std::move(ends)));
  if (options.resumable) link->beat();
  return link;
}

Link::Link(World& world, World::Host member, const LinkOptions& options, Ends ends)
    : world_(world), host_(member), options_(options), ends_(std::move(ends)) {
  member_.out = std::make_shared<Channel>(world, member, 0);
  scheduler_.out = std::make_shared<Channel>(world, 0, member);
  member_.heard = scheduler_.heard = world.now();
}

void Link::send(Side& side, Deliver deliver) {
  if (side.closed) return;
  if (!options_.resumable) return side.out->send(std::move(deliver));
  side.unheard.add(std::move(deliver));
  if (!side.cut) flush(side);
}

void Link::flush(Side& side) {
  if (!side.unheard.anything_unheard()) side.was_heard = world_.now();
  const std::uint64_t from = side.unheard.next();
  std::vector<Deliver> taken = side.unheard.take(std::numeric_limits<std::size_t>::max());
  for (const Deliver& deliver : taken) say(side, deliver);
  side.unheard.give_back(std::move(taken), from);
}

/// On the stream that there is; nothing: a heartbeat.
void Link::say(Side& side, Deliver deliver) {
  side.out->send([self = shared_from_this(), to = &other(side), stream = side.stream, heard = side.received,
                  deliver = std::move(deliver)] { self->arrive(*to, stream, heard, deliver); });
}

void Link::arrive(Side& at, std::uint64_t stream, std::uint64_t heard, const Deliver& deliver) {
  if (at.cut || at.stream != stream) return;
  at.heard = world_.now();
  const std::uint64_t before = at.unheard.first();
  require(at.unheard.heard(heard), "a message was heard that was not said");
  if (at.unheard.first() > before || !at.unheard.anything_unheard()) at.was_heard = world_.now();
  if (!deliver) return;
  ++at.received;
  deliver();
}

void Link::end() {
  for (Side* side : {&member_, &scheduler_}) {
    side->close();
    side->unheard = {};
  }
}

void Link::reset(bool tell_member, bool tell_scheduler) {
  if (!options_.resumable) return;
  if (tell_member) cut(member_);
  if (tell_scheduler) cut(scheduler_);
}

void Link::cut(Side& side) {
  if (side.closed || std::exchange(side.cut, true)) return;
  if (world_.random.chance(0.5)) side.out->close();  // else what is under way still arrives
  side.unheard.again();
  if (&side == &member_) return greet(++attempts_, milliseconds(20));
  world_.after(options_.grace, [self = shared_from_this(), cuts = ++cuts_] {
    if (self->cuts_ != cuts || !self->scheduler_.cut || self->scheduler_.closed || std::exchange(self->given_up_, true)) return;
    self->ends_.given_up();
  });
}

void Link::beat() {
  if (member_.closed && scheduler_.closed) return;
  for (Side* side : {&member_, &scheduler_}) {
    if (side->closed || side->cut) continue;
    say(*side, nullptr);
    const bool unheard = side->unheard.anything_unheard() && world_.now() - side->was_heard > options_.silence;
    if (unheard || world_.now() - side->heard > options_.silence) cut(*side);
  }
  world_.after(options_.heartbeat, [self = shared_from_this()] { self->beat(); });
}

/// The member looks for the scheduler, again and again: of its attempts only the last counts for it.
void Link::greet(std::uint64_t attempt, Duration pause) {
  if (member_.closed || !member_.cut || attempt != attempts_) return;
  std::make_shared<Channel>(world_, host_, 0)->send([self = shared_from_this(), attempt, heard = member_.received] {
    self->greeted(attempt, heard);
  });
  const Duration next = world_.random.between(pause / 2, pause) + milliseconds(50);
  world_.after(next, [self = shared_from_this(), pause] {
    if (self->member_.cut) self->greet(++self->attempts_, std::min<Duration>(2 * pause, seconds(1)));
  });
}

/// At the scheduler.
void Link::greeted(std::uint64_t attempt, std::uint64_t heard) {
  const auto back = std::make_shared<Channel>(world_, 0, host_);
  if (given_up_) {
    return back->send([self = shared_from_this()] {
      if (self->member_.cut && !self->member_.closed) self->ends_.refused();
    });
  }
  scheduler_.out->close();
  scheduler_.out = back;
  scheduler_.stream = ++streams_;
  scheduler_.cut = false;
  scheduler_.heard = scheduler_.was_heard = world_.now();
  back->send([self = shared_from_this(), attempt, stream = scheduler_.stream, received = scheduler_.received] {
    if (self->member_.cut && attempt == self->attempts_) self->welcomed(stream, received);
  });
  require(scheduler_.unheard.heard(heard), "a member has heard what the scheduler did not say");
  scheduler_.unheard.again();
  if (!scheduler_.closed) flush(scheduler_);
}

/// At the member.
void Link::welcomed(std::uint64_t stream, std::uint64_t heard) {
  if (member_.closed) return;
  member_.out->close();
  member_.out = std::make_shared<Channel>(world_, host_, 0);
  member_.stream = stream;
  member_.cut = false;
  member_.heard = member_.was_heard = world_.now();
  require(member_.unheard.heard(heard), "the scheduler has heard what a member did not say");
  member_.unheard.again();
  flush(member_);
}

}  // namespace dflow::sim
