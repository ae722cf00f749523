// What a worker tells the scheduler, and when.
#include <algorithm>

#include "runtime/cluster/worker_process.h"

namespace dflow::cluster {

namespace {

/// The end of a body that ran no longer waits a little for others, if there is more to do here.
constexpr auto kShort = net::kLinger;

/// Nobody is kept from much while this waits for others of its kind.
bool may_wait(const core::Report& report) {
  const auto* finished = std::get_if<core::TaskFinished>(&report);
  return finished ? finished->run_time <= kShort : std::holds_alternative<core::ValueAdded>(report);
}

}  // namespace

void WorkerProcess::carry_out(const core::Tell& action) {
  const auto* failed = std::get_if<core::TaskFailed>(&action.report);
  if (cut_ && failed) untold_.push_back(*failed);
  const auto* stopped = std::get_if<core::TaskStopped>(&action.report);
  for (core::TaskFailed& one : untold_) {  // who is told of it later is not told that it runs on
    if (stopped && one.id == stopped->id && one.attempt == stopped->attempt) one.runs_on = false;
  }
  const auto* started = std::get_if<core::TaskStarted>(&action.report);
  if (started && note_start(*started)) return;
  urgent_ = urgent_ || !may_wait(action.report);
  std::visit([&](const auto& report) { reports_.push_back(core::encode_as<FromWorker>(report)); }, action.report);
}

/// True if it is on the board: who is to blame for this process's end is known by that, and most bodies end before anybody
/// could ask for them.
bool WorkerProcess::note_start(const core::TaskStarted& report) {
  const RunningBody body{report.id, report.attempt};
  if (!board_ || !board_->add(body)) return false;
  untold_starts_.push_back(body);
  return true;
}

/// Of bodies that have been running for a while. The lock is held.
void WorkerProcess::tell_starts() {
  for (const RunningBody& body : std::exchange(untold_starts_, {})) {
    reports_.push_back(core::encode_as<FromWorker>(core::TaskStarted{id_, body.id, body.attempt}));
  }
}

/// While more bodies run here, the ends of short ones go out many at a time. But when half of what has come is done, the scheduler
/// hears of it: what it sends then comes before the rest is done, too.
void WorkerProcess::send_reports() {
  const bool half_done = half_done_.reached(brain_->tasks());
  if (urgent_ || half_done || brain_->running() == 0) scheduler_->send(std::exchange(reports_, {}));
  else scheduler_->send_later(std::exchange(reports_, {}));
  urgent_ = false;
}

void WorkerProcess::forget_body(std::map<Name, Body>::iterator body) {
  const RunningBody ended{body->first.first, body->first.second};
  if (board_) board_->remove(ended);
  std::erase(untold_starts_, ended);
  bodies_.erase(body);
}

}  // namespace dflow::cluster
