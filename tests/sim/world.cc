#include "tests/sim/world.h"

#include <algorithm>
#include <utility>

namespace dflow::sim {

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

bool World::run(Time until, std::uint64_t limit, const std::function<bool()>& done) {
  while (!done()) {
    const auto next = time_.next();
    if (!next || *next > until || ++events > limit) return false;
    time_.step();
  }
  return true;
}

Duration World::delay(Host from, Host to) {
  if (jittery && random.chance(0.01))
    return random.between(Duration{milliseconds(1)}, Duration{milliseconds(500)});
  unsigned factor = 1;
  for (const Host host : {from, to}) {
    const auto slow = slow_.find(host);
    if (slow != slow_.end()) factor = std::max(factor, slow->second);
  }
  return factor * random.between(Duration{microseconds(20)}, Duration{microseconds(400)});
}

void Channel::send(std::function<void()> deliver) {
  if (closed_) return;
  Time when = world_.now() + world_.delay(from_, to_);
  if (!queue_.empty()) when = std::max(when, queue_.back().first);
  queue_.emplace_back(when, std::move(deliver));
  if (std::exchange(pumping_, true)) return;
  world_.after(when - world_.now(), [self = shared_from_this()] { self->pump(); });
}

void Channel::pump() {
  pumping_ = false;
  if (closed_ || queue_.empty()) return;
  Duration pause = milliseconds(20);
  if (world_.reachable(from_, to_)) {
    const auto deliver = std::move(queue_.front().second);
    queue_.pop_front();
    deliver();
    if (closed_ || queue_.empty() || pumping_) return;
    pause = std::max(queue_.front().first - world_.now(), Duration{});
  }
  pumping_ = true;
  world_.after(pause, [self = shared_from_this()] { self->pump(); });
}

}  // namespace dflow::sim
