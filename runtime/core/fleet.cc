#include "runtime/core/fleet.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace dflow::core {
namespace {

constexpr std::uint64_t without_room = std::uint64_t{1} << 62;

/// Values are counted by their doublings: that seldom changes, and what is made one after another lies together in ever longer
/// runs.
std::uint64_t doublings(std::uint64_t bytes) { return static_cast<std::uint64_t>(std::bit_width(bytes)); }
constexpr std::uint64_t most_doublings = 64;

std::uint64_t key_of(const Member& member) {
  const auto load = static_cast<std::uint64_t>(member.load().count());
  return load == 0 ? doublings(member.bytes) : load + most_doublings;
}

std::uint64_t waiting_work(const Member& member) {
  if (!member.live || member.closing) return 0;
  const std::uint32_t at_work = member.paused ? std::uint32_t{member.held == 0} : member.threads();
  const auto ahead = member.active() > at_work
                         ? member.occupancy * (member.active() - at_work) / member.active()
                         : Duration{};
  return static_cast<std::uint64_t>((ahead + member.home_time).count());
}

}  // namespace

Index Fleet::add(const WorkerJoined& self, Time now) {
  Index place = places();
  if (vacant_.empty()) {
    members_.emplace_back();
    counted_.push_back(false);
    counted_paused_.push_back(false);
  } else {
    place = vacant_.back();
    vacant_.pop_back();
  }
  Member& member = members_[place] = Member{};
  member.self = self;
  member.self.threads = std::max<std::uint16_t>(self.threads, 1);
  std::erase_if(member.self.resources, [](const auto& resource) { return !is_amount(resource.second); });
  member.free = member.self.resources;
  member.live = true;
  member.heard = now;
  table_.add(static_cast<std::uint32_t>(self.worker), place);
  changed(place);
  return place;
}

void Fleet::remove(Index worker) {
  table_.remove(static_cast<std::uint32_t>(members_[worker].self.worker));
  members_[worker] = Member{};
  changed(worker);
  vacant_.push_back(worker);
}

void Fleet::note_room(Member& member) const {
  const bool busy = member.active() >= member.threads();
  const Duration ahead = settings_.ahead * member.threads(), run = settings_.run * member.threads();
  const std::uint32_t most = member.threads() + settings_.max_ahead;
  if (busy && (member.occupancy >= ahead || member.active() >= most || member.overdue.count() > 0)) member.filled = true;
  else if (!busy || (member.occupancy < ahead - run && member.active() < most - settings_.max_ahead / 4)) member.filled = false;
}

std::vector<Index> Fleet::look_for_overdue(Time now) {
  std::vector<Index> recovered;
  for (Index worker = 0; worker < places(); ++worker) {
    Member& member = members_[worker];
    const Duration expected = member.occupancy / std::max(member.threads(), 1u), since = now - member.progress;
    const bool late = member.live && member.active() >= member.threads() && since > expected + 2 * settings_.tick;
    const Duration overdue = late ? since - expected : Duration{};
    if (overdue == member.overdue) continue;
    member.overdue = overdue;
    changed(worker);
    if (!late) recovered.push_back(worker);
  }
  return recovered;
}

void Fleet::expect_runs(Duration work) {
  std::int64_t threads = 0;
  for (const Member& member : members_) threads += member.usable() ? member.threads() : 0;
  run_length_ = threads == 0 ? Duration{} : std::min(work / threads, settings_.ahead);
}

Index Fleet::next_of_run(Index but) {
  Index least = least_loaded(but);
  if (least == none) return run_ = least_loaded();
  const bool stays = run_ != none && run_ != but && members_[run_].usable() && has_room(members_[run_]) &&
                     members_[run_].load() < members_[least].load() + std::max(run_length_, settings_.run);
  const bool idle_with_more = stays && members_[run_].load().count() == 0 && available_[least] < available_[run_];
  return stays && !idle_with_more ? run_ : run_ = least;
}

void Fleet::changed(Index worker) {
  Member& member = members_[worker];
  note_room(member);
  const bool usable = member.usable();
  if (usable != counted_[worker]) {
    counted_[worker] = usable;
    usable ? ++usable_ : --usable_;
  }
  const bool paused = member.paused && member.holds_for_others();
  if (paused != counted_paused_[worker]) {
    counted_paused_[worker] = paused;
    paused ? ++paused_ : --paused_;
  }
  const std::uint64_t key = key_of(member);
  available_.set(worker, !usable ? Smallest::infinite : has_room(member) ? key : key | without_room);
  const std::uint64_t work = waiting_work(member);
  backlog_.set(worker, work == 0 ? Smallest::infinite : ~work);
}

void Fleet::holds_more(Index worker, std::uint64_t bytes) { note_bytes(worker, members_[worker].bytes + bytes); }

void Fleet::holds_less(Index worker, std::uint64_t bytes) { note_bytes(worker, members_[worker].bytes - bytes); }

void Fleet::note_bytes(Index worker, std::uint64_t bytes) {
  const std::uint64_t before = std::exchange(members_[worker].bytes, bytes);
  if (doublings(before) != doublings(bytes)) changed(worker);
}

Index Fleet::idlest(Index but) const {
  const Index first = available_.first_but(but);
  return first == none || available_[first] >= without_room ? none : first;
}

bool Fleet::named(const Member& member, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return name == member.self.name || name == member.self.host;
  });
}

std::size_t Fleet::bytes() const {
  std::size_t total = table_.bytes() + members_.capacity() * sizeof(Member);
  for (const Member& member : members_) total += member.home.bytes();
  return total;
}

}  // namespace dflow::core
