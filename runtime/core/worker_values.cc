// A worker's values: asked for, stored, spilled, dropped.
#include <algorithm>
#include <utility>

#include "runtime/core/worker.h"

namespace dflow::core {
namespace {

constexpr int max_rounds = 3;
constexpr Duration first_pause = std::chrono::milliseconds(50);

}  // namespace

void Worker::want(NamedValue& named, const Input& input) {
  auto& [name, value] = named;
  if (value.stored()) return;
  value.bytes = input.bytes;
  for (const WorkerId holder : input.holders) {
    if (std::find(value.holders.begin(), value.holders.end(), holder) == value.holders.end()) {
      value.holders.push_back(holder);
    }
  }
  if (!value.asking && !value.again_at) ask(name, value);
}

void Worker::ask(const Name& name, Value& value) {
  if (limits_.strict && bounded() && value.bytes > limits_.memory) return refuse_large(name, value);
  while (value.next_holder < value.holders.size()) {
    const WorkerId holder = value.holders[value.next_holder++];
    if (holder != self_) {
      value.asking = holder;
      value.queued = bounded();
      if (value.queued) return to_fetch_.push_back(name);
      return start_fetch(name, value);
    }
    value.refused.push_back({name.id, name.version, self_, true, {}});
  }
  const bool hope =
      std::any_of(value.refused.begin(), value.refused.end(), [](const auto& one) { return !one.gone; });
  if (!hope || ++value.rounds >= max_rounds) return give_up(name, value);
  value.next_holder = 0;
  value.refused.clear();
  value.again_at = now_ + first_pause * (1 << value.rounds);
  retries_.insert({*value.again_at, name});
}

/// The value may be gone afterwards, with its name in the table.
void Worker::give_up(Name name, Value& value) {
  const std::vector<MissingInput> refused = std::move(value.refused);
  const auto readers = value.readers;
  if (std::exchange(value.for_scheduler, false)) {
    const MissingInput last = refused.empty() ? MissingInput{name.id, name.version} : refused.back();
    report(FetchFailed{self_, last});
  }
  value.holders.clear();
  value.next_holder = 0;
  value.rounds = 0;
  value.refused.clear();
  const auto untaken = std::find_if(refused.begin(), refused.end(), [](const auto& one) { return !one.reason.empty(); });
  for (const Name& reader : readers) {
    const auto work = tasks_.find(reader);  // it may have gone back with another reader, whose value it needs, too
    if (work == tasks_.end() || work->second.state != WorkState::fetching) continue;
    forget_valueless(reader);
    if (untaken == refused.end()) {
      report(TaskReturned{self_, reader.id, reader.version, refused});
      continue;
    }
    Failure failure{.kind = Failure::Kind::invalid, .origin = reader.id};
    failure.message = "an input could not be brought to it: " + untaken->reason;
    report(TaskFailed{self_, reader.id, reader.version, std::make_shared<Failure>(std::move(failure)), false});
  }
  erase_if_idle(name);
}

void Worker::on(const FetchValue& event) {
  NamedValue& named = *values_.try_emplace({event.value.id, event.value.version}).first;
  auto& [name, value] = named;
  if (value.stored()) {
    value.doomed = false;
    return report(ValueAdded{self_, name.id, name.version, value.bytes});
  }
  value.for_scheduler = true;
  want(named, event.value);
}

void Worker::on(const FetchSucceeded& event) {
  const Name name{event.id, event.version};
  const bool asked = fetch_ended(name, event.from);
  const auto found = values_.find(name);
  if (found == values_.end()) return drop_untold(name);  // it was pushed meanwhile, and freed
  if (!asked || found->second.stored()) return;
  store(name, event.bytes);
  report(ValueAdded{self_, event.id, event.version, event.bytes});
}

void Worker::on(const FetchBroken& event) {
  const Name name{event.id, event.version};
  fetch_ended(name, event.from);
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.stored() || found->second.asking != event.from) return;
  Value& value = found->second;
  value.asking.reset();
  value.queued = false;
  value.refused.push_back({event.id, event.version, event.from, event.gone, event.reason});
  if (value.readers.empty() && !value.for_scheduler) return erase_if_idle(name);
  ask(name, value);
}

