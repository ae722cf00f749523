#include "tests/sim/cluster.h"

#include "runtime/core/describe.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace dflow::sim {
namespace {

template <class T>
constexpr bool for_client = std::is_same_v<T, core::TaskDone> || std::is_same_v<T, core::TaskEnded> ||
                            std::is_same_v<T, core::PlaceValue> || std::is_same_v<T, core::Located>;

}  // namespace

Cluster::Cluster(World& a_world, ClusterOptions some_options)
    : world(a_world), options(std::move(some_options)), scheduler(std::make_unique<core::Scheduler>(options.settings)) {
  world.jittery = options.jittery;
  for (std::size_t i = 0; i < options.workers; ++i) add_worker();
  tick();
}

/// Messages under way hold those that they are for, who hold the connections.
Cluster::~Cluster() {
  for (const auto& [id, life] : lives_) {
    life->link->end();
    life->client.reset();
    life->running.clear();
  }
  for (const auto& [id, client] : clients_) {
    client->link_->end();
    client->futures.clear();
  }
}

void Cluster::add_worker() {
  Slot slot;
  slot.threads = static_cast<std::uint16_t>(world.random.between(1, options.max_threads));
  if (options.slow_workers && world.random.chance(0.3))
    slot.slowness = static_cast<double>(world.random.between(2, 30));
  slots_.push_back(slot);
  const std::size_t place = slots_.size() - 1;
  world.after(world.random.between(Duration{}, Duration{milliseconds(20)}), [this, place] { join(place); });
}

void Cluster::join(std::size_t place) {
  Slot& slot = slots_[place];
  auto life = std::make_shared<Life>();
  life->id = WorkerId{next_worker_++};
  life->slot = place;
  life->host = host_of(place);
  core::Settings settings = options.settings;
  settings.report_starts = options.report_starts;
  life->brain = std::make_unique<core::Worker>(
      life->id, core::WorkerLimits{.threads = slot.threads, .memory = options.memory}, settings);
  connect(life);
  slot.life = life;
  lives_[life->id] = life;
  core::WorkerJoined joined{
      .worker = life->id, .name = "w" + std::to_string(place), .host = "h" + std::to_string(place)};
  joined.threads = slot.threads;
  joined.memory = options.memory;
  joined.resources = resources_of(place);
  life->link->up([this, joined] { tell(joined); });
  beat(life);
}

void Cluster::connect(const std::shared_ptr<Life>& life) {
  const WorkerId id = life->id;
  life->link = Link::make(world, life->host, options.link,
                          {.given_up = [this, id] { tell(core::WorkerLost{id, {.kind = core::WorkerEnd::Kind::silent}, {}}); },
                           .refused = [this, id] { end_life(lives_.at(id), {}, false); }});
}

void Cluster::beat(const std::shared_ptr<Life>& life) {
  if (life->dead) return;
  if (options.memory > 0)
    drive(life, core::MemoryMeasured{life->brain->memory() + slots_[life->slot].pressure});
  drive(life, core::Tick{world.now()});
  if (options.replacing) replace_if_large(life);
  world.after(milliseconds(100), [this, life] { beat(life); });
}

void Cluster::tick() {
  tell(core::Tick{world.now()});
  world.after(options.settings.tick, [this] { tick(); });
}

void Cluster::tell(core::Event event) {
  if (!scheduler) return;
  const auto* lost = std::get_if<core::WorkerLost>(&event);
  if (lost) count_deaths(*lost);  // the scheduler may hear of it later, when it has read its journal
  if (options.journal) note(event);
  apply(event);
}

void Cluster::apply(const core::Event& event) {
  if (record) log_.push_back(core::encode(event));
  trace("scheduler <- ", event);
  const auto actions = scheduler->apply(event);
  for (const auto& action : actions) trace("scheduler -> ", action);
  if (record) {
    for (const auto& action : actions) answers_.push_back(core::encode(action));
  }
  if (options.check_each || ++told_ % 512 == 0) scheduler->check_invariants();
  for (const auto& action : actions) {
    if (options.journal) note(action);
    act(action);
  }
}

