// Copies of values beyond the first: those that were asked for, those on their way, those too many.
#include <algorithm>

#include "runtime/core/scheduler.h"

namespace dflow::core {

void Scheduler::on(const ReplicateRequested& event) {
  Request request{.client = event.client, .id = event.request};
  request.copies = std::max<std::uint16_t>(event.copies, 1);
  for (const TaskId id : event.tasks) {
    const Index task = graph_.find(id);
    if (task == none || !graph_[task].wanted || client_of(id) != event.client) continue;
    graph_[task].wanted_copies = request.copies;
    request.tasks.push_back(id);
    later(task);
  }
  requests_.push_back(std::move(request));
}

void Scheduler::on(const RebalanceRequested& event) {
  Request request{.client = event.client, .id = event.request};
  std::uint64_t total = 0, holders = 0;
  std::set<std::pair<std::uint64_t, Index>> held;  // what each will hold that is not short of memory, least first
  for (Index worker = 0; worker < fleet_.places(); ++worker) {
    if (!fleet_[worker].holds_for_others()) continue;
    if (!fleet_[worker].paused) held.insert({fleet_[worker].bytes, worker});
    total += fleet_[worker].bytes;
    ++holders;
  }
  const std::uint64_t mean = holders == 0 ? 0 : total / holders;
  for (Index from = 0; from < fleet_.places(); ++from) {
    if (!fleet_[from].holds_for_others()) continue;
    std::uint64_t left = fleet_[from].bytes;
    for (Index c = fleet_[from].first_copy; c != none && left > mean && !held.empty(); c = graph_.copy(c).next_of_worker) {
      const Index task = graph_.copy(c).task;
      const auto [least, to] = *held.begin();
      const std::uint64_t bytes = graph_[task].bytes;
      if (to == from || bytes == 0 || least + bytes > left || graph_[task].copies > 1) continue;
      held.erase(held.begin());
      held.insert({least + bytes, to});
      left -= bytes;
      transfer(task, to, from);
      request.transfers.insert({task, to});
    }
  }
  requests_.push_back(std::move(request));
}

void Scheduler::replicate(Index task) {
  const Task& t = graph_[task];
  const auto under_way = transfers_.lower_bound({task, 0});
  std::size_t copies = t.copies;
  for (auto it = under_way; it != transfers_.end() && it->first.task == task; ++it) {
    copies += it->second.drop_from == none ? 1 : 0;
  }
  for (; copies < t.wanted_copies; ++copies) {
    const Index to = fleet_.next_in_turn([&](Index one) {
      return graph_.find_copy(task, one) == none && !transfers_.contains({task, one}) && may_hold(one, task);
    });
    if (to == none) break;
    transfer(task, to, none);
  }
  short_of_copies_.insert(task);
}

void Scheduler::transfer(Index task, Index to, Index drop_from) {
  transfers_[{task, to}] = {drop_from};
  emit(FetchValue{fleet_[to].self.worker, input(task, none)});
}

void Scheduler::end_transfer(Index task, Index to, bool arrived) {
  const auto found = transfers_.find({task, to});
  if (found == transfers_.end()) return;
  const Index from = found->second.drop_from;
  transfers_.erase(found);
  const Index copy = arrived && from != none ? graph_.find_copy(task, from) : none;
  if (copy == none || graph_[task].copies < 2) return;
  emit(FreeValue{fleet_[from].self.worker, graph_[task].id, Attempt{graph_[task].attempt}});
  remove_copy(copy);
}

void Scheduler::end_transfers(Index task) {
  const auto first = transfers_.lower_bound({task, 0});
  auto last = first;
  while (last != transfers_.end() && last->first.task == task) ++last;
  transfers_.erase(first, last);
}

std::size_t Scheduler::copies_possible(Index task) const {
  std::size_t count = 0;
  for (Index worker = 0; worker < fleet_.places(); ++worker) {
    count += fleet_[worker].holds_for_others() && may_hold(worker, task);
  }
  return count;
}

bool Scheduler::may_hold(Index worker, Index task) const {
  const auto found = scattered_.find(task);
  return found == scattered_.end() || found->second.workers.empty() || Fleet::named(fleet_[worker], found->second.workers);
}

/// No more copies of the value are tried: they would be refused as well. Who has it cannot leave.
void Scheduler::copies_refused(Index task, Index worker, const std::string& reason) {
  Task& t = graph_[task];
  t.wanted_copies = static_cast<std::uint16_t>(std::max<std::uint32_t>(t.copies, 1));
  const auto has_it = [&](WorkerId id) {
    const Index one = fleet_.find(id);
    return one != none && graph_.find_copy(task, one) != none;
  };
  std::erase_if(requests_, [&](const Request& request) {
    if (std::ranges::count(request.tasks, t.id) == 0 && std::ranges::none_of(request.workers, has_it)) return false;
    emit(RequestDone{request.client, request.id,
                     "a value could not be brought to " + fleet_[worker].self.name + ": " + reason});
    return true;
  });
  later(task);
}

/// It is short of memory: what another holds that is not, and that nobody wants so often, goes.
void Scheduler::drop_surplus(Index worker) {
  for (Index c = fleet_[worker].first_copy; c != none;) {
    const Index copy = c, task = graph_.copy(c).task;
    c = graph_.copy(c).next_of_worker;
    const Task& t = graph_[task];
    if (t.copies <= std::max<std::uint32_t>(t.wanted_copies, 1)) continue;
    bool elsewhere = false;
    for (Index other = t.first_copy; other != none; other = graph_.copy(other).next_of_task) {
      const Member& holder = fleet_[graph_.copy(other).worker];
      elsewhere |= graph_.copy(other).worker != worker && holder.holds_for_others() && !holder.paused;
    }
    if (!elsewhere) continue;
    emit(FreeValue{fleet_[worker].self.worker, t.id, Attempt{t.attempt}});
    remove_copy(copy);
  }
}

void Scheduler::evacuate(Index worker) {
  Member& leaving = fleet_[worker];
  bool empty = leaving.sent == 0;
  for (Index c = leaving.first_copy; c != none; c = graph_.copy(c).next_of_worker) {
    const Index task = graph_.copy(c).task;
    bool elsewhere = false, coming = false;
    for (Index other = graph_[task].first_copy; other != none; other = graph_.copy(other).next_of_task) {
      elsewhere |= fleet_[graph_.copy(other).worker].holds_for_others();
    }
    if (elsewhere) continue;
    empty = false;
    for (auto it = transfers_.lower_bound({task, 0}); it != transfers_.end() && it->first.task == task; ++it)
      coming = true;
    const Index to = coming ? none : fleet_.next_in_turn([&](Index) { return true; });
    if (to != none) transfer(task, to, none);
  }
  if (!empty) return;
  while (leaving.first_copy != none) {
    const Index task = graph_.copy(leaving.first_copy).task;
    remove_copy(leaving.first_copy);
    later(task);
  }
  leaving.closing = true;
  fleet_.changed(worker);
  emit(CloseWorker{leaving.self.worker});
}

}  // namespace dflow::core