void Worker::on(const ValuePushed& event) {
  const Name name{event.id, event.version};
  const auto found = values_.find(name);
  if (found != values_.end() && found->second.stored()) {
    // It was sent again, since another one did not find it here once. Who has it sent waits to hear of it.
    found->second.doomed = false;
    return report(ValueAdded{self_, event.id, event.version, found->second.bytes});
  }
  store(name, event.bytes);
  report(ValueAdded{self_, event.id, event.version, event.bytes});
}

void Worker::store(const Name& name, std::uint64_t bytes) {
  Value& value = values_[name];
  const bool again = value.stored();  // as a copy that came meanwhile: nobody waits for it any more
  if (again) unstore(name);
  if (value.again_at) retries_.erase({*std::exchange(value.again_at, std::nullopt), name});
  value.asking.reset();
  value.refused.clear();
  value.for_scheduler = value.doomed = value.queued = value.unwritable = false;
  value.holders = {};
  value.next_holder = 0;
  value.rounds = 0;
  value.bytes = bytes;
  value.used = event_number_;
  turn(name, value, ValueState::here);
  if (again) return;
  for (const Name& reader : value.readers) {
    Work& work = tasks_.at(reader);
    if (work.state == WorkState::fetching && --work.missing == 0) make_ready(work);
  }
}

void Worker::use(NamedValue& named) {
  auto& [name, value] = named;
  if (value.state == ValueState::here) unspilled_.erase({value.used, name});
  value.used = event_number_;
  if (value.state != ValueState::here)
    turn(name, value, ValueState::here);
  else if (may_spill(value))
    unspilled_.insert({value.used, name});
}

void Worker::unstore(const Name& name) {
  Value& value = values_.at(name);
  turn(name, value, ValueState::absent);
  value.doomed = false;
}

/// The driver has put a value into its store that is not kept, unless a copy of it counts as stored already.
void Worker::drop_untold(const Name& name) {
  if (!stored(name.id, name.version)) emit(DropValue{name.id, name.version});
}

/// Bodies that read it already may have all of it; the others' tasks go back.
void Worker::on(const ValueSpoilt& event) {
  const Name name{event.id, event.version};
  const auto found = values_.find(name);
  if (found == values_.end() || !found->second.stored()) return;
  unstore(name);
  emit(DropValue{event.id, event.version});
  report(ValueRemoved{self_, event.id, event.version});
  for (const Name& reader : found->second.readers) {
    Work& work = tasks_.at(reader);
    if (work.state == WorkState::ready) {
      ready_.erase({work.order.rank, reader});
      move(work, WorkState::fetching);
    }
    if (work.state == WorkState::fetching) ++work.missing;
  }
  found->second.refused.push_back({event.id, event.version, self_, true, {}});
  give_up(name, found->second);
}

void Worker::on(const FreeValue& event) {
  if (values_.empty()) return;
  const std::size_t bucket = values_.bucket({event.id, event.version});
  std::vector<NamedValue*> versions;
  for (auto it = values_.begin(bucket); it != values_.end(bucket); ++it) {
    const bool meant = it->first.id == event.id && it->first.version <= event.version;
    if (meant && it->second.stored()) versions.push_back(&*it);
  }
  std::ranges::sort(versions, {}, [](const NamedValue* one) { return one->first.version; });
  for (NamedValue* version : versions) {
    version->second.doomed = true;
    drop_if_unwanted(*version);
  }
}

void Worker::release(const Name& reader, NamedValue& named) {
  named.second.readers.erase(reader);
  if (!drop_if_unwanted(named)) erase_if_idle(named);
}

bool Worker::drop_if_unwanted(NamedValue& named) {
  const auto& [name, value] = named;
  if (!value.doomed || !value.readers.empty()) return false;
  unstore(name);
  emit(DropValue{name.id, name.version});
  values_.erase(values_.find(name));
  return true;
}

void Worker::erase_if_idle(const Name& name) {
  const auto found = values_.find(name);
  if (found != values_.end()) erase_if_idle(*found);
}

void Worker::erase_if_idle(NamedValue& named) {
  const auto& [name, value] = named;
  if (value.stored() || value.asking || value.for_scheduler || !value.readers.empty()) return;
  if (value.again_at) retries_.erase({*value.again_at, name});
  values_.erase(values_.find(name));
}

