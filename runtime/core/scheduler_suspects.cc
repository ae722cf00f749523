// A worker's death, and the task that it is laid to.
#include <algorithm>
#include <csignal>
#include <utility>

#include "runtime/core/scheduler.h"

namespace dflow::core {

namespace {

/// It was killed while it had a bound: those who watch workers kill them for their memory, and say no more.
bool may_have_had_too_much(const Member& gone, const WorkerLost& lost) {
  const bool killed = lost.end.kind == WorkerEnd::Kind::signalled && lost.end.code == SIGKILL;
  return killed && !gone.closing && gone.limit > 0;
}

FailureRef lost_with(const Member& gone, const WorkerEnd& end, const Task& task, std::string message) {
  Failure failure{.kind = Failure::Kind::worker_lost, .origin = task.id, .worker = gone.self.name};
  failure.message = std::move(message);
  failure.end = end;
  return std::make_shared<Failure>(std::move(failure));
}

constexpr std::uint64_t a_crowd = 100;  ///< Values. Where fewer fill the memory, it is not their number that does.

}  // namespace

/// What is assigned to a worker, and what follows that: if it has begun, news of the end of what it waited for was on its way.
std::vector<Index> Scheduler::all_at(const Member& member) const {
  std::vector<Index> tasks;
  for (Index task = member.first_task; task != none; task = graph_[task].next) tasks.push_back(task);
  std::set<Index> followers;
  for (std::size_t i = 0; member.following > 0 && i < tasks.size(); ++i) {
    graph_.for_readers(tasks[i], [&](Index reader) {
      if (graph_[reader].follows && followers.insert(reader).second) tasks.push_back(reader);
    });
  }
  return tasks;
}

/// A worker has died: what ran there is suspected; if nothing did, what had begun and waited for other tasks is, a little.
/// What had not begun is not. Where starts are not reported, that cannot be told apart, and all of it is, a little.
void Scheduler::suspect(const Member& gone, const WorkerLost& lost, std::vector<Suspect>& suspects) const {
  if (gone.closing || lost.end.kind == WorkerEnd::Kind::left) return;
  const auto degree = [&](const Task& t) {
    if (lost.running) return std::count(lost.running->begin(), lost.running->end(), t.id) > 0 ? 3 : 0;
    return !t.started ? (settings_.report_starts ? 0 : 1) : t.suspended ? 2 : 3;
  };
  int most = 0;
  const std::vector<Index> there = all_at(gone);
  for (const Index task : there) most = std::max(most, degree(graph_[task]));
  for (const Index task : there) {
    const int its = degree(graph_[task]);
    const bool sure = most == 3 || !settings_.report_starts;
    if (graph_[task].follows && its < 2) continue;  // it has not begun, as far as is known
    if (its == 0 && !lost.running) suspects.push_back({task, 0});
    else if (most > 0 && its == most) suspects.push_back({task, sure ? Task::kSuspicion : std::uint16_t{1}});
  }
  if (most == 3) suspect_submitters(gone, suspects);
}

/// What was submitted from the worker that it has killed is gone with its client: who waited there for it will submit it again, and is
/// one with it.
void Scheduler::suspect_submitters(const Member& gone, std::vector<Suspect>& suspects) const {
  const auto from_there = [&](const Suspect& each) {
    const auto client = clients_.find(client_of(graph_[each.task].id));
    return client != clients_.end() && client->second.inside == gone.self.worker;
  };
  const auto sure = [](const Suspect& each) { return each.suspicion > 0; };
  if (!std::ranges::all_of(suspects, [&](const Suspect& each) { return !sure(each) || from_there(each); })) return;
  std::vector<Index> waiting;
  for (Index task = gone.first_task; task != none; task = graph_[task].next) {
    if (!graph_[task].suspended) continue;  // of many, most
    const bool known = std::ranges::any_of(suspects, [&](const Suspect& each) { return each.task == task; });
    if (!known) waiting.push_back(task);
  }
  for (const Index task : waiting) suspects.push_back({task, waiting.size() == 1 ? Task::kSuspicion : std::uint16_t{1}, false, true});
}

/// A worker was killed, and may have been for its memory: the task whose result is the larger part of what it may have, and is not on
/// its disk, as far as is known. Made again and again elsewhere, it would end worker after worker, though nothing runs there.
Index Scheduler::too_large(const Member& gone, const WorkerLost& lost) const {
  if (!may_have_had_too_much(gone, lost)) return none;
  Index largest = none;
  for (Index c = gone.first_copy; c != none; c = graph_.copy(c).next_of_worker) {
    const Index task = graph_.copy(c).task;
    if (graph_[task].irreplaceable()) continue;
    if (largest == none || graph_[task].bytes > graph_[largest].bytes) largest = task;
  }
  if (largest == none) return none;
  const std::uint64_t bytes = graph_[largest].bytes;
  return bytes > gone.limit / 2 && bytes > gone.spilled ? largest : none;
}

/// A worker was killed, and may have been for its memory: the larger part of what it may have was taken by so many values that the
/// disk could not help. Made again elsewhere, they would fill worker after worker. Empty: it was not so.
std::string Scheduler::crowd_of(const Member& gone, const WorkerLost& lost) const {
  if (!may_have_had_too_much(gone, lost)) return {};
  std::uint64_t count = 0, small = 0, records = 0;
  for (Index c = gone.first_copy; c != none; c = graph_.copy(c).next_of_worker, ++count) {
    const std::uint64_t bytes = graph_[graph_.copy(c).task].bytes;
    const bool stays = bytes < settings_.smallest_spilled;
    if (stays) small += bytes;
    // One in memory has a node as well.
    records += stays ? settings_.value_record * 3 / 2 : settings_.value_record;
  }
  if (count < a_crowd || small + records <= gone.limit / 2) return {};
  return std::to_string(count) + " results in a memory of " + std::to_string(gone.limit) + " bytes, " + std::to_string(small) +
         " bytes of them too small to be written to a disk, which is more than it can keep track of: make fewer and larger ones, or "
         "give workers more memory";
}

/// A value was lost with others in a crowd. It may be made again elsewhere, not for ever.
void Scheduler::crowd_out(Index task, const Member& gone, const WorkerEnd& end, const std::string& crowd) {
  Task& t = graph_[task];
  if (!t.active() || ++t.crowded < allowed_deaths(t) || t.on_failure == OnFailure::ignore) return;
  const std::string why = std::to_string(t.crowded) + " workers died that had its result and many others; the last had " + crowd;
  WorkerEnd told = end;
  told.last_words += (end.last_words.empty() ? "" : "\n") + why;  // which is what users are shown
  fail(task, lost_with(gone, told, t, why));
}

/// Whether it has run is not known, so it cannot run again.
void Scheduler::fail_once(Index task, const std::string& worker, const WorkerEnd& end) {
  Failure failure{.kind = Failure::Kind::may_have_run, .origin = graph_[task].id, .worker = worker};
  failure.end = end;
  fail(task, std::make_shared<Failure>(std::move(failure)));
}

std::uint8_t Scheduler::allowed_deaths(const Task& t) const {
  return t.options && t.options->allowed_deaths ? *t.options->allowed_deaths : settings_.allowed_failures;
}

bool Scheduler::deadly(const Task& t) const {
  return t.losses >= settings_.allowed_losses || (t.deaths() > 0 && t.deaths() >= allowed_deaths(t));
}

void Scheduler::blame(const Suspect& suspect, const Member& member, const WorkerEnd& end) {
  Task& t = graph_[suspect.task];
  if (t.default_value) return;
  if (suspect.suspicion == 0) ++t.losses;
  else if (t.deaths() < 255) t.suspicion += suspect.suspicion;
  if (!deadly(t) || t.on_failure == OnFailure::ignore) return note_tried(t);
  fail(suspect.task, lost_with(member, end, t, why_lost(suspect, member)));
}

std::string Scheduler::why_lost(const Suspect& suspect, const Member& member) const {
  const Task& t = graph_[suspect.task];
  if (suspect.suspicion == 0) return std::to_string(t.losses) + " workers died before they had begun it";
  const std::string died = std::to_string(t.deaths()) + " workers died while they ";
  if (suspect.submitter) return died + "ran it, or a task that it had submitted and waited for";
  if (!suspect.ended) return died + "ran it";
  return died + "ran it, or had its result of " + std::to_string(t.bytes) + " bytes, which could not be written to a disk, in a memory of " +
         std::to_string(member.limit) + " bytes: make it smaller, or give workers more memory";
}

}  // namespace dflow::core
