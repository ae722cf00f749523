// What is moved from busy workers to idle ones.
#include <algorithm>

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

}  // namespace

bool Scheduler::steal(Index thief) {
  const Index victim = fleet_.busiest();
  if (victim == none || victim == thief) return false;
  if (fleet_[victim].home.size() == 0) return call_back(victim, thief);
  const Index task = most_attractive(victim, thief);
  if (task == none) return false;
  dequeue(task);
  assign(task, thief);
  return true;
}

/// Of the first few that wait at the victim: the most urgent that are worth their way, and of those the one with most work
/// for it.
Index Scheduler::most_attractive(Index victim, Index thief) const {
  constexpr int most_looked_at = 16;
  Index best = none;
  double best_ratio = 0;
  int looked_at = 0;
  for (const ReadyQueue::Entry& entry : fleet_[victim].home.entries()) {
    if (!in_queue(entry)) continue;
    if (++looked_at > most_looked_at) break;
    const Task& t = graph_[entry.task];
    if (bound_to(entry.task) != none || t.avoid == thief || (best != none && t.priority < graph_[best].priority)) continue;
    if (!worth_stealing(graph_, fleet_, settings_, entry.task, victim, thief, false)) continue;
    const Duration way = settings_.latency + fetch_time(graph_, settings_, entry.task, thief);
    const double ratio = t.expected / static_cast<double>(way.count() + 1);
    const bool better = best == none || t.priority > graph_[best].priority || ratio > best_ratio ||
                        (ratio == best_ratio && t.rank().before(graph_[best].rank()));
    if (!better) continue;
    best = entry.task;
    best_ratio = ratio;
  }
  return best;
}

bool Scheduler::call_back(Index victim, Index thief) {
  int looked_at = 0;
  for (Index task = fleet_[victim].last_task; task != none && looked_at < 8;
       task = graph_[task].previous, ++looked_at) {
    Task& t = graph_[task];
    if (t.started || t.suspended || t.revoking || t.avoid == thief || !may_run(thief, task) || bound_to(task) != none)
      continue;
    if (has_to_stay(t, fleet_[victim], now_) || !worth_stealing(graph_, fleet_, settings_, task, victim, thief, true)) continue;
    t.revoking = true;
    thieves_[task] = thief;
    ++fleet_[thief].calls_back;
    fleet_[thief].coming += std::chrono::microseconds(t.expected);
    fleet_.changed(thief);
    emit(RevokeTask{fleet_[victim].self.worker, t.id, Attempt{t.attempt}});
    return true;
  }
  return false;
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
    if (thief == none || fleet_[thief].active() + fleet_[thief].calls_back >= fleet_[thief].threads())
      return;
    if (!steal(thief)) return;
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