template <class T>
void Cluster::trace(const std::string& who, const T& what) const {
  if (!options.trace) return;
  *options.trace << world.now().time_since_epoch().count() / 1000 << " us: " << who << core::describe(what)
                 << "\n";
}

void Cluster::replay() const {
  core::Scheduler twin(options.settings);
  std::size_t answered = 0;
  for (const std::string& line : log_) {
    for (const auto& action : twin.apply(core::decode<core::Event>(line).value())) {
      require(answered < answers_.size() && core::encode(action) == answers_[answered++],
              "a replayed log acts otherwise");
    }
  }
  require(answered == answers_.size(), "a replayed log does less");
}

void Cluster::to_worker(WorkerId id, core::WorkerEvent event) {
  const auto* order = std::get_if<core::RunTask>(&event);
  const auto given = order ? given_.find(order->id) : given_.end();
  auto& held = held_[id];
  if (given == given_.end() && held.empty()) return deliver(id, std::move(event));
  held.emplace_back(given == given_.end() ? 0 : given->second, std::move(event));
}

void Cluster::deliver(WorkerId id, core::WorkerEvent event) {
  const auto life = lives_.at(id);
  life->link->down([this, life, event = std::move(event)] { drive(life, event); });
}

void Cluster::to_client(ClientId id, const core::Action& action) {
  const auto client = clients_.find(id);
  if (client == clients_.end()) return;
  client->second->link_->down([client = client->second, action] { client->receive(action); });
}

void Cluster::act(const core::Action& action) {
  std::visit(
      [&](const auto& one) {
        using T = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<T, core::TaskRan> || std::is_same_v<T, core::TaskGone> || std::is_same_v<T, core::OnceGiven> ||
                      std::is_same_v<T, core::TaskTried>) {
        } else if constexpr (for_client<T>) {
          to_client(one.client, action);
        } else if constexpr (std::is_same_v<T, core::RequestDone>) {
          if (one.client) to_client(*one.client, action);
        } else if constexpr (std::is_same_v<T, core::FenceWorker>) {
          const auto life = lives_.at(one.worker);
          count_deaths({one.worker, {}, {}});
          life->link->down([this, life] { end_life(life, {}, false); });
          life->link->fence();
        } else if constexpr (std::is_same_v<T, core::ReplaceWorker>) {
          const auto life = lives_.at(one.worker);
          life->link->down(
              [this, life] { end_life(life, {.kind = core::WorkerEnd::Kind::signalled, .code = 9}, true); });
        } else {
          if constexpr (std::is_same_v<T, core::RunTask>) sent_[one.worker].insert(one.id);
          to_worker(one.worker, one);
        }
      },
      action);
}

void Cluster::count_deaths(const core::WorkerLost& lost) {
  const auto sent = sent_.find(lost.worker);
  if (sent == sent_.end()) return;
  if (lost.running) {
    for (const TaskId id : *lost.running) ++deaths[id];
  } else {
    for (const TaskId id : sent->second) ++deaths[id];
  }
  sent_.erase(sent);
}

std::shared_ptr<ClientNode> Cluster::connect() {
  const auto host = static_cast<World::Host>(1000 + next_client_);
  const auto client = std::make_shared<ClientNode>(*this, ClientId{next_client_++}, host);
  add_client(client);
  return client;
}

/// Where there is no scheduler, it finds the next one.
void Cluster::add_client(const std::shared_ptr<ClientNode>& client) {
  clients_[client->id()] = client;
  if (scheduler) return;
  client->cut();
  reconnect_later(client);
}

