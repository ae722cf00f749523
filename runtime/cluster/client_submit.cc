// From a node to a task of the cluster's.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>

#include <dflow/detail/make_task.h>

#include "runtime/cluster/client_session.h"
#include "runtime/cluster/input_numbers.h"
#include "runtime/cluster/task_codec.h"
#include "runtime/local/names.h"

namespace dflow::cluster {

using detail::Node;
using detail::NodeRef;
using detail::State;

namespace {

/// A value of this process that is no larger goes along with each task that needs it.
constexpr std::size_t kInlineValue = 4096;
/// Tasks and bytes that are sent as one message.
constexpr std::size_t kMostTasks = Bursts::kMost;
constexpr std::size_t kMostBytes = 1 << 20;
/// Tasks that follow each other faster are sent together.
constexpr std::chrono::microseconds kLull{30};
constexpr std::chrono::milliseconds kLinger{2};
/// How often who waits for room looks for it.
constexpr std::chrono::milliseconds kRoomEvery{5};
/// So long they wait for others, where nobody waits for them.
constexpr std::chrono::microseconds kCompany{100};

std::uint64_t id_of(const Node& node) {
  const detail::Extras* extras = node.extras();
  return extras ? extras->remote_id : 0;
}

/// Null if they say nothing.
std::shared_ptr<const core::TaskOptions> core_options(const TaskOptions* said, std::uint8_t usual_failures) {
  core::TaskOptions options;
  if (said) {
    options = {.name = said->name, .resources = said->resources, .workers = said->workers, .timeout = said->timeout};
  }
  const unsigned failures = said && said->allowed_failures > 0 ? said->allowed_failures : usual_failures;
  if (failures > 0) options.allowed_deaths = static_cast<std::uint8_t>(std::min(failures, 255U));
  return options == core::TaskOptions{} ? nullptr : std::make_shared<const core::TaskOptions>(std::move(options));
}

/// Its body may run on: it was cancelled, or has failed for its time limit.
bool outlived(const Node& node) {
  if (node.state() == State::cancelled) return true;
  try {
    if (node.state() == State::failed) std::rethrow_exception(node.error());
  } catch (const TimeoutError&) {
    return true;
  } catch (...) {  // then the body has ended
  }
  return false;
}

/// Tasks of one function are expected to take as long as each other.
core::FunctionId function_of(const Node& node) {
  const auto form = reinterpret_cast<std::uintptr_t>(node.call_form());
  const auto address = reinterpret_cast<std::uintptr_t>(node.callable_address());
  return core::FunctionId{form ^ (address * 0x9e3779b97f4a7c15)};
}

}  // namespace

/// A task that waits for promises: it is sent when all of them have ended.
class ClientSession::Held {
 public:
  static void hold(ClientSession& session, Node& node, const std::vector<Node*>& producers) {
    node.retain();
    auto* held = new Held(session, NodeRef(&node), producers.size());
    for (Node* producer : producers) detail::observe_node(*producer, *new One(*held));
  }

 private:
  class One final : public detail::Observer {
   public:
    explicit One(Held& held) : held_(held) {}
    void ended(Node&) noexcept override {
      held_.one_ended();
      delete this;
    }

   private:
    Held& held_;
  };

  Held(ClientSession& session, NodeRef node, std::size_t left)
      : session_(session), node_(std::move(node)), left_(left) {}

  void one_ended() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    Node& node = *node_.get();
    {
      const std::lock_guard lock(session_.mutex_);
      session_.held_.erase(&node);
    }
    // Whoever cancels it owns its arguments, so while they are written it looks like a running one.
    if (detail::claim_external(node)) {
      session_.send_task(node);
    }
    delete this;
  }

  ClientSession& session_;
  NodeRef node_;
  std::atomic<std::size_t> left_;
};

/// While the scheduler does not take what has been said, or the connection to it is broken. Inside tasks, too: the scheduler
/// waits for nobody, and so for none of these.
void ClientSession::wait_for_room() {
  std::unique_lock lock(mutex_);
  while (!over_ && lost_.empty()) {
    lock.unlock();
    if (has_room()) break;
    lock.lock();
    changed_.wait_for(lock, kRoomEvery);  // what makes room has others to wake
  }
  crowded_ = false;
}

void ClientSession::submit(Node& node) {
  if (crowded_.load(std::memory_order_relaxed)) wait_for_room();
  node.make_extras();
  node.traits |= detail::kRemote;
  admit(node);
}

void ClientSession::submit_chunk(Node& first) {
  for (Node* node = &first; node;) {
    Node* next = node->next_in_chunk();
    if (next) node->next = nullptr;
    submit(*std::exchange(node, next));
  }
}

void ClientSession::admit(Node& node) {
  std::vector<Node*> missing;
  {
    const std::lock_guard lock(mutex_);
    for (std::uint32_t i = 0; i < node.edge_count; ++i) {
      Node* producer = node.edges[i].producer;
      if (!producer->ended() && id_of(*producer) == 0) missing.push_back(producer);
    }
    if (!missing.empty()) held_.insert(&node);
  }
  if (!missing.empty()) return Held::hold(*this, node, missing);
  if (detail::claim_external(node)) send_task(node);
}

