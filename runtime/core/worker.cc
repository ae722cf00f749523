// A worker's tasks: from received to ended.
#include "runtime/core/worker.h"

#include <algorithm>
#include <array>
#include <utility>

namespace dflow::core {
namespace {

constexpr std::array event_names = {
    "Tick",        "RunTask",        "CancelTask",    "RevokeTask",  "FreeValue",     "FetchValue",
    "CloseWorker", "FetchSucceeded", "FetchBroken",   "ValuePushed", "ValueSpoilt",   "BodyReturned",
    "BodyThrew",   "BodyBlocked",    "BodyUnblocked", "SpillEnded",  "BodyUnstarted", "MemoryMeasured",
    "BodyTimedOut"};
static_assert(event_names.size() == std::variant_size_v<WorkerEvent>);

}  // namespace

Worker::Worker(WorkerId self, WorkerLimits limits, Settings settings)
    : self_(self),
      limits_(limits),
      threads_(std::max<std::uint16_t>(limits.threads, 1)),
      settings_(settings) {}

std::vector<WorkerAction> Worker::apply(WorkerEvent event) {
  ++event_number_;
  event_name_ = event_names[event.index()];
  actions_.clear();
  std::visit([this](auto& one) { on(one); }, event);
  spill();
  note_pressure();
  admit_fetches();
  start_bodies();
  if (paused_ != told_paused_) beat();
  return std::exchange(actions_, {});
}

void Worker::move(Work& work, WorkState to) {
  const TaskId id = work.order.id;
  if (!legal(work.state, to)) {
    throw BrokenRule(Story<WorkState>::name(id) + " must not go from " + std::string(name_of(work.state)) +
                     " to " + std::string(name_of(to)) + " in event " + std::to_string(event_number_) + " (" +
                     event_name_ + ") of a worker; its last transitions:" + story_.of(id));
  }
  story_.add(id, work.state, to, event_name_, event_number_);
  work.state = to;
}

void Worker::on(RunTask& event) {
  const Name name{event.id, event.attempt};
  const auto [found, fresh] = tasks_.try_emplace(name);
  if (!fresh) return;
  Work& work = found->second;
  work.order = std::move(event);
  const RunTask& order = work.order;
  move(work, WorkState::fetching);
  std::vector<std::pair<NamedValue*, const Input*>> missing;
  work.inputs.reserve(order.inputs.size());
  const std::vector<NamedValue*>* known = values_of_neighbour(order);
  for (std::size_t i = 0; i < order.inputs.size(); ++i) {
    const Input& input = order.inputs[i];
    NamedValue& value = known ? *(*known)[i] : *values_.try_emplace({input.id, input.version}).first;
    if (!value.second.readers.insert(name)) continue;
    work.inputs.push_back(&value);
    if (value.second.stored()) continue;
    ++work.missing;
    if (!tasks_.contains(value.first)) missing.emplace_back(&value, &input);  // else it is made here
  }
  if (work.missing == 0) return make_ready(work);
  for (const auto& [value, input] : missing) {
    want(*value, *input);
    if (!tasks_.contains(name)) return;  // it had to be given back at once
  }
}

/// One for each input of this task, if the task with many inputs that came before has just the same and is still here; else null.
const std::vector<Worker::NamedValue*>* Worker::values_of_neighbour(const RunTask& order) {
  if (!order.inputs.shared()) return nullptr;
  const auto found = tasks_.find(std::exchange(neighbour_, Name{order.id, order.attempt}));
  if (found == tasks_.end() || !found->second.order.inputs.is(order.inputs)) return nullptr;
  return found->second.inputs.size() == order.inputs.size() ? &found->second.inputs : nullptr;
}

void Worker::make_ready(Work& work) {
  move(work, WorkState::ready);
  ready_.insert({work.order.rank, {work.order.id, work.order.attempt}});
}

void Worker::start_bodies() {
  while (running_ < threads_ && !resuming_.empty() && !alone_) {
    const Name name = resuming_.begin()->name;
    resuming_.erase(resuming_.begin());
    move(tasks_.at(name), WorkState::running);
    ++running_;
    report(TaskResumed{self_, name.id, name.version});
    emit(ResumeBody{name.id, name.version});
  }
  while (running_ < threads_ && !ready_.empty()) {
    const Name name = ready_.begin()->name;
    Work& work = tasks_.at(name);
    if (alone_ || (running_ > 0 && work.order.alone) || held_back(work)) break;
    ready_.erase(ready_.begin());
    start(work);
  }
}

void Worker::start(Work& work) {
  const RunTask& order = work.order;
  move(work, WorkState::running);
  ++running_;
  disk_tried_ = false;
  if (order.alone) alone_ = Name{order.id, order.attempt};
  if (order.options && order.options->timeout && !order.default_value) {
    const Duration limit = *order.options->timeout;  // somebody else's word
    work.deadline = limit < Time::max() - now_ ? now_ + limit : Time::max();
    deadlines_.insert({*work.deadline, {order.id, order.attempt}});
  }
  StartBody body{.id = order.id,
                 .attempt = order.attempt,
                 .payload = order.payload,
                 .options = order.options,
                 .inputs = order.inputs};
  for (NamedValue* input : work.inputs) use(*input);
  body.wanted = order.wanted;
  body.keep_inputs = order.keep_inputs;
  body.on_failure = order.on_failure;
  body.default_value = order.default_value;
  if (settings_.report_starts) report(TaskStarted{self_, order.id, order.attempt});
  emit(std::move(body));
}

// Here and not in the header: inlined at -O3, g++ 12 warns of the variant's other alternatives.
void Worker::report(Report what) { emit(Tell{std::move(what)}); }

void Worker::forget(const Name& name) {
  const auto found = tasks_.find(name);
  Work& work = found->second;
  if (work.state == WorkState::ready) ready_.erase({work.order.rank, name});
  if (work.state == WorkState::running) --running_;
  if (alone_ == name) alone_.reset();
  if (work.deadline) deadlines_.erase({*work.deadline, name});
  move(work, WorkState::gone);
  const std::vector<NamedValue*> inputs = std::move(work.inputs);
  tasks_.erase(found);
  for (NamedValue* input : inputs) release(name, *input);
}

/// It has made no value: who waits for that here goes back.
void Worker::forget_valueless(const Name& name) {
  forget(name);
  const auto value = values_.find(name);
  if (value != values_.end() && !value->second.stored() && !value->second.asking && !value->second.again_at)
    give_up(name, value->second);
}

void Worker::on(const CancelTask& event) {
  const Name name{event.id, event.attempt};
  const auto found = tasks_.find(name);
  if (found == tasks_.end()) return report(TaskStopped{self_, event.id, event.attempt});
  Work& work = found->second;
  if (work.state == WorkState::fetching || work.state == WorkState::ready) {
    forget_valueless(name);
    return report(TaskStopped{self_, event.id, event.attempt});
  }
  if (std::exchange(work.cancelled, true)) return;
  emit(StopBody{event.id, event.attempt});
}

void Worker::on(const RevokeTask& event) {
  const Name name{event.id, event.attempt};
  const auto found = tasks_.find(name);
  const bool give_up = found != tasks_.end() && (found->second.state == WorkState::fetching ||
                                                 found->second.state == WorkState::ready);
  report(TaskRevoked{self_, event.id, event.attempt, give_up});
  if (give_up) forget_valueless(name);
}

void Worker::on(const CloseWorker&) {
  emit(Leave{});
}

void Worker::on(const BodyReturned& event) {
  const Name name{event.id, event.attempt};
  const auto found = tasks_.find(name);
  const bool runs = found != tasks_.end() && found->second.state == WorkState::running;
  if (!runs) return drop_untold(name);
  const bool welcome = !found->second.cancelled && !found->second.timed_out;
  const bool too_large = limits_.strict && bounded() && event.bytes > limits_.memory;
  if (!welcome || too_large) {
    drop_untold(name);
    forget_valueless(name);
    if (!welcome) return report(TaskStopped{self_, event.id, event.attempt});
    Failure failure{.kind = Failure::Kind::invalid, .origin = event.id};
    failure.message = "its result has " + std::to_string(event.bytes) +
                      " bytes, more than the memory limit of " + std::to_string(limits_.memory) + " bytes";
    return report(
        TaskFailed{self_, event.id, event.attempt, std::make_shared<Failure>(std::move(failure)), false});
  }
  forget(name);
  store(name, event.bytes);
  report(TaskFinished{self_, event.id, event.attempt, event.bytes, event.run_time, event.value});
}

void Worker::on(const BodyThrew& event) {
  const Name name{event.id, event.attempt};
  const auto found = tasks_.find(name);
  if (found == tasks_.end() || found->second.state != WorkState::running) return;
  const bool welcome = !found->second.cancelled && !found->second.timed_out;
  forget_valueless(name);
  if (!welcome) return report(TaskStopped{self_, event.id, event.attempt});
  report(TaskFailed{self_, event.id, event.attempt, event.failure, event.retry});
}

void Worker::on(const BodyUnstarted& event) {
  const Name name{event.id, event.attempt};
  const auto found = tasks_.find(name);
  if (found == tasks_.end() || found->second.state != WorkState::running) return;
  const bool welcome = !found->second.cancelled && !found->second.timed_out;
  forget_valueless(name);
  if (!welcome) return report(TaskStopped{self_, event.id, event.attempt});
  report(TaskReturned{self_, event.id, event.attempt, {{event.input, event.version, self_, true, {}}}});
}

/// Its end is told when it comes: until then it has its thread.
void Worker::on(const BodyTimedOut& event) {
  const Name name{event.id, event.attempt};
  const auto found = tasks_.find(name);
  if (found == tasks_.end()) return;
  Work& work = found->second;
  const bool begun = work.state != WorkState::fetching && work.state != WorkState::ready;
  if (!begun || work.timed_out) return;
  if (work.deadline) deadlines_.erase({*work.deadline, name});
  time_out(name, work, event.failure);
}

void Worker::time_out(const Name& name, Work& work, FailureRef failure) {
  work.deadline.reset();
  work.timed_out = true;
  if (!work.cancelled) report(TaskFailed{self_, name.id, name.version, std::move(failure), false, true});
}

void Worker::on(const BodyBlocked& event) {
  const auto found = tasks_.find({event.id, event.attempt});
  if (found == tasks_.end() || found->second.state != WorkState::running) return;
  move(found->second, WorkState::blocked);
  --running_;
  if (alone_ == found->first) alone_.reset();
  report(TaskSuspended{self_, event.id, event.attempt});
}

void Worker::on(const BodyUnblocked& event) {
  const auto found = tasks_.find({event.id, event.attempt});
  if (found == tasks_.end() || found->second.state != WorkState::blocked) return;
  move(found->second, WorkState::resuming);
  resuming_.insert({found->second.order.rank, found->first});
}

void Worker::on(const Tick& event) {
  now_ = std::max(now_, event.now);
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_) {
    const Name name = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    emit(StopBody{name.id, name.version});
    Failure failure{.kind = Failure::Kind::timeout, .origin = name.id};
    Work& work = tasks_.at(name);
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(*work.order.options->timeout);
    failure.message = "ran longer than its limit of " + std::to_string(limit.count()) + " ms";
    time_out(name, work, std::make_shared<Failure>(std::move(failure)));
  }
  while (!retries_.empty() && retries_.begin()->first <= now_) {
    const Name name = retries_.begin()->second;
    retries_.erase(retries_.begin());
    Value& value = values_.at(name);
    value.again_at.reset();
    ask(name, value);
  }
  try_disk();
  if (!beaten_ || now_ - beat_ >= settings_.heartbeat) beat();
}

}  // namespace dflow::core