void Cluster::fetch(World::Host reader, WorkerId holder, ValueName name, std::function<void(Fetched)> then) {
  const auto life = lives_.at(holder);
  const auto later = [this, then = std::move(then)](Duration delay, Fetched fetched) {
    world.after(delay, [then, fetched] { then(fetched); });
  };
  world.after(world.delay(reader, life->host), [this, life, reader, name, later] {
    const bool there = world.reachable(reader, life->host), back = world.reachable(life->host, reader);
    if (!there || !back) return later(milliseconds(300), {});
    const Duration delay = world.delay(life->host, reader);
    if (life->dead) return later(delay, {});
    const auto value = life->store.find(name);
    if (value == life->store.end()) return later(delay, {.gone = true});
    if (damaged(life, name)) {
      drive(life, core::ValueSpoilt{name.first, name.second});
      return later(delay, {.gone = true});
    }
    later(delay, {.there = true, .value = value->second});
  });
}

void Cluster::crash(std::size_t place, core::WorkerEnd::Kind kind) {
  const auto life = slots_[place].life;
  if (!life || life->dead || slots_[place].closed) return;
  end_life(life, {.kind = kind, .code = 11}, world.random.chance(0.7));
}

void Cluster::end_life(const std::shared_ptr<Life>& life, core::WorkerEnd end, bool told) {
  if (std::exchange(life->dead, true)) return;
  core::WorkerLost lost{life->id, end, {}};
  std::vector<TaskId> running;
  for (const auto& [name, one] : life->running) running.push_back(name.first);
  if (options.agents_know) lost.running = std::move(running);
  if (world.random.chance(0.5)) life->link->close_up();
  life->link->close_down();
  if (life->client) life->client->dead = true;
  life->store.clear();
  life->running.clear();
  if (told)
    world.after(world.random.between(Duration{milliseconds(1)}, Duration{milliseconds(800)}),
                [this, lost] { tell(lost); });
  Slot& slot = slots_[life->slot];
  if (end.kind == core::WorkerEnd::Kind::left) slot.closed = true;
  if (slot.closed) return;
  world.after(world.random.between(Duration{milliseconds(5)}, Duration{seconds(2)}),
              [this, place = life->slot] { join(place); });
}

void Cluster::part(World::Host a, World::Host b, Duration span) {
  if (a == b) return;
  part_one_way(a, b, span);
  part_one_way(b, a, span);
}

void Cluster::part_one_way(World::Host from, World::Host to, Duration span) {
  if (from == to) return;
  world.cut(from, to);
  world.after(span, [this, from, to] { world.heal(from, to); });
}

void Cluster::reset_some() {
  const auto pick = [&](const auto& map) { return std::next(map.begin(), static_cast<long>(world.random.between(0, map.size() - 1)))->second; };
  const std::uint64_t told = world.random.between(1, 3);
  const bool a_client = !clients_.empty() && world.random.chance(0.4);
  const std::shared_ptr<Link> link = a_client ? pick(clients_)->link_ : lives_.empty() ? nullptr : pick(lives_)->link;
  if (link) link->reset(told & 1, told & 2);
}

void Cluster::isolate(World::Host host, Duration span) {
  for (std::size_t i = 0; i <= slots_.size(); ++i) part(host, static_cast<World::Host>(i), span);
}

void Cluster::drive(const std::shared_ptr<Life>& life, const core::WorkerEvent& event) {
  if (life->dead) return;
  const auto name = "worker " + std::to_string(static_cast<std::uint32_t>(life->id));
  trace(name + " <- ", event);
  const auto actions = life->brain->apply(event);
  for (const auto& action : actions) trace(name + " -> ", action);
  if (options.check_each) life->brain->check_invariants();
  for (const auto& action : actions) {
    if (!life->dead) act(life, action);
  }
}

