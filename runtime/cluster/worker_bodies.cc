// A worker's bodies: from the brain's order to their ends.
#include <unistd.h>

#include <memory>

#include <dflow/detail/launch.h>
#include <dflow/detail/task_node.h>

#include "runtime/cluster/exceptions.h"
#include "runtime/cluster/task_codec.h"
#include "runtime/cluster/worker_process.h"
#include "runtime/local/output.h"
#include "runtime/net/heap.h"

namespace dflow::cluster {

namespace {

using dflow::detail::Node;
using dflow::detail::State;

/// A result of at most this size goes to the client with the news of it.
constexpr std::size_t kSmallValue = 4096;

/// The engine's slabs of nodes are in it, too.
constexpr std::size_t kBodiesHeap = net::kLargeHeap + net::kLargeHeap / 2;

core::Time now() { return core::Time(std::chrono::steady_clock::now().time_since_epoch()); }

/// Stands for the inputs of a task that gives its default value: they have no value, and nobody looks for one. Who may take a
/// move-only value stands at the same place of all nodes that have one.
detail::NodeRef unread_input() {
  detail::Node* node = detail::HeldNode<std::unique_ptr<int>>::make();
  node->release_from_runtime();
  return detail::NodeRef(node);
}

/// What the runtime has of a node until it has run. One that does not run after all is given back.
class Unrun {
 public:
  explicit Unrun(Node& node) noexcept : node_(&node) {}
  ~Unrun() {
    if (node_) node_->release_from_runtime();
  }
  Unrun(const Unrun&) = delete;
  Unrun& operator=(const Unrun&) = delete;
  void runs() noexcept { node_ = nullptr; }

 private:
  Node* node_;
};

}  // namespace

void WorkerProcess::address_output() {
  if (!settings_.hosted) return;  // one client
  const std::lock_guard one_mark(printing_);
  Audience clients;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, body] : bodies_) {
      const auto client = static_cast<std::uint32_t>(core::client_of(name.first));
      if (clients.empty() || clients.back() != client) clients.push_back(client);  // names are in order
    }
  }
  if (clients == audience_) return;
  local::flush_output();
  const std::string mark = audience_mark(clients);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    if (::write(stream, mark.data(), mark.size()) < 0) return;  // nobody reads it any more
  }
  audience_ = std::move(clients);
}

/// A task of the engine's whose body makes another from its bytes: that takes time that belongs to no other thread.
class WorkerProcess::Loader final : public detail::Value<void> {
 public:
  Loader(WorkerProcess& worker, Order order) : worker_(worker), order_(std::move(order)) {}
  void run() override {
    std::construct_at(&value_);
    net::prepare_heap(kBodiesHeap);
    worker_.load(*order_);
  }
  void release_arguments() noexcept override {}
  void adopt_inner() override {}
  const std::type_info& callable_type() const noexcept override { return typeid(Loader); }
  void destroy() noexcept override { delete this; }

 private:
  WorkerProcess& worker_;
  Order order_;
};

class WorkerProcess::EndOfBody final : public detail::Observer {
 public:
  EndOfBody(WorkerProcess& worker, const Name& name) : worker_(worker), name_(name) {}
  void ended(Node& node) noexcept override {
    worker_.body_ended(name_, node);
    delete this;
  }

 private:
  WorkerProcess& worker_;
  Name name_;
};

void WorkerProcess::carry_out(core::StartBody& action) {
  const auto order = std::make_shared<const core::StartBody>(std::move(action));
  bodies_[{order->id, order->attempt}] = Body{.order = order, .started = now()};
  starting_.push_back(order);
}

void WorkerProcess::start(const Order& order) {
  auto* loader = new Loader(*this, order);
  const detail::NodeRef handle(loader);
  detail::run_here(detail::scope_of(*executor_), *loader);
}

void WorkerProcess::carry_out(const core::StopBody& action) {
  const auto found = bodies_.find({action.id, action.attempt});
  if (found == bodies_.end()) return;
  Body& body = found->second;
  body.stopped = true;
  body.stop.request_stop();
}

