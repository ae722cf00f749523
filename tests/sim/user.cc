#include "tests/sim/user.h"

#include <algorithm>
#include <functional>

namespace dflow::sim {

using State = ClientNode::Future::State;

User::User(Cluster& cluster, UserOptions options)
    : cluster_(cluster), options_(options), client_(cluster.connect()) {
  cluster_.world.after(Duration{}, [this] { submit_some(); });
}

void User::submit_some() {
  if (client_->dead) return;
  Random& random = cluster_.world.random;
  if (options_.scattering && random.chance(0.3)) scatter_one();
  std::vector<core::TaskSpec> batch;
  for (std::uint64_t n = random.between(1, 1 + options_.tasks / 3); n > 0 && known_.size() < options_.tasks;
       --n) {
    batch.push_back(make_task());
  }
  const auto unwanted = [&](TaskId id) {
    return std::ranges::any_of(batch, [&](const core::TaskSpec& spec) { return spec.id == id && !spec.wanted; });
  };
  std::erase_if(usable_, unwanted);
  client_->submit(std::move(batch));
  act_at_random();
  const Duration pause = random.between(Duration{}, Duration{milliseconds(50)});
  if (known_.size() < options_.tasks) return cluster_.world.after(pause, [this] { submit_some(); });
  finish_if_done();
}

core::TaskSpec User::make_task() {
  Random& random = cluster_.world.random;
  core::TaskSpec spec{.id = client_->next_id(), .function = core::FunctionId{random.between(0, 1)}};
  Known known;
  known.body.salt = random.next();
  known.body.micros = static_cast<std::uint32_t>(
      random.between(1, random.chance(0.1) ? options_.max_micros : 1 + options_.max_micros / 20));
  known.body.bytes = static_cast<std::uint32_t>(random.between(0, options_.max_bytes));
  if (!usable_.empty() && random.chance(0.8)) {
    const bool many = random.chance(0.05);
    for (std::uint64_t n = many ? random.between(8, 12) : random.between(1, 4); n > 0; --n) {
      const std::size_t near = random.chance(0.7) ? std::min<std::size_t>(usable_.size(), 8) : usable_.size();
      known.inputs.push_back(usable_[usable_.size() - 1 - random.between(0, near - 1)]);
    }
    if (many) shared_ = known.inputs;
  }
  const auto usable = [this](TaskId id) { return std::ranges::find(usable_, id) != usable_.end(); };
  if (shared_.shared() && random.chance(0.1) && std::ranges::all_of(shared_, usable)) known.inputs = shared_.items();
  if (options_.throwing && random.chance(0.15)) {
    spec.retries = static_cast<std::uint16_t>(random.between(0, 3));
    known.body.throws = random.chance(0.3) ? 255 : static_cast<std::uint8_t>(random.between(0, spec.retries));
  }
  if (options_.killers && random.chance(0.03)) known.body.kills = random.chance(0.3) ? 255 : 1;
  if (options_.nesting && random.chance(0.15)) {
    known.body.children = static_cast<std::uint8_t>(random.between(1, 3));
    known.body.depth = static_cast<std::uint8_t>(random.between(0, 2));
  }
  if (options_.ignoring && random.chance(0.2)) {
    known.ignore = true;
    spec.on_failure = core::OnFailure::ignore;
    spec.retries = 0;
    if (known.body.throws != 255) known.body.throws = 0;
  }
  if (options_.once && random.chance(0.15)) {
    spec.once = known.once = true;
    spec.retries = 0;
    if (known.body.throws != 255) known.body.throws = 0;
    cluster_.once.insert(spec.id);
  }
  core::TaskOptions options;
  if (options_.constrained && random.chance(0.2)) {
    if (random.chance(0.5))
      options.resources = {{"tape", 1}};
    else
      options.workers = {"w0", "h1"};
    options.other_workers = random.chance(0.3);
  }
  if (options_.timing && random.chance(0.1)) {
    known.timed = true;
    options.timeout = random.between(Duration{milliseconds(1)}, Duration{milliseconds(20)});
    known.hopeless = random.chance(0.3);
    if (known.hopeless) known.body.micros = 1'000'000;  // workers look at the time ten times a second
  }
  if (options != core::TaskOptions{}) spec.options = std::make_shared<core::TaskOptions>(options);
  if (options_.pure && !known.once && random.chance(0.3)) spec.pure = known.pure = true;
  if (options_.forgetting && random.chance(0.2)) spec.fire_and_forget = known.forgotten = true;
  if (options_.sweeping && !known.ignore && random.chance(0.2)) {
    spec.on_failure = core::OnFailure::cancel_successors;
    known.sweeps = true;
  }
  if (options_.unwanted && random.chance(0.2)) spec.wanted = false;
  known.cancelled = restarts();
  spec.priority = random.chance(0.1) ? static_cast<std::int32_t>(random.between(0, 4)) - 2 : 0;
  spec.inputs = known.inputs == shared_.items() ? shared_ : known.inputs;
  spec.payload = to_payload(known.body);
  known_[spec.id] = known;
  usable_.push_back(spec.id);
  return spec;
}

void User::scatter_one() {
  Random& random = cluster_.world.random;
  const TaskId id = client_->next_id();
  Known known;
  known.scattered = true;
  known.cancelled = restarts();
  known.value = random.next();
  known_[id] = known;
  usable_.push_back(id);
  client_->scatter(id, known.value, random.between(0, options_.max_bytes),
                   static_cast<std::uint16_t>(random.between(1, 3)));
}

void User::act_at_random() {
  Random& random = cluster_.world.random;
  if (usable_.empty()) return;
  const auto pick = [&] { return usable_[random.between(0, usable_.size() - 1)]; };
  if (options_.cancelling && random.chance(0.3)) {
    const TaskId id = pick();
    if (client_->futures.at(id).state == State::pending) known_.at(id).cancelled = true;
    client_->cancel(id, options_.forcing && random.chance(0.3));
  }
  if (options_.releasing && random.chance(0.7)) {
    const TaskId id = pick();
    client_->release(id);
    std::erase(usable_, id);
  }
  if (usable_.empty() || !options_.requests || !random.chance(0.3)) return;
  if (options_.restarting && !restarts() && random.chance(0.1)) return restart();
  const core::RequestId request{next_request_++};
  if (options_.restarting && random.chance(0.3)) {
    client_->ask(request, core::LocateRequested{client_->id(), request, {pick(), pick()}});
  } else if (random.chance(0.4)) {
    client_->ask(request, core::ReplicateRequested{client_->id(), request, {pick()}, 2});
  } else if (random.chance(0.5)) {
    client_->ask(request, core::RebalanceRequested{client_->id(), request});
  } else if (options_.restarting && random.chance(0.3)) {
    const auto life = cluster_.life(random.between(0, cluster_.slots() - 1));
    if (life) client_->ask(request, core::ReplaceRequested{client_->id(), request, {life->id}});
  } else if (cluster_.slots() > 2 && cluster_.slots() < 40) {
    // Not the first two: constrained tasks may need them.
    const auto life = cluster_.life(random.between(2, cluster_.slots() - 1));
    if (!life || life->dead) return;
    cluster_.add_worker();
    client_->ask(request, core::RetireRequested{client_->id(), request, {life->id}});
  }
}

/// It has asked for that, may ask again, and what it submits meanwhile is cancelled with the rest.
bool User::restarts() const { return restart_ && client_->requests.contains(*restart_); }

/// As `ClientSession::restart` does it: what is pending is cancelled here as well, when there are other workers.
void User::restart() {
  restart_ = core::RequestId{next_request_++};
  std::vector<TaskId> pending;
  for (auto& [id, known] : known_) known.cancelled = true;
  for (const auto& [id, future] : client_->futures) {
    if (future.state == State::pending) pending.push_back(id);
  }
  client_->ask(*restart_, core::RestartRequested{client_->id(), *restart_}, [this, pending] {
    for (const TaskId id : pending) client_->cancel(id, false);
  });
}

void User::finish_if_done() {
  if (client_->dead) return;
  if (client_->pending > 0 || !client_->requests.empty()) {
    return cluster_.world.after(milliseconds(5), [this] { finish_if_done(); });
  }
  finished_ = true;
  left_ = cluster_.world.random.chance(0.3);
  if (left_) return client_->leave();
  for (const auto& [id, future] : client_->futures) client_->release(id);
}

const User::Outcomes& User::outcomes(TaskId id) const {
  const auto found = outcomes_.find(id);
  return found != outcomes_.end() ? found->second : outcomes_[id] = work_out(id);
}

User::Outcomes User::work_out(TaskId id) const {
  const Known& known = known_.at(id);
  if (known.scattered) return {{known.value}};
  const bool fails = known.hopeless || known.body.throws == 255 || known.body.kills == 255;
  Outcomes all = fails ? Outcomes{} : values_of_body(known);
  if (known.ignore && (all.values.empty() || may_lack(id))) all.values.insert(0);
  return all;
}

/// One for each combination of what its inputs may be.
User::Outcomes User::values_of_body(const Known& known) const {
  std::vector<std::uint64_t> children;
  for (std::uint8_t i = 0; i < known.body.children; ++i) children.push_back(evaluate_alone(known.body.child(i)));
  std::map<TaskId, std::uint64_t> chosen;
  Outcomes all;
  for (const TaskId input : known.inputs) {
    const Outcomes& of_input = outcomes(input);
    if (of_input.values.empty() && !of_input.too_many) return {};
    all.too_many = all.too_many || of_input.too_many;
  }
  const std::function<void(std::size_t)> choose = [&](std::size_t i) {
    if (all.too_many) return;
    if (i == known.inputs.size()) {
      std::vector<std::uint64_t> inputs;
      for (const TaskId input : known.inputs) inputs.push_back(chosen.at(input));
      all.values.insert(evaluate(known.body, inputs, children));
      all.too_many = all.values.size() > most_outcomes;
      return;
    }
    const TaskId input = known.inputs[i];
    if (chosen.contains(input)) return choose(i + 1);  // it is an input twice, and the same both times
    for (const std::uint64_t value : outcomes(input).values) {
      chosen[input] = value;
      choose(i + 1);
    }
    chosen.erase(input);
  };
  choose(0);
  return all;
}

/// It may have failed by itself, or what it needs.
bool User::may_lack(TaskId id) const {
  const auto found = lacking_.find(id);
  if (found != lacking_.end()) return found->second;
  bool may = false;
  using Kind = core::Failure::Kind;  // all but `swept`, which begins at an input
  for (const Kind kind : {Kind::exception, Kind::cancelled, Kind::worker_lost, Kind::data_lost, Kind::timeout, Kind::invalid, Kind::may_have_run,
                          Kind::ran_and_lost})
    may = may || may_fail(id, {.kind = kind, .origin = id});
  return lacking_[id] = may || std::ranges::any_of(known_.at(id).inputs, [&](TaskId input) { return may_lack(input); });
}

bool User::descends(TaskId id, TaskId from) const {
  if (id <= from) return id == from;  // what a task needs was there before it
  const auto& inputs = known_.at(id).inputs;
  return std::any_of(inputs.begin(), inputs.end(), [&](TaskId input) { return descends(input, from); });
}

/// What fails there fails this one, too: none that goes on without it is between the two.
bool User::fails_for(TaskId id, TaskId origin) const {
  if (id <= origin) return id == origin;
  const Known& known = known_.at(id);
  return !known.ignore && std::ranges::any_of(known.inputs, [&](TaskId input) { return fails_for(input, origin); });
}

/// Between the two is one that has those cancelled which need it.
bool User::swept(TaskId id, TaskId from) const {
  const auto& inputs = known_.at(id).inputs;
  return std::ranges::any_of(inputs, [&](TaskId input) {
    return descends(input, from) && (known_.at(input).sweeps || swept(input, from));
  });
}

bool User::may_fail(TaskId id, const core::Failure& failure) const {
  using Kind = core::Failure::Kind;
  const auto origin = known_.find(failure.origin);
  if (origin == known_.end()) return false;
  if (failure.kind != Kind::swept && !fails_for(id, failure.origin)) return false;
  const Known& known = origin->second;
  const auto deaths = cluster_.deaths.find(failure.origin);
  switch (failure.kind) {
    case Kind::exception:
      return known.body.throws == 255 || cluster_.unlucky.contains(failure.origin);
    case Kind::cancelled:
      return known.cancelled;
    case Kind::worker_lost:
      return deaths != cluster_.deaths.end() && deaths->second >= 3;
    case Kind::data_lost:
      return known.scattered && (options_.crashes || known.cancelled);
    case Kind::may_have_run:
    case Kind::ran_and_lost:
      return known.once && options_.crashes;
    case Kind::invalid:
      return options_.tied;
    case Kind::timeout:
      return known.timed;
    case Kind::swept:
      return swept(id, failure.origin);
  }
  return false;
}

void User::verify() const {
  if (client_->dead && !finished_) return;
  for (const auto& [id, future] : client_->futures) {
    const std::string name = "task " + std::to_string(core::number_of(id));
    const std::optional<TaskId> input = client_->failed_input(id);
    // A scattered value is used before all of its copies are there, and so perhaps before it is cancelled.
    if (input && client_->futures.at(*input).state == State::cancelled && !known_.at(*input).scattered) {
      const bool threw = future.failure && future.failure->kind == core::Failure::Kind::exception && future.failure->origin == id;
      require(future.state != State::done && !threw, name + " shows what came of it, though what it needs was cancelled");
    }
    if (future.state == State::failed) {
      require(may_fail(id, *future.failure),
              name + " failed and must not: kind " + std::to_string(static_cast<int>(future.failure->kind)) +
                  " from task " + std::to_string(core::number_of(future.failure->origin)) + " " +
                  future.failure->message);
    }
    if (future.state == State::done) {
      const Outcomes& may = outcomes(id);
      require(may.too_many || !may.values.empty(), name + " has a value and must fail");
      require(may.too_many || may.values.contains(future.value), name + " has a wrong value");
    }
    require(future.state != State::pending || future.released, name + " never ended");
  }
}

/// It, or what it needs, may have failed or been cancelled for a reason that is not its own.
bool User::disturbed(TaskId id) const {
  const auto found = disturbed_.find(id);
  if (found != disturbed_.end()) return found->second;
  const Known& known = known_.at(id);
  return disturbed_[id] = known.cancelled || known.timed || known.ignore || cluster_.unlucky.contains(id) ||
                          std::ranges::any_of(known.inputs, [&](TaskId input) { return disturbed(input); });
}

void User::verify_runs() const {
  if (options_.crashes || options_.tied || !finished_) return;
  for (const auto& [id, known] : known_) {
    const bool must = known.forgotten || (!known.pure && !left_);
    if (!must || known.scattered || disturbed(id) || outcomes(id).values.empty()) continue;
    const auto runs = cluster_.runs.find(id);
    require(runs != cluster_.runs.end() && runs->second > 0, "task " + std::to_string(core::number_of(id)) + " never ran");
  }
}

std::string User::unfinished() const {
  std::string text;
  for (const auto& [id, future] : client_->futures) {
    if (future.state != State::pending || future.released) continue;
    text += " task " + std::to_string(core::number_of(id)) + (future.fetching ? " (being fetched)" : "") +
            ":" + (cluster_.scheduler ? cluster_.scheduler->story(id) : "");
    if (text.size() > 3000) break;
  }
  if (!client_->requests.empty()) text += " and " + std::to_string(client_->requests.size()) + " requests";
  return text;
}

std::size_t User::failures() const {
  return static_cast<std::size_t>(
      std::count_if(client_->futures.begin(), client_->futures.end(),
                    [](const auto& one) { return one.second.state == State::failed; }));
}

}  // namespace dflow::sim