/// Without what nobody wants any more.
void Worker::report_all(WorkerReturned& report) const {
  for (const auto& [name, value] : values_) {
    if (value.stored() && !value.doomed) report.values.push_back({name.id, name.version, value.bytes});
  }
  for (const auto& [name, work] : tasks_) {
    const bool suspended = work.state == WorkState::blocked || work.state == WorkState::resuming;
    HeldTask held{.id = name.id, .attempt = name.version, .suspended = suspended};
    held.started = suspended || work.state == WorkState::running;
    held.stopping = work.cancelled || work.timed_out;
    if (work.order.options) held.resources = work.order.options->resources;
    report.tasks.push_back(std::move(held));
  }
  std::ranges::sort(report.values, {}, [](const HeldValue& one) { return std::pair(one.id, one.version); });
  std::ranges::sort(report.tasks, {}, [](const HeldTask& one) { return std::pair(one.id, one.attempt); });
}

bool Worker::stored(TaskId id, Attempt version) const {
  const auto found = values_.find({id, version});
  return found != values_.end() && found->second.stored();
}

void Worker::check_invariants() const {
  const auto require = [](bool holds, const char* rule) {
    if (!holds) throw BrokenRule(std::string("broken in a worker: ") + rule);
  };
  std::uint32_t running = 0;
  std::size_t ready = 0, resuming = 0;
  for (const auto& [name, work] : tasks_) {
    std::set<Name> missing;
    std::set<const NamedValue*> inputs;
    for (const Input& input : work.order.inputs) {
      const auto found = values_.find({input.id, input.version});
      require(found != values_.end() && found->second.readers.contains(name), "an input knows its readers");
      if (!found->second.stored()) missing.insert(found->first);
      inputs.insert(&*found);
    }
    require(inputs == std::set<const NamedValue*>(work.inputs.begin(), work.inputs.end()) &&
                inputs.size() == work.inputs.size(),
            "a task knows its inputs' values, each once");
    running += work.state == WorkState::running;
    ready += work.state == WorkState::ready;
    resuming += work.state == WorkState::resuming;
    if (work.state == WorkState::fetching) {
      require(!missing.empty() && missing.size() == work.missing, "a task fetches iff an input is missing");
    }
    if (work.state == WorkState::ready) require(missing.empty(), "a ready task has its inputs");
  }
  require(running == running_ && running_ <= threads_, "no more bodies run than there are threads");
  require(ready == ready_.size() && resuming == resuming_.size(), "the queues hold who waits");
  require(!alone_ || tasks_.at(*alone_).state == WorkState::running, "what runs alone runs");
  require(resuming_.empty() || running_ == threads_ || alone_,
          "nobody waits to go on while a thread is free");
  const auto waits = [&](const Work& best) {
    return alone_ || (running_ > 0 && best.order.alone) || held_back(best);
  };
  require(ready_.empty() || running_ == threads_ || waits(tasks_.at(ready_.begin()->name)),
          "nobody is ready while a thread is free");
  std::uint64_t memory = 0, spilling = 0, spilled = 0, coming = 0;
  std::size_t unspilled = 0;
  for (const auto& [name, value] : values_) {
    if (value.state == ValueState::spilling) spilling += value.bytes;
    (value.state == ValueState::spilled ? spilled : memory) += value.stored() ? value.bytes : 0;
    const bool listed = value.state == ValueState::here && may_spill(value);
    require(!listed || unspilled_.contains({value.used, name}), "what may be spilled is listed");
    unspilled += listed;
    if (value.stored()) continue;
    require(value.asking || value.again_at || read_now(value) || tasks_.contains(name),
            "a value that is not here is being asked for, or made");
    require(!value.again_at || retries_.contains({*value.again_at, name}), "a pause ends");
  }
  for (const auto& [fetch, bytes] : coming_) coming += bytes;
  require(memory == memory_ && spilling == spilling_ && spilled == spilled_, "what values take is counted");
  require(unspilled == unspilled_.size(), "only what may be spilled is listed");
  require(coming == coming_bytes_, "what comes is counted");
  require(to_fetch_.empty() || !coming_.empty(), "no value waits for others to come when none does");
}

}  // namespace dflow::core