/// The engine has given it a thread already; what it did meanwhile is told now.
void WorkerProcess::carry_out(const core::ResumeBody& action) {
  const auto found = bodies_.find({action.id, action.attempt});
  if (found == bodies_.end()) return;
  Body& body = found->second;
  body.away = body.resuming = false;
  if (body.end) {
    apply(*body.end);
    forget_body(found);
  } else if (body.waits) {
    body.away = true;
    apply(core::BodyBlocked{action.id, action.attempt});
  }
}

// ---- On one of the engine's threads -----------------------------------------------------------------------------------

void WorkerProcess::load(const core::StartBody& order) {
  const Name name{order.id, order.attempt};
  const core::Time begun = now();  // a thread of the engine's may have had to wake up first
  try {
    ValueStore::Objects many = order.inputs.shared() && !order.default_value ? store_.objects(order.inputs) : nullptr;
    const FindInput find_input = [&](std::uint32_t index, const detail::ValueForm& form) {
      if (order.default_value) return unread_input();
      if (index >= order.inputs.size()) throw SerializeError("dflow: a task names an input that it does not have");
      if (many && many->objects[index] && form.copyable) return many->objects[index];
      const core::Input& input = order.inputs[index];
      return store_.object(input.id, input.version, form);
    };
    Node* node = read_task(*order.payload, find_input, many ? many->arguments.get() : nullptr);
    many.reset();
    detail::NodeRef handle(node);
    Unrun unrun(*node);
    detail::Extras& extras = node->make_extras();
    extras.remote_id = static_cast<std::uint64_t>(order.id);
    if (order.options && (order.options->timeout || !order.options->name.empty())) {
      detail::attach_options(*node, std::make_shared<TaskOptions>(
                                        TaskOptions{.name = order.options->name, .timeout = order.options->timeout}));
    } else if (node->has(detail::kTakesStopToken)) {
      extras.stop = std::stop_source();
    }
    if (order.keep_inputs) node->traits |= detail::kNeverMove;
    {
      const std::lock_guard lock(mutex_);
      Body& body = bodies_.at(name);
      body.node = handle;
      body.stop = extras.stop;
      body.started = begun;
      if (body.stopped) body.stop.request_stop();  // it was not there yet when it was to stop
    }
    if (order.default_value) {
      if (!node->write_default()) throw SerializeError("dflow: OnFailure::ignore needs a result type with a default value");
      node->release_arguments();
      node->state_.store(State::done, std::memory_order_release);
      node->dependents.store(detail::closed(), std::memory_order_release);
      return body_ended(name, *node);
    }
    address_output();
    detail::observe_node(*node, *new EndOfBody(*this, name));
    unrun.runs();
    detail::run_here(detail::scope_of(*executor_), *node);
  } catch (const DamagedValue& damaged) {
    spoilt(damaged);
    const std::lock_guard lock(mutex_);
    forget_body(bodies_.find(name));
    apply(core::BodyUnstarted{order.id, order.attempt, damaged.id, damaged.version});
  } catch (...) {
    const core::WorkerEvent event = threw(order, std::current_exception(), false);
    const std::lock_guard lock(mutex_);
    forget_body(bodies_.find(name));
    apply(event);
  }
}

void WorkerProcess::body_ended(const Name& name, Node& node) {
  local::flush_output();  // what tasks have printed leaves the process before their ends are told
  if (settle_) settle_();
  Order ordered;
  core::Time started{};
  {
    const std::lock_guard lock(mutex_);
    ordered = bodies_.at(name).order;
    started = bodies_.at(name).started;
  }
  const core::StartBody& order = *ordered;
  const bool overdue = overran(name);
  const bool ignored = order.on_failure == core::OnFailure::ignore && !order.keep_inputs && !overdue;
  if (node.state() == State::failed && ignored && node.write_default()) {
    node.set_error(nullptr);
    node.state_.store(State::done, std::memory_order_release);
  }
  std::optional<core::WorkerEvent> end;
  if (node.state() == State::done) {
    node.retain();
    store_.put(name.first, name.second, {.object = detail::NodeRef(&node)});
    end = returned(order, started, node);
  } else {
    const std::exception_ptr error =
        node.error() ? node.error() : std::make_exception_ptr(CancelledError("dflow: the task was cancelled"));
    end = threw(order, error, node.state() == State::failed && !overdue);
  }
  const std::lock_guard lock(mutex_);
  const auto body = bodies_.find(name);
  if (traced_) trace(name, body->second, *end);
  if (!overdue || body->second.over) return end_body(body, std::move(*end));
  const auto failure = std::get<core::BodyThrew>(*end).failure;
  body->second.late_end = std::move(end);
  apply(core::BodyTimedOut{name.first, name.second, failure});
}

