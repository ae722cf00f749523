// What is moved from busy workers to idle ones.
#include <algorithm>
#include <utility>

#include "runtime/core/placement.h"
#include "runtime/core/scheduler.h"

namespace dflow::core {

namespace {

/// Times that a task may move before it has to stay, and for how long where its worker does not get on: twice as long each time. So
/// long a worker takes to find out that it cannot have the inputs. Workers that do not reach each other would pass a task on and on.
constexpr std::uint8_t free_moves = 2;
constexpr Duration first_stay = std::chrono::milliseconds(250);
constexpr int longest_stay = 12;

bool has_to_stay(const Task& task, const Member& there, Time now) {
  if (task.moves < free_moves) return false;
  return now - there.progress < first_stay * (1 << std::min(task.moves - free_moves, longest_stay));
}

/// Tasks looked at where most work waits, on an event, and in all places together on a tick.
constexpr int few_looks = 16, many_looks = 512;

/// A number below `size` that is another one each time, and the same in each run.
std::size_t any_below(std::size_t size, std::uint64_t number) {
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;  // the end of splitmix64
  number = (number ^ number >> 27) * 0x94d049bb133111eb;
  return size == 0 ? 0 : (number ^ number >> 31) % size;
}

}  // namespace

/// From one of the two with most work that waits, or from whom it got something before. The others' turn comes in `search`.
bool Scheduler::steal(Index thief) {
  const Index first = fleet_.busiest(), second = fleet_.busiest(first), before = fleet_[thief].victim;
  const auto take = [&](Index victim, int looks) { return victim != none && take_from(victim, thief, looks); };
  if (take(first, few_looks) || take(second, few_looks / 2)) return true;
  return before != first && before != second && take(before, few_looks / 2);
}

bool Scheduler::take_from(Index victim, Index thief, int& looks) {
  Member& from = fleet_[victim];
  if (victim == thief || !fleet_.has_backlog(victim)) return false;
  if (!from.paused && from.load() <= fleet_[thief].load()) return false;  // not worth it, whatever the task
  const Index task = most_attractive(victim, thief, looks);
  if (task == none && !call_back(victim, thief, looks)) return false;
  fleet_[thief].victim = victim;
  if (task == none) return true;
  dequeue(task);
  assign(task, thief);
  return true;
}

/// Of those looked at that wait at the victim: the most urgent that are worth their way, and of those the one with most work for
/// it. Looked at are the first few, and what stands where something was found before: all that is too dear to move may stand in
/// front of all that is not.
Index Scheduler::most_attractive(Index victim, Index thief, int& looks) {
  Member& from = fleet_[victim];
  const std::vector<ReadyQueue::Entry>& entries = from.home.entries();
  const std::size_t last = entries.size() - std::min<std::size_t>(entries.size(), few_looks / 2);
  const std::size_t start = std::min<std::size_t>(from.found_waiting, last);  // the queue may have become shorter
  Index best = none;
  double best_ratio = 0;
  int passed = 8 * looks;  // of what has left the queue otherwise
  const auto look = [&](std::size_t i) {
    --passed;
    if (!in_queue(entries[i])) return;
    --looks;
    const Index task = entries[i].task;
    const double ratio = attraction(task, victim, thief);
    if (ratio == 0 || (best != none && !more_attractive(task, ratio, best, best_ratio))) return;
    best = task;
    best_ratio = ratio;
    from.found_waiting = static_cast<std::uint32_t>(i);
  };
  const int others = looks - std::min(looks, few_looks) / 2;
  const int most_passed_before = passed / 2;
  for (std::size_t i = 0; i < start && looks > others && passed > most_passed_before; ++i) look(i);
  for (std::size_t i = start; i < entries.size() && looks > 0 && passed > 0; ++i) look(i);
  for (std::size_t i = start; i > 0 && looks > 0 && passed > 0; --i) look(i - 1);
  return best;
}

/// Its work for its way; 0 if it is not to go there.
double Scheduler::attraction(Index task, Index victim, Index thief) const {
  const Task& t = graph_[task];
  if (bound_to(task) != none || t.avoid == thief) return 0;
  if (!worth_stealing(graph_, fleet_, settings_, task, victim, thief, false)) return 0;
  const Duration way = settings_.latency + fetch_time(graph_, settings_, task, thief);
  return t.expected / static_cast<double>(way.count() + 1);
}

bool Scheduler::more_attractive(Index a, double ratio_a, Index b, double ratio_b) const {
  const Task &one = graph_[a], &other = graph_[b];
  if (one.priority != other.priority) return one.priority > other.priority;
  return ratio_a != ratio_b ? ratio_a > ratio_b : one.rank().before(other.rank());
}

/// Of those sent: one of the last, or before the one where something was found before.
bool Scheduler::call_back(Index victim, Index thief, int& looks) {
  Member& from = fleet_[victim];
  const Index before = from.found_sent;
  const auto look = [&](Index task, int most) {
    for (; task != none && most > 0 && looks > 0; task = graph_[task].previous) {
      --most, --looks;
      if (can_be_called_back(task, victim, thief)) return task;
    }
    return none;
  };
  const bool is_there = before != none && graph_[before].state == TaskState::assigned && graph_[before].worker == victim;
  Index task = look(from.last_task, is_there ? std::min(looks, few_looks) / 2 : looks);
  if (task == none && is_there) task = look(before, looks);
  if (task == none) return false;
  Task& t = graph_[task];
  from.found_sent = t.previous;
  t.revoking = true;
  thieves_[task] = thief;
  ++fleet_[thief].calls_back;
  fleet_[thief].coming += std::chrono::microseconds(t.expected);
  fleet_.changed(thief);
  emit(RevokeTask{from.self.worker, t.id, Attempt{t.attempt}});
  return true;
}

bool Scheduler::can_be_called_back(Index task, Index victim, Index thief) const {
  const Task& t = graph_[task];
  if (t.started || t.suspended || t.revoking || t.avoid == thief || !may_run(thief, task) || bound_to(task) != none) return false;
  return !has_to_stay(t, fleet_[victim], now_) && worth_stealing(graph_, fleet_, settings_, task, victim, thief, true);
}

void Scheduler::end_call_back(Index task) {
  Task& t = graph_[task];
  if (!t.revoking) return;
  t.revoking = false;
  const auto found = thieves_.find(task);
  const Index thief = found->second;
  thieves_.erase(found);
  if (thief == none) return;
  --fleet_[thief].calls_back;
  fleet_[thief].coming -= std::chrono::microseconds(t.expected);
  fleet_.changed(thief);
}

void Scheduler::balance() {
  for (int i = 0; i < 64; ++i) {
    const Index thief = fleet_.idlest();
    if (thief == none || !fleet_[thief].idle() || !steal(thief)) break;
  }
  if (fleet_.busiest() != none) search();
}

/// For those who are idle although others have work: whoever is idle, whoever has work, and whatever waits there have their turn
/// sooner or later. What is found tells the next `steal` where to look.
void Scheduler::search() {
  ++searches_;
  std::vector<Index> idle, busy;
  for (Index worker = 0; worker < fleet_.places(); ++worker) {
    if (fleet_[worker].idle()) idle.push_back(worker);
    if (fleet_.has_backlog(worker)) busy.push_back(worker);
  }
  const auto begin_anywhere = [&](std::vector<Index>& all, std::uint64_t what) {
    std::ranges::rotate(all, all.begin() + static_cast<std::ptrdiff_t>(any_below(all.size(), 3 * searches_ + what)));
  };
  begin_anywhere(idle, 0), begin_anywhere(busy, 1);
  int looks = many_looks;
  for (const Index thief : idle) search_for(thief, busy, looks);
}

void Scheduler::search_for(Index thief, const std::vector<Index>& busy, int& looks) {
  for (const Index victim : busy) {
    if (--looks <= 0) return;
    std::uint32_t& found = fleet_[victim].found_waiting;
    const std::size_t anywhere = any_below(fleet_[victim].home.entries().size(), 3 * searches_ + 2);
    const std::uint32_t before = std::exchange(found, static_cast<std::uint32_t>(anywhere));
    if (!take_from(victim, thief, looks)) {
      found = before;
      continue;
    }
    while (fleet_[thief].idle() && steal(thief)) {
    }
    return;
  }
}

void Scheduler::on(const TaskRevoked& event) {
  const Index task = current(event.worker, event.id, event.attempt);
  if (task == none && event.given_up) let_go(event.worker, event.id, event.attempt);
  if (task == none || !graph_[task].revoking) return;
  end_call_back(task);
  if (!event.given_up) {
    graph_[task].started = true;
    return;
  }
  unassign(task);
  Task& t = graph_[task];
  if (t.moves < 255) ++t.moves;
  if (t.given) note_given(task, false);
  wait_again(task);
}

}  // namespace dflow::core