/// If an input of a claimed node has failed or was cancelled here, it fails for that, and this is true.
bool ClientSession::fails_for_inputs(Node& node) {
  for (std::uint32_t i = 0; i < node.edge_count; ++i) {
    const State state = node.edges[i].producer->state();
    if (state != State::failed && state != State::cancelled) continue;
    node.state_.store(State::pending, std::memory_order_release);
    local_.submit(node);  // which knows how a task fails whose inputs have
    return true;
  }
  return false;
}

/// The node is claimed by the caller; it is pending again when it is on its way.
void ClientSession::send_task(Node& node) {
  if (fails_for_inputs(node)) return;
  try {
    if (!scheduler_) connect();
    core::TaskSpec task = describe_task(node);
    std::optional<TracedTask> line = traced_line(task, node);
    const core::TaskId outer = task.inside.value_or(core::TaskId{});
    std::unique_lock lock(mutex_);
    if (!lost_.empty()) throw Error(lost_);
    const core::TaskId id = task.id = name(node);
    nodes_[task.id] = &node;
    note_record(task.id, node);
    const bool first = to_submit_.empty();
    to_submit_.push_back(std::move(task));
    node.state_.store(State::pending, std::memory_order_release);
    const bool lull = first && std::chrono::steady_clock::now() - flushed_ > kLull;
    const bool now = bursts_.queued(to_submit_.size(), lull);
    const bool wakes = first && flusher_does_ != Flusher::waits_for_tasks;
    lock.unlock();
    if (now) flush();  // the first of a burst, or the only one: nobody else has to wake up for it
    else if (wakes) changed_.notify_all();
    if (!line) return;
    line->id = id;
    options_.submitted(outer, std::move(*line));
  } catch (...) {
    node.set_error(std::current_exception());
    end(node, State::failed);
  }
}

core::TaskId ClientSession::name(Node& node) {
  const core::TaskId id = core::task_id(id_, ++last_number_);
  node.make_extras().remote_id = static_cast<std::uint64_t>(id);
  return id;
}

