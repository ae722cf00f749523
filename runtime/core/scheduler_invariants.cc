// What must hold between events: each a sentence, then code. And reports.
#include <algorithm>
#include <cmath>
#include <ranges>

#include "runtime/core/scheduler.h"

namespace dflow::core {
namespace {

void require(bool holds, const char* rule, const Task& t, const Story<TaskState>& story) {
  if (holds) return;
  throw BrokenRule(std::string("broken: ") + rule + " (" + Story<TaskState>::name(t.id) + ", which is " +
                   std::string(name_of(t.state)) + "); its last transitions:" + story.of(t.id));
}
void require(bool holds, const char* rule, const Member& member) {
  if (!holds) throw BrokenRule(std::string("broken: ") + rule + " (worker " + member.self.name + ")");
}

}  // namespace

void Scheduler::check_invariants() const {
  if (recovery_) return;  // nothing has been decided yet
  std::map<Index, std::uint32_t> assigned, following;
  std::size_t tasks = 0, edges = 0, copies = 0, errands = 0;
  graph_.for_tasks([&](Index index) {
    ++tasks;
    const Task& t = graph_[index];
    const auto rule = [&](bool holds, const char* text) { require(holds, text, t, story_); };
    std::uint32_t missing = 0, failed = 0, readers = 0, held = 0;
    graph_.for_inputs(index, [&](Index input) {
      ++edges;
      missing += graph_[input].ended() ? 0 : 1;
      failed += graph_[input].state == TaskState::failed ? 1 : 0;
      rule(graph_[input].state != TaskState::forgotten, "what a known task was computed from is known");
    });
    graph_.for_readers(index, [&](Index reader) { readers += graph_[reader].active() ? 1 : 0; });
    for (Index c = t.first_copy; c != none; c = graph_.copy(c).next_of_task) {
      ++held;
      rule(fleet_[graph_.copy(c).worker].live, "values are held by live workers");
    }
    copies += held;
    errands += t.must_run && t.fire_and_forget;

    rule(t.state != TaskState::fresh && t.state != TaskState::forgotten, "no task stays fresh or forgotten");
    rule(!t.on_agenda, "every change of circumstances has been looked at");
    rule(t.readers == readers, "readers counts the edges from active tasks");
    rule(t.copies == held, "copies counts the holders");
    if (t.state == TaskState::waiting) {
      rule(t.missing == missing, "missing counts the inputs that have not ended");
      rule(missing > 0, "a task without missing inputs does not wait");
      if (t.follows) ++following[t.worker];
      else rule(t.worker == none, "a waiting task is with no worker unless it follows");
      graph_.for_inputs(index, [&](Index input) {
        const Task& needed = graph_[input];
        const bool made = needed.follows || needed.state == TaskState::assigned;
        rule(!t.follows || needed.state == TaskState::stored || (made && needed.worker == t.worker),
             "a task that follows waits for what its worker makes");
      });
    }
    rule(!t.follows || t.state == TaskState::waiting, "only a waiting task follows");
    if (t.state == TaskState::ready)
      rule(t.default_value || missing + failed == 0, "a ready task's inputs are stored");
    if (t.state == TaskState::assigned) {
      rule(t.worker != none && fleet_[t.worker].live, "an assigned task has a live worker");
      ++assigned[t.worker];
    }
    rule((t.state == TaskState::stored) == (held > 0), "a task is stored iff a worker holds its value");
    if (t.active() || t.state == TaskState::stored)
      rule(t.needed(), "nothing is kept or computed that nothing needs");
    if (t.state == TaskState::released) {
      rule(!t.needed() && t.first_reader != none, "a released task is known for what was computed from it");
    }
    if (t.state == TaskState::failed) {
      rule(failures_.contains(index), "a failed task says why");
      rule(t.wanted || t.first_reader != none, "a failure is kept for those who ask");
    }
    if (t.state == TaskState::arriving)
      rule(scattering_.contains(index), "an arriving value is on its way somewhere");
    if (t.wanted) rule(clients_.contains(client_of(t.id)), "only clients that are there want something");
  });
  std::size_t known_copies = 0;
  for (Index worker = 0; worker < fleet_.places(); ++worker) {
    const Member& member = fleet_[worker];
    std::uint32_t sent = 0, suspended = 0;
    Duration occupancy{};
    std::uint64_t bytes = 0;
    for (Index task = member.first_task; task != none; task = graph_[task].next) {
      ++sent;
      if (graph_[task].suspended)
        ++suspended;
      else
        occupancy += std::chrono::microseconds(graph_[task].expected);
      require(graph_[task].worker == worker, "who is on a worker's list is assigned to it", member);
    }
    for (Index c = member.first_copy; c != none; c = graph_.copy(c).next_of_worker) {
      ++known_copies;
      bytes += graph_[graph_.copy(c).task].bytes;
    }
    require(member.sent == sent && member.suspended == suspended, "a worker's counts are right", member);
    require(assigned[worker] == sent, "a worker's list is whole", member);
    require(following[worker] == member.following, "those that follow at a worker are counted", member);
    require(member.occupancy == occupancy, "occupancy is the sum over its tasks", member);
    require(member.bytes == bytes, "bytes is the sum over its values", member);
    Duration home{};
    for (const auto& entry : member.home.entries()) {
      if (!in_queue(entry)) continue;
      require(graph_[entry.task].worker == worker, "who is in a worker's queue knows it", member);
      home += std::chrono::microseconds(graph_[entry.task].expected);
    }
    require(member.home_time == home, "home_time is the sum over its queue", member);
    require(!fleet_.has_room(member) || home == Duration{}, "nothing waits for a worker that has room",
            member);
    const auto has_thread = [](const auto& body) { return !body.second.suspended; };
    const auto held = static_cast<std::uint32_t>(std::ranges::count_if(member.stopping, has_thread));
    require(member.held == held, "bodies that were taken from a worker and have a thread are counted", member);
    for (const auto& [name, amount] : member.self.resources) {
      double left = amount;
      for (Index task = member.first_task; task != none; task = graph_[task].next) {
        const HeldTask body = body_of(task);
        if (const auto used = body.resources.find(name); used != body.resources.end()) left -= std::max(used->second, 0.0);
      }
      for (const auto& [body, stopping] : member.stopping) {
        if (const auto used = stopping.resources.find(name); used != stopping.resources.end()) left -= used->second;
      }
      const double rounding = resource_rounding * std::max(1.0, amount);
      require(std::abs(member.free.at(name) - left) <= rounding, "free is what tasks and stopping bodies leave", member);
    }
    for (const auto& [name, amount] : member.free) {
      require(amount > -resource_rounding, "no resource is taken twice", member);
    }
  }
  bool free_for_all = false;
  for (Index worker = 0; worker < fleet_.places(); ++worker) free_for_all |= fleet_.has_room(fleet_[worker]);
  for (const auto& entry : lanes_[0].queue.entries()) {
    if (in_queue(entry))
      require(!free_for_all, "no task waits while a worker has room", graph_[entry.task], story_);
  }
  if (tasks != graph_.size() || edges != graph_.edges() || copies != graph_.copies() ||
      copies != known_copies) {
    throw BrokenRule("broken: every task, edge and copy is reached from the tables");
  }
  if (errands != errands_) throw BrokenRule("broken: tasks that run whoever leaves are counted");
  if (!agenda_.empty() || !hungry_.empty()) throw BrokenRule("broken: nothing is left to do between events");
}

const WorkerJoined* Scheduler::worker(WorkerId id) const {
  const Index worker = fleet_.find(id);
  return worker == none ? nullptr : &fleet_[worker].self;
}

Scheduler::Counts Scheduler::counts() const {
  Counts result;
  graph_.for_tasks([&](Index task) { ++result.tasks[graph_[task].state]; });
  result.workers = fleet_.live();
  result.clients = clients_.size();
  return result;
}

std::vector<Scheduler::WorkerStatus> Scheduler::workers() const {
  std::vector<WorkerStatus> result;
  for (Index worker = 0; worker < fleet_.places(); ++worker) {
    const Member& member = fleet_[worker];
    if (!member.live) continue;
    std::uint32_t values = 0;
    for (Index c = member.first_copy; c != none; c = graph_.copy(c).next_of_worker) ++values;
    result.push_back({.worker = member.self.worker,
                      .assigned = member.sent,
                      .values = values,
                      .bytes = member.bytes,
                      .paused = member.paused,
                      .process = member.process,
                      .limit = member.limit,
                      .spilled = member.spilled,
                      .retiring = member.retiring});
  }
  return result;
}

std::vector<Scheduler::Unmet> Scheduler::unmet() const {
  constexpr std::size_t enough = 1000;
  std::vector<Unmet> result;
  for (const Lane& lane : lanes_) {
    if (!lane.demands || !lane.workers.empty()) continue;
    for (const auto& entry : lane.queue.entries()) {
      if (result.size() == enough) return result;
      if (in_queue(entry)) result.push_back({graph_[entry.task].id, lane.demands});
    }
  }
  for (const auto& [task, to] : scattering_) {
    if (result.size() == enough) return result;
    const auto known = scattered_.find(task);
    if (to != none || known == scattered_.end() || known->second.workers.empty()) continue;
    const auto is_meant = [&](Index one) { return fleet_[one].live && Fleet::named(fleet_[one], known->second.workers); };
    if (std::ranges::any_of(std::views::iota(Index{0}, fleet_.places()), is_meant)) continue;  // it is about to leave
    TaskOptions asked;
    asked.workers = known->second.workers;
    result.push_back({graph_[task].id, std::make_shared<const TaskOptions>(std::move(asked)), true});
  }
  return result;
}

std::size_t Scheduler::bytes() const {
  std::size_t total = graph_.bytes() + fleet_.bytes();
  for (const Lane& lane : lanes_) total += lane.queue.bytes();
  return total;
}

}  // namespace dflow::core
