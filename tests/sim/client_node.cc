#include <utility>

#include "tests/sim/cluster.h"

namespace dflow::sim {

ClientNode::ClientNode(Cluster& cluster, ClientId id, World::Host host, std::optional<WorkerId> inside)
    : cluster_(cluster), id_(id), host_(host), inside_(inside) {
  link_ = connect();
  send(core::ClientJoined{id, inside});
}

std::shared_ptr<Link> ClientNode::connect() {
  Cluster& cluster = cluster_;
  return Link::make(cluster.world, host_, cluster.options.link,
                    {.given_up =
                         [&cluster, id = id_] {
                           cluster.given_up_.insert(id);
                           cluster.tell(core::ClientLeft{id});
                         },
                     .refused = [this] { refused(); }});
}

/// It was given up.
void ClientNode::refused() {
  dead = true;
  // A worker whose tasks cannot submit any more is of no use.
  if (inside_) cluster_.end_life(cluster_.lives_.at(*inside_), {}, false);
}

void ClientNode::send(core::Event event) {
  if (dead) return;
  const bool lasting = std::holds_alternative<core::TasksSubmitted>(event) || std::holds_alternative<core::ValueScattered>(event) ||
                       std::holds_alternative<core::TasksReleased>(event) || std::holds_alternative<core::TasksCancelled>(event);
  if (lasting && cluster_.options.journal) unkept_.push_back(event);
  link_->up([&cluster = cluster_, event = std::move(event)] { cluster.tell(event); });
}

void ClientNode::ask(core::RequestId request, core::Event event, std::function<void()> then) {
  requests[request] = {event, std::move(then)};
  send(std::move(event));
}

void ClientNode::answered(core::RequestId request) {
  const auto found = requests.find(request);
  if (found == requests.end()) return;
  const auto then = std::move(found->second.then);
  requests.erase(found);
  if (then) then();
}

void ClientNode::kept(std::uint64_t messages) {
  for (; kept_ < messages; ++kept_) unkept_.pop_front();
}

void ClientNode::cut() {
  link_->close_up();
  link_->close_down();
}

void ClientNode::reconnect() {
  if (dead) return;
  const auto heard = cluster_.heard_.find(id_);
  const bool known = heard != cluster_.heard_.end();
  if (cluster_.given_up_.contains(id_) || (known ? heard->second : 0) < kept_) return refused();
  link_ = connect();
  const auto say = [this](core::Event event) {
    link_->up([&cluster = cluster_, event = std::move(event)] { cluster.tell(event); });
  };
  if (known) kept(heard->second), cluster_.awaited_.erase(id_);
  else say(core::ClientJoined{id_, inside_});
  say(core::ClientReturned{id_, cluster_.doubtful_.contains(id_) ? unkept_.size() : 0});
  for (const core::Event& event : unkept_) say(event);
  for (const auto& [id, request] : requests) say(request.event);
}

void ClientNode::submit(std::vector<core::TaskSpec> tasks) {
  for (const auto& task : tasks) {
    if (!task.wanted) continue;
    futures[task.id];
    ++pending;
    if (task.on_failure != core::OnFailure::ignore) needs_[task.id] = {task.inputs.begin(), task.inputs.end()};
  }
  send(core::TasksSubmitted{id_, std::move(tasks)});
}

void ClientNode::scatter(TaskId id, std::uint64_t value, std::uint64_t bytes, std::uint16_t copies) {
  futures[id];
  ++pending;
  scattered_[id] = {value, bytes};
  send(core::ValueScattered{id_, id, bytes, copies, {}});
}

void ClientNode::release(TaskId id) {
  Future& future = futures.at(id);
  if (std::exchange(future.released, true)) return;
  if (future.state != Future::State::pending) scattered_.erase(id);
  if (future.state == Future::State::pending) --pending;
  send(core::TasksReleased{id_, {id}});
}

void ClientNode::cancel(TaskId id, bool force) {
  const Future& future = futures.at(id);
  const bool late = future.state == Future::State::failed && future.failure->kind == core::Failure::Kind::timeout;
  const bool may_run_on = future.state == Future::State::cancelled || late;
  if (force && may_run_on && !future.released) return send(core::TasksCancelled{id_, {id}, true});
  if (future.state != Future::State::pending || future.released || future.told) return;
  send(core::TasksCancelled{id_, {id}, force});
  end(id, Future::State::cancelled);
}

void ClientNode::end(TaskId id, Future::State state) {
  Future& future = futures.at(id);
  future.state = state;
  future.fetching = false;
  if (!future.released) --pending;
  if (const auto then = std::exchange(future.on_end, nullptr)) then();
}

std::optional<TaskId> ClientNode::failed_input(TaskId id) const {
  const auto needs = needs_.find(id);
  if (needs == needs_.end()) return std::nullopt;
  for (const TaskId input : needs->second) {
    const auto future = futures.find(input);
    if (future == futures.end()) continue;
    const Future::State state = future->second.state;
    if (state == Future::State::cancelled || state == Future::State::failed) return input;
  }
  return std::nullopt;
}

/// Its body ran, and its input was cancelled here before the end of either was heard. Ends are told in their order, so that nobody
/// was shown what came of it before he could cancel the input.
bool ClientNode::fails_for_inputs(TaskId id) {
  const auto needs = needs_.find(id);
  for (const TaskId input : needs == needs_.end() ? std::vector<TaskId>() : needs->second) {
    const auto future = futures.find(input);
    if (future == futures.end() || future->second.released || future->second.told || scattered_.contains(input)) continue;
    // What was lost with a scheduler may have to be made again when something that came of it is still there.
    const bool told_before = cluster_.epoch_ == 0;
    require(!told_before || future->second.state != Future::State::pending, "the end of task " + std::to_string(core::number_of(id)) +
                                                                " is told before that of task " + std::to_string(core::number_of(input)) +
                                                                ", which it needs");
  }
  const std::optional<TaskId> input = failed_input(id);
  if (!input) return false;
  const Future& failed = futures.at(*input);
  futures.at(id).failure = failed.failure ? failed.failure
                                          : std::make_shared<const core::Failure>(
                                                core::Failure{.kind = core::Failure::Kind::cancelled, .origin = *input});
  end(id, Future::State::failed);
  return true;
}

void ClientNode::receive(const core::Action& action) {
  if (dead) return;
  if (const auto* done = std::get_if<core::TaskDone>(&action)) {
    Future& future = futures.at(done->value.id);
    if (future.state != Future::State::pending || future.released || future.fetching) return;
    future.told = true;
    if (const auto scattered = scattered_.find(done->value.id); scattered != scattered_.end()) {
      future.value = scattered->second.first;
      return end(done->value.id, Future::State::done);
    }
    if (fails_for_inputs(done->value.id)) return;
    if (done->inline_value) {
      future.value = core::decode<std::uint64_t>(*done->inline_value).value();
      return end(done->value.id, Future::State::done);
    }
    future.fetching = true;
    return fetch(done->value, 0);
  }
  if (const auto* ended = std::get_if<core::TaskEnded>(&action)) {
    Future& future = futures.at(ended->id);
    if (future.state != Future::State::pending || future.released) return;
    const bool threw = ended->failure->kind == core::Failure::Kind::exception && ended->failure->origin == ended->id;
    if (threw && fails_for_inputs(ended->id)) return;
    future.failure = ended->failure;
    return end(ended->id, Future::State::failed);
  }
  if (const auto* place = std::get_if<core::PlaceValue>(&action)) {
    const auto value = scattered_.find(place->id);
    if (value == scattered_.end()) {
      return send(core::ValueUnavailable{.client = id_, .id = place->id, .worker = place->worker, .gone = true});
    }
    const auto life = cluster_.lives_.at(place->worker);
    const auto pipe = std::make_shared<Channel>(cluster_.world, host_, life->host);
    pipe->send([&cluster = cluster_, life, id = place->id, value = value->second] {
      if (life->dead) return;
      life->store[{id, Attempt{0}}] = value.first;
      cluster.drive(life, core::ValuePushed{id, Attempt{0}, value.second});
    });
    return;
  }
  if (const auto* located = std::get_if<core::Located>(&action)) answered(located->request);
  if (const auto* answer = std::get_if<core::RequestDone>(&action)) answered(answer->request);
}

void ClientNode::fetch(const core::Input& input, std::size_t holder) {
  const auto ask_again = [this, input](bool gone, WorkerId worker) {
    cluster_.world.after(milliseconds(20), [this, input, gone, worker] {
      const auto future = futures.find(input.id);
      if (dead || future == futures.end() || !future->second.fetching) return;
      future->second.fetching = false;
      send(core::ValueUnavailable{id_, input.id, input.version, worker, gone});
    });
  };
  if (input.holders.empty()) return ask_again(true, WorkerId{0});
  const WorkerId worker = input.holders[holder];
  cluster_.fetch(host_, worker, {input.id, input.version},
                 [this, input, holder, worker, ask_again](Fetched fetched) {
                   const auto future = futures.find(input.id);
                   if (dead || future == futures.end() || !future->second.fetching) return;
                   if (fetched.there) {
                     future->second.value = fetched.value;
                     return end(input.id, Future::State::done);
                   }
                   if (holder + 1 < input.holders.size()) return fetch(input, holder + 1);
                   ask_again(fetched.gone, worker);
                 });
}

void ClientNode::die() {
  if (std::exchange(dead, true)) return;
  if (cluster_.world.random.chance(0.5)) link_->close_up();
  link_->close_down();
  cluster_.world.after(cluster_.world.random.between(Duration{milliseconds(1)}, Duration{seconds(3)}),
                       [&cluster = cluster_, link = link_, id = id_] {
                         link->close_up();  // nothing that is still under way is taken once it is known
                         cluster.tell(core::ClientLeft{id});
                       });
}

void ClientNode::leave() {
  send(core::ClientLeft{id_});
  dead = true;
  link_->close_down();
}

}  // namespace dflow::sim