void Cluster::act(const std::shared_ptr<Life>& life, const core::WorkerAction& action) {
  if (const auto* one = std::get_if<core::Tell>(&action)) {
    if (const auto* failed = std::get_if<core::TaskFailed>(&one->report); failed && !life->connected)
      life->untold.push_back(*failed);
    const auto* stopped = std::get_if<core::TaskStopped>(&one->report);
    for (core::TaskFailed& failed : life->untold) {
      if (stopped && failed.id == stopped->id && failed.attempt == stopped->attempt) failed.runs_on = false;
    }
    life->link->up(
        [this, report = one->report] { std::visit([this](const auto& what) { tell(what); }, report); });
  } else if (const auto* start = std::get_if<core::StartFetch>(&action)) {
    begin_fetch(life, *start);
    fetch(life->host, start->from, {start->id, start->version}, [this, life, ask = *start](Fetched fetched) {
      if (life->dead) return;
      life->coming.erase(life->coming.find({ask.id, ask.version}));
      if (!fetched.there) return drive(life, core::FetchBroken{ask.id, ask.version, ask.from, fetched.gone});
      life->store[{ask.id, ask.version}] = fetched.value;
      drive(life, core::FetchSucceeded{ask.id, ask.version, ask.from, std::max<std::uint64_t>(ask.bytes, 8)});
    });
  } else if (const auto* body = std::get_if<core::StartBody>(&action)) {
    start_body(life, *body);
  } else if (const auto* stop = std::get_if<core::StopBody>(&action)) {
    const auto found = life->running.find({stop->id, stop->attempt});
    if (found == life->running.end()) return;
    found->second.stopped = true;
    if (std::exchange(found->second.blocked, false))
      drive(life, core::BodyUnblocked{stop->id, stop->attempt});
  } else if (const auto* resume = std::get_if<core::ResumeBody>(&action)) {
    world.after(microseconds(10),
                [this, life, name = ValueName{resume->id, resume->attempt}] { finish_body(life, name); });
  } else if (const auto* drop = std::get_if<core::DropValue>(&action)) {
    life->store.erase({drop->id, drop->version});
    life->disk.erase({drop->id, drop->version});
    life->unloaded.erase({drop->id, drop->version});
  } else if (const auto* spilled = std::get_if<core::SpillValue>(&action)) {
    spill(life, {spilled->id, spilled->version});
  } else if (const auto* written = std::get_if<core::UnloadValue>(&action)) {
    unload(life, {written->id, written->version});
  } else if (std::holds_alternative<core::Leave>(action)) {
    end_life(life, {.kind = core::WorkerEnd::Kind::left}, true);
  }
}

/// No more of anything is in use than there is, whatever has been cancelled and runs on.
void Cluster::require_enough(const Life& life) const {
  std::map<std::string, double> left = resources_of(life.slot);
  for (const auto& [name, one] : life.running) {
    if (!one.body.options) continue;
    for (const auto& [resource, amount] : one.body.options->resources) left[resource] -= amount;
  }
  for (const auto& [resource, amount] : left) require(amount >= 0, "bodies use more of a resource than there is");
}

void Cluster::start_body(const std::shared_ptr<Life>& life, const core::StartBody& start) {
  if (!read_back(life, start)) return;
  const ValueName name{start.id, start.attempt};
  Life::Running& running = life->running[name];
  running.body = start;
  running.began = world.now();
  require_enough(*life);
  if (start.default_value) {
    world.after(microseconds(1), [this, life, name] { finish_body(life, name); });
    return;
  }
  running.what = core::decode<Body>(*start.payload).value();
  const int run = ++runs[start.id];
  require(run == 1 || !once.contains(start.id), "a task that runs once at most runs again");
  const Body& what = running.what;
  const auto time = Duration{microseconds(what.micros)} * static_cast<long>(slots_[life->slot].slowness);
  if (what.kills == 255 || run <= what.kills) {
    world.after(
        time, [this, life] { end_life(life, {.kind = core::WorkerEnd::Kind::signalled, .code = 11}, true); });
    return;
  }
  if (what.children == 0 || what.throws == 255 || run <= what.throws) {
    world.after(time, [this, life, name] { finish_body(life, name); });
    return;
  }
  if (!life->client || life->client->dead) {
    life->client = std::make_shared<ClientNode>(*this, ClientId{next_client_++}, life->host, life->id);
    add_client(life->client);
  }
  ClientNode& client = *life->client;
  std::vector<core::TaskSpec> specs;
  for (std::uint8_t i = 0; i < what.children; ++i) {
    core::TaskSpec spec{
        .id = client.next_id(), .function = core::FunctionId{2}, .payload = to_payload(what.child(i))};
    spec.inside = start.id;
    running.children.push_back(spec.id);
    specs.push_back(std::move(spec));
  }
  running.waiting_for = specs.size();
  running.blocked = true;
  const auto children = running.children;
  client.submit(std::move(specs));
  for (const TaskId child : children) {
    client.futures.at(child).on_end = [this, life, name] {
      const auto found = life->running.find(name);
      if (life->dead || found == life->running.end()) return;
      if (--found->second.waiting_for > 0 || !std::exchange(found->second.blocked, false)) return;
      drive(life, core::BodyUnblocked{name.first, name.second});
    };
  }
  world.after(Duration{}, [this, life, name] {
    const auto found = life->running.find(name);
    if (life->dead || found == life->running.end()) return;
    if (found->second.blocked) return drive(life, core::BodyBlocked{name.first, name.second});
    finish_body(life, name);  // it was stopped at once
  });
}