core::TaskSpec ClientSession::describe_task(Node& node) {
  core::TaskSpec task;
  core::SharedList<core::TaskId> before;
  std::vector<core::TaskId> ids;  // of the edges' producers
  {
    const std::lock_guard lock(mutex_);
    before = inputs_before_;
    ids.reserve(node.edge_count);
    for (std::uint32_t i = 0; i < node.edge_count; ++i) ids.push_back(core::TaskId{id_of(*node.edges[i].producer)});
  }
  InputNumbers numbers(std::move(before));
  std::uint32_t next = 0;
  const auto known = [&](Node& producer) {
    // They are asked for in the order of the edges, mostly; what had no name may have got one meanwhile.
    if (next < ids.size() && node.edges[next].producer == &producer && ids[next++] != core::TaskId{}) return ids[next - 1];
    const std::lock_guard lock(mutex_);
    return core::TaskId{id_of(producer)};
  };
  std::string payload = write_task(node, [&](Node& producer) {
    core::TaskId id = known(producer);
    if (id == core::TaskId{}) {
      ValueBytes value = write_value(producer);
      if (value.writer.size() <= kInlineValue) return InputRef{.inline_value = true, .bytes = value.writer.take()};
      id = scatter(producer);
    }
    return InputRef{.index = numbers.of(id)};
  });
  {
    const std::lock_guard lock(mutex_);
    for (std::uint32_t i = 0; i < node.edge_count; ++i) {  // what it comes after
      const core::TaskId id{id_of(*node.edges[i].producer)};
      if (id != core::TaskId{}) numbers.of(id);
    }
    task.inputs = numbers.take();
    if (task.inputs.shared()) inputs_before_ = task.inputs;
  }
  task.payload = std::make_shared<const std::string>(std::move(payload));
  task.function = function_of(node);
  if (options_.by_level) task.path = static_cast<std::uint32_t>(std::max(local::level_of(node), 0));
  const TaskOptions* options = detail::options_of(node);
  task.options = core_options(options, options_.allowed_failures);
  if (options) {
    check_demands(&node, *options);
    task.priority = options->priority;
    task.retries = static_cast<std::uint16_t>(std::min(options->retries, 65'535u));
    task.on_failure = static_cast<core::OnFailure>(options->on_failure);
    task.pure = options->pure;
    task.once = options->once;
    task.fire_and_forget = options->fire_and_forget;
  }
  if (const Node* outer = options_.inside_worker ? detail::current_task() : nullptr) {
    if (const std::uint64_t id = id_of(*outer)) task.inside = core::TaskId{id};
  }
  return task;
}

core::TaskId ClientSession::scatter(Node& node) {
  const TaskOptions* options = detail::options_of(node);
  const std::vector<std::string> workers = options ? options->workers : std::vector<std::string>();
  if (!workers.empty()) check_demands(nullptr, TaskOptions{.workers = workers});
  core::TaskId id{};
  {
    const std::lock_guard lock(mutex_);
    if (id_of(node) != 0) return core::TaskId{id_of(node)};
    id = name(node);
    node.retain();
    scattered_[id] = NodeRef(&node);
    placed_[id] = &node;
  }
  send(core::ValueScattered{.client = id_, .id = id, .bytes = write_value(node).writer.size(), .workers = workers, .what = type_of_value(node)});
  return id;
}

void ClientSession::flush() {
  const std::lock_guard order(sending_);
  std::vector<core::TaskSpec> tasks;
  std::vector<core::TaskId> released;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(to_submit_);
    released.swap(to_release_);
    flushed_ = std::chrono::steady_clock::now();
  }
  if (!scheduler_) return;
  for (auto begin = tasks.begin(); begin != tasks.end();) {
    std::size_t bytes = 0;
    auto end = begin;
    while (end != tasks.end() && end - begin < static_cast<std::ptrdiff_t>(kMostTasks) && bytes < kMostBytes) {
      bytes += (end++)->payload->size();
    }
    send(core::TasksSubmitted{id_, {std::make_move_iterator(begin), std::make_move_iterator(end)}});
    begin = end;
  }
  if (!released.empty()) send(core::TasksReleased{id_, std::move(released)});
  if (!has_room()) crowded_ = true;
  const std::lock_guard lock(mutex_);
  flushed_ = std::chrono::steady_clock::now();  // to write them down takes longer than a lull
}

void ClientSession::settle() {
  std::unique_lock lock(mutex_);
  const std::uint64_t last = last_number_;
  if (settled_ >= last || !lost_.empty()) return;
  const std::uint64_t mine = ++syncs_asked_;
  lock.unlock();
  flush();
  send(Sync{});
  lock.lock();
  changed_.wait(lock, [&] { return syncs_answered_ >= mine || !lost_.empty(); });
  settled_ = std::max(settled_, last);
}

void ClientSession::keep_flushing() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return over_ || !cut_.empty() || !to_submit_.empty() || !to_release_.empty(); });
    if (over_) return;
    if (!cut_.empty()) {
      const std::string gone = std::exchange(cut_, {});
      lock.unlock();
      reconnect(gone);
      lock.lock();
      continue;
    }
    if (to_submit_.empty()) {  // nobody waits for what is released: it can go with the next task
      flusher_does_ = Flusher::waits_with_releases;
      changed_.wait_for(lock, kLinger, [&] { return over_ || !cut_.empty() || !to_submit_.empty(); });
    }
    if (!to_submit_.empty()) {  // whoever submits sends them, too, when he waits or they are many
      flusher_does_ = Flusher::waits_for_tasks;
      changed_.wait_for(lock, kCompany, [&] { return over_ || !cut_.empty(); });
    }
    flusher_does_ = Flusher::sleeps;
    if (over_) return;
    if (!cut_.empty()) continue;
    lock.unlock();
    flush();
    lock.lock();
  }
}

bool ClientSession::cancel(Node& node, bool by_force) {
  if (!local_.cancel(node)) return false;
  core::TaskId id{};
  {
    const std::lock_guard lock(mutex_);
    id = core::TaskId{id_of(node)};
    if (id == core::TaskId{} || nodes_.erase(id) == 0) return true;
  }
  flush();
  const std::lock_guard order(sending_);
  send(core::TasksCancelled{.client = id_, .tasks = {id}, .force = by_force});
  return true;
}

void ClientSession::end_body(Node& node) {
  const core::TaskId id{id_of(node)};
  if (id == core::TaskId{} || !outlived(node)) return;
  const std::lock_guard order(sending_);
  send(core::TasksCancelled{.client = id_, .tasks = {id}, .force = true});
}

void ClientSession::drain(detail::Scope& scope, std::int64_t most) {
  flush();
  if (scope.cancelling.load()) {
    std::vector<NodeRef> pending;
    {
      const std::lock_guard lock(mutex_);
      const auto add = [&](Node* node) {
        if (node->scope != &scope) return;
        node->retain();
        pending.emplace_back(node);
      };
      for (const auto& [id, node] : nodes_) add(node);
      for (Node* node : held_) add(node);
    }
    for (const NodeRef& node : pending) cancel(*node.get());
  }
  local_.drain(scope, most);
  if (most != 0 || options_.inside_worker) return;
  std::unique_lock lock(mutex_);
  if (!lost_.empty()) return;
  all_ended_ = false;
  end_asked_ = true;
  lock.unlock();
  send(EndAwaited{});
  lock.lock();
  changed_.wait(lock, [&] { return all_ended_ || !lost_.empty(); });
  end_asked_ = false;
}

}  // namespace dflow::cluster