bool WorkerProcess::overran(const Name& name) {
  const std::lock_guard lock(mutex_);
  return bodies_.at(name).overran;
}

/// The lock is held.
void WorkerProcess::end_body(std::map<Name, Body>::iterator body, core::WorkerEvent end) {
  const Name name = body->first;
  if (body->second.away) {
    body->second.end = std::move(end);
    body->second.waits = false;
    // What it has returned may end later, or never, where it has ended for its time limit.
    if (!std::exchange(body->second.resuming, true)) apply(core::BodyUnblocked{name.first, name.second});
    return;
  }
  forget_body(body);
  if (const auto* made = std::get_if<core::BodyReturned>(&end)) measure(made->bytes);
  apply(end);
}

core::WorkerEvent WorkerProcess::returned(const core::StartBody& order, core::Time started, Node& node) {
  core::BodyReturned event{.id = order.id, .attempt = order.attempt, .run_time = now() - started};
  const detail::ValueForm* form = node.value_form();
  event.bytes = node.value_size();
  if (!form || !form->write) return event;
  try {
    ValueBytes value = write_value(node);
    event.bytes = value.writer.size();
    if (order.wanted && event.bytes <= kSmallValue) {
      const std::vector<std::byte> bytes = value.writer.take();
      event.value = std::make_shared<const std::string>(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
  } catch (const std::exception&) {  // whoever needs the value is told
  }
  return event;
}

core::WorkerEvent WorkerProcess::threw(const core::StartBody& order, const std::exception_ptr& error, bool retry) {
  core::Failure failure{.origin = order.id, .worker = settings_.name};
  failure.payload = std::make_shared<const std::string>(write_exception(error, settings_.name));
  return core::BodyThrew{.id = order.id,
                         .attempt = order.attempt,
                         .failure = std::make_shared<const core::Failure>(std::move(failure)),
                         .retry = retry};
}

WorkerProcess::Body* WorkerProcess::body_of(const Node& node) {
  const core::TaskId id{node.extras() ? node.extras()->remote_id : 0};
  for (auto body = bodies_.lower_bound({id, core::Attempt{}}); body != bodies_.end() && body->first.first == id; ++body) {
    if (body->second.node.get() == &node) return &body->second;
  }
  return nullptr;
}

void WorkerProcess::blocked(Node& task) {
  const std::lock_guard lock(mutex_);
  Body* body = body_of(task);
  if (!body) return;
  body->waits = true;
  if (!std::exchange(body->away, true)) apply(core::BodyBlocked{body->order->id, body->order->attempt});
}

void WorkerProcess::overran(Node& task) {
  const std::lock_guard lock(mutex_);
  if (Body* body = body_of(task)) body->overran = true;
}

/// What it has printed leaves the process before its end is told, as that of others does.
void WorkerProcess::body_over(Node& task) {
  local::flush_output();
  const std::lock_guard lock(mutex_);
  Body* body = body_of(task);
  if (!body) return;
  body->over = true;
  if (!body->late_end) return;  // its task has not ended yet
  core::WorkerEvent end = std::move(*std::exchange(body->late_end, std::nullopt));
  end_body(bodies_.find({body->order->id, body->order->attempt}), std::move(end));
}

void WorkerProcess::unblocked(Node& task) {
  const std::lock_guard lock(mutex_);
  Body* body = body_of(task);
  if (!body) return;
  body->waits = false;
  if (body->away && !std::exchange(body->resuming, true)) {
    apply(core::BodyUnblocked{body->order->id, body->order->attempt});
  }
}

}  // namespace dflow::cluster