void Cluster::finish_body(const std::shared_ptr<Life>& life, ValueName name) {
  const auto found = life->running.find(name);
  if (life->dead || found == life->running.end()) return;
  const Life::Running running = std::move(found->second);
  life->running.erase(found);
  const auto& [id, attempt] = name;
  bool throws = running.what.throws == 255 || runs[id] <= running.what.throws;
  std::vector<std::uint64_t> inputs, children;
  for (const core::Input& input : running.body.inputs) {
    const auto value = life->store.find({input.id, input.version});
    require(value != life->store.end(), "a body runs without an input");
    inputs.push_back(value->second);
  }
  for (const TaskId child : running.children) {
    const auto& future = life->client->futures.at(child);
    children.push_back(future.value);
    if (future.state != ClientNode::Future::State::done) throws = true, unlucky.insert(id);
    life->client->release(child);
  }
  if (throws && !running.body.default_value) {
    core::Failure failure{.kind = core::Failure::Kind::exception};
    // What a task makes of `ignore` is its worker's business: an exception becomes the default value.
    if (running.body.on_failure != core::OnFailure::ignore) {
      return drive(life, core::BodyThrew{id, attempt, std::make_shared<core::Failure>(failure), true});
    }
  }
  const bool none = running.body.default_value || throws;
  const std::uint64_t value = none ? 0 : evaluate(running.what, inputs, children);
  life->store[name] = value;
  core::BodyReturned returned{id, attempt, running.what.bytes, world.now() - running.began, {}};
  if (running.body.wanted && running.what.bytes <= 64) returned.value = to_payload(value);
  drive(life, returned);
}

bool Cluster::empty() const {
  if (!scheduler || scheduler->recovering() || scheduler->tasks() > 0) return false;
  return std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
    if (!slot.life || slot.life->dead) return slot.closed;
    return slot.life->brain->tasks() == 0 && slot.life->brain->values() == 0 && slot.life->store.empty() &&
           slot.life->running.empty();
  });
}

std::string Cluster::contents() const {
  if (!scheduler) return "no scheduler";
  std::string text = std::to_string(scheduler->tasks()) + " tasks at the scheduler (";
  for (const auto& [state, count] : scheduler->counts().tasks) {
    text += std::string(core::name_of(state)) + ": " + std::to_string(count) + " ";
  }
  text += ")";
  for (const Slot& slot : slots_) {
    if (!slot.life) continue;
    text += "; worker " + std::to_string(static_cast<std::uint32_t>(slot.life->id)) +
            (slot.life->dead ? " (dead)" : "") + ": " + std::to_string(slot.life->brain->tasks()) +
            " tasks, " + std::to_string(slot.life->brain->values()) + " values, " +
            std::to_string(slot.life->store.size()) + " stored, " +
            std::to_string(slot.life->running.size()) + " running";
  }
  return text;
}

}  // namespace dflow::sim
