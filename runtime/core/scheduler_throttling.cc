// How much is given to workers at once: what has no inputs waits here until one has room.
#include <algorithm>

#include "runtime/core/scheduler.h"

namespace dflow::core {

void Scheduler::refill(Index worker) {
  while (fleet_.has_room(fleet_[worker]) && take_next(worker)) {
  }
  while (fleet_[worker].idle() && steal(worker)) {
  }
}

bool Scheduler::take_next(Index worker) {
  Member& member = fleet_[worker];
  const auto valid = [this](const ReadyQueue::Entry& entry) { return in_queue(entry); };
  ReadyQueue* best = nullptr;
  Rank rank;
  const auto consider = [&](ReadyQueue& queue, bool home) {
    const auto* entry = queue.top(valid);
    if (!entry || (!home && !may_run(worker, entry->task))) return;
    // What its own inputs lie here for goes first, unless the user said otherwise: that frees memory, roots
    // take it.
    if (best && !(home ? entry->rank.priority >= rank.priority : entry->rank.before(rank))) return;
    best = &queue;
    rank = entry->rank;
  };
  for (const Index lane : member.lanes) consider(lanes_[lane].queue, false);
  while (const auto* entry = lanes_[0].queue.top(valid)) {
    const Index task = entry->task;
    const Index other = graph_[task].avoid == worker ? fleet_.least_loaded(worker) : none;
    if (other == none) break;
    lanes_[0].queue.pop();
    push_home(task, other);
    hungry_.push_back(other);
  }
  consider(lanes_[0].queue, false);
  consider(member.home, true);
  if (!best) return false;
  const Index task = best->top(valid)->task;
  best->pop();
  if (graph_[task].worker == worker) member.home_time -= std::chrono::microseconds(graph_[task].expected);
  assign(task, worker);
  return true;
}

/// Where all are paused that may run something, one that has nothing to do takes one task: what that frees,
/// or moves on, lets the others go on.
void Scheduler::feed_paused() {
  const auto valid = [this](const ReadyQueue::Entry& entry) { return in_queue(entry); };
  for (Index worker = 0; !bound_.empty() && worker < fleet_.places(); ++worker) {
    const auto* entry = fleet_[worker].last_resort() ? fleet_[worker].home.top(valid) : nullptr;
    if (!entry) continue;
    const Index task = entry->task;
    dequeue(task);
    assign(task, worker);
  }
  std::vector<Index> all;
  if (fleet_.usable() == 0) {
    for (Index worker = 0; worker < fleet_.places(); ++worker) all.push_back(worker);
  }
  for (Lane& lane : lanes_) {
    const std::vector<Index>& workers = &lane == &lanes_[0] ? all : lane.workers;
    if (std::any_of(workers.begin(), workers.end(), [this](Index one) { return fleet_[one].usable(); }))
      continue;
    for (const Index worker : workers) {
      if (!fleet_[worker].last_resort()) continue;
      const auto* entry = lane.queue.top(valid);
      if (!entry) break;
      const Index task = entry->task;
      if (!may_run(worker, task)) continue;
      lane.queue.pop();
      assign(task, worker);
    }
  }
}

}  // namespace dflow::core
