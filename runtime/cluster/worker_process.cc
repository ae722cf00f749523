#include "runtime/cluster/worker_process.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <dflow/detail/launch.h>
#include <dflow/detail/task_node.h>

#include "runtime/cluster/admission.h"
#include "runtime/cluster/exceptions.h"
#include "runtime/cluster/process_memory.h"
#include "runtime/cluster/program.h"
#include "runtime/cluster/reconnect.h"
#include "runtime/cluster/task_codec.h"
#include "runtime/cluster/threads.h"
#include "runtime/local/resources.h"

namespace dflow::cluster {

namespace {

using dflow::detail::Node;
using dflow::detail::State;
using namespace std::chrono_literals;

/// Questions for values under way at once.
constexpr int kFetchers = 4;
/// A result of at most this size goes to the client with the news of it.
constexpr std::size_t kSmallValue = 4096;
constexpr auto kTick = 100ms;
/// Of a worker that has a peer or two, without those that run bodies.
constexpr std::size_t kOwnThreads = kFetchers + 8;

WorkerProcess* this_process = nullptr;

core::Time now() { return core::Time(std::chrono::steady_clock::now().time_since_epoch()); }

/// What tasks have printed leaves the process before their ends are told.
void flush_output() {
  std::cout.flush();
  std::clog.flush();
  std::fflush(nullptr);
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::size_t bodies_at_once() {
  const int said = std::atoi(environment("DFLOW_THREADS").c_str());
  return said > 0 ? static_cast<std::size_t>(said) : std::thread::hardware_concurrency();
}

std::optional<Board> own_board() {
  const std::string descriptor = environment("DFLOW_WORKER_BOARD");
  return descriptor.empty() ? std::nullopt : Board::join(std::atoi(descriptor.c_str()));
}

}  // namespace

WorkerProcess* this_worker_process() noexcept { return this_process; }

Result<WorkerSettings> WorkerSettings::from_environment() {
  Result<net::Address> address = net::parse_address(environment("DFLOW_WORKER"));
  if (!address) return formats::Error{"dflow: DFLOW_WORKER: " + address.message()};
  std::string program = environment("DFLOW_WORKER_PROGRAM");
  const bool hosted = !program.empty();
  if (!hosted) program = program_id();
  if (!program.starts_with(program_id())) {
    return formats::Error{"dflow: DFLOW_WORKER_PROGRAM=" + program + ": this executable is another build (" + program_id() + ")"};
  }
  std::shared_ptr<net::Credentials> credentials;
  if (const std::string folder = environment("DFLOW_WORKER_SECURITY"); !folder.empty()) {
    Result<std::shared_ptr<net::Credentials>> read = credentials_in(folder, net::CertificateRole::worker);
    if (!read) return formats::Error{"dflow: " + read.message()};
    credentials = std::move(read).value();
  }
  WorkerSettings settings{.scheduler = std::move(address).value(),
                          .name = environment("DFLOW_WORKER_NAME"),
                          .secret = environment("DFLOW_WORKER_SECRET"),
                          .program = std::move(program),
                          .hosted = hosted,
                          .resources = local::parse_resources(environment("DFLOW_WORKER_RESOURCES"))[""],
                          .credentials = std::move(credentials)};
  settings.read_memory();
  return settings;
}

/// A task of the engine's whose body makes another from its bytes: that takes time that belongs to no other thread.
class WorkerProcess::Loader final : public detail::Value<void> {
 public:
  Loader(WorkerProcess& worker, Order order) : worker_(worker), order_(std::move(order)) {}
  void run() override {
    std::construct_at(&value_);
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

WorkerProcess::WorkerProcess(WorkerSettings settings) : settings_(std::move(settings)) { this_process = this; }

Result<int> WorkerProcess::run() {
  keep_freed_memory();
  if (const std::string lack = lack_of_threads(kOwnThreads + bodies_at_once()); !lack.empty())
    return formats::Error{"dflow: " + lack};
  executor_ = std::make_unique<Executor>();
  net::Hello self{.role = net::Role::peer, .program = settings_.program, .name = settings_.name, .secret = settings_.secret};
  links_ = std::make_unique<PeerLinks>(self, settings_.credentials);
  Result<std::unique_ptr<net::Stream>> stream = reach_scheduler();
  if (!stream) return formats::Error{"dflow: " + stream.message()};
  // Where the scheduler is reached from, others reach this worker.
  Result<std::unique_ptr<PeerServer>> server =
      PeerServer::start(self, stream.value()->local_host(), settings_.credentials, store_,
                        {.pushed =
                             [this](core::TaskId id, core::Attempt version, std::uint64_t bytes) {
                               const std::lock_guard lock(mutex_);
                               measure(bytes);
                               apply(core::ValuePushed{.id = id, .version = version, .bytes = bytes});
                             },
                         .admit = [this](std::uint64_t bytes) { admit(bytes); },
                         .arrived = [this](std::uint64_t bytes) { arrived(bytes); },
                         .spoilt = [this](core::TaskId id, core::Attempt version) { spoilt(id, version); }});
  if (!server) return server.error();
  server_ = std::move(server).value();

  net::Hello hello = self;
  hello.role = net::Role::worker;
  hello.host = host_name();
  hello.address = server_->address().text();
  hello.threads = static_cast<std::int32_t>(executor_->threads());
  hello.pid = ::getpid();
  hello.resources = settings_.resources;
  Result<Greeted> greeted = introduce(std::move(stream).value(), settings_.scheduler, hello);
  if (!greeted) return formats::Error{"dflow: " + greeted.message()};
  id_ = core::WorkerId{greeted.value().welcome.id};
  hello_ = hello;
  cluster_ = greeted.value().welcome.cluster;
  board_ = own_board();
  brain_ = std::make_unique<core::Worker>(
      id_, core::WorkerLimits{.threads = static_cast<std::uint16_t>(executor_->threads()),
                              .memory = settings_.memory.bytes,
                              .strict = settings_.memory.strict});
  if (brain_->bounded()) spiller_ = std::thread([this] { spill(); });
  for (int i = 0; i < kFetchers; ++i) fetchers_.emplace_back([this] { fetch(); });
  {
    const std::lock_guard lock(mutex_);
    open_connection(std::move(greeted.value().stream));
  }
  tick();
  // Bodies may still run: the process ends under them, and with it all threads.
  flush_output();
  std::_Exit(why_over_.empty() ? 0 : (std::cerr << why_over_ << '\n', 1));
}

void WorkerProcess::tick() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (cut_) rejoin_scheduler(lock);
    tell_starts();
    trim(lock);
    measure(0);
    apply(core::Tick{now()});
    changed_.wait_for(lock, kTick, [&] { return over_ || cut_; });
  }
}

void WorkerProcess::open_connection(std::unique_ptr<net::Stream> stream) {
  scheduler_ = std::make_unique<net::Connection>(std::move(stream));
  scheduler_->start({.received = [this](std::vector<std::string> messages) { received(std::move(messages)); },
                     .closed = [this](const std::string& reason) { scheduler_lost(reason); }});
}

void WorkerProcess::scheduler_lost(const std::string&) {
  if (cluster_ != 0) {
    const std::lock_guard lock(mutex_);
    cut_ = true;
    changed_.notify_all();
    return;
  }
  // Its tasks are lost to everybody; nothing that still runs here is of use.
  flush_output();
  std::_Exit(0);
}

void WorkerProcess::received(std::vector<std::string> messages) {
  const std::lock_guard lock(mutex_);
  for (const std::string& bytes : messages) {
    Result<ToWorker> message = core::decode<ToWorker>(bytes);
    if (!message) {
      why_over_ = "dflow: " + message.message();
      over_ = true;
      changed_.notify_all();
      return;
    }
    std::visit(
        [&](auto& m) {
          using M = std::remove_cvref_t<decltype(m)>;
          if constexpr (std::is_same_v<M, PeerJoined>) {
            links_->add(m.worker, m.address);
          } else if constexpr (std::is_same_v<M, PeerLeft>) {
            links_->remove(m.worker);
          } else if constexpr (std::is_same_v<M, TraceWanted>) {
            traced_ = true;
          } else if constexpr (std::is_same_v<M, SetUp>) {
            start_set_up(std::move(m));
          } else if constexpr (std::is_same_v<M, core::FenceWorker>) {
            over_ = true;
            changed_.notify_all();
          } else {
            events_.push_back(std::move(m));
          }
        },
        message.value());
  }
  apply_all();
}

void WorkerProcess::tell(const core::WorkerEvent& event) {
  const std::lock_guard lock(mutex_);
  apply(event);
}

void WorkerProcess::apply(const core::WorkerEvent& event) {
  events_.push_back(event);
  if (!applying_) apply_all();  // else it comes from what is being carried out
}

void WorkerProcess::apply_all() {
  applying_ = true;
  {
    const net::Together together;
    while (!events_.empty()) {
      core::WorkerEvent next = std::move(events_.front());
      events_.pop_front();
      for (core::WorkerAction& action : brain_->apply(std::move(next))) std::visit([&](auto& each) { carry_out(each); }, action);
    }
    send_reports();
  }
  applying_ = false;
  if (!to_fetch_.empty()) fetch_wanted_.notify_one();  // once: one of them asks for many
  // It is known by now that they start: who is to blame for this process's end is told by that.
  for (const Order& order : std::exchange(starting_, {})) start(order);
}

// ---- What the brain asks for ---------------------------------------------------------------------------------------

void WorkerProcess::carry_out(const core::StartFetch& action) {
  to_fetch_.push_back(action);
}

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
  detail::Extras* extras = body.node ? body.node.get()->extras() : nullptr;
  if (extras) extras->stop.request_stop();
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

void WorkerProcess::carry_out(const core::DropValue& action) {
  store_.drop(action.id, action.version);
  released_ = true;
}

void WorkerProcess::carry_out(const core::Leave&) {
  over_ = true;
  changed_.notify_all();
}

// ---- Bodies ----------------------------------------------------------------------------------------------------------

void WorkerProcess::load(const core::StartBody& order) {
  const Name name{order.id, order.attempt};
  const core::Time begun = now();  // a thread of the engine's may have had to wake up first
  try {
    Node* node = read_task(*order.payload, [&](std::uint32_t index, const detail::ValueForm& form) {
      if (index >= order.inputs.size()) throw SerializeError("dflow: a task names an input that it does not have");
      const core::Input& input = order.inputs[index];
      return store_.object(input.id, input.version, form);
    });
    detail::NodeRef handle(node);
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
      body.started = begun;
      if (body.stopped) extras.stop.request_stop();  // it was not there yet when it was to stop
    }
    if (order.default_value) {
      if (!node->write_default()) throw SerializeError("dflow: OnFailure::ignore needs a result type with a default value");
      node->release_arguments();
      node->release_from_runtime();
      node->state_.store(State::done, std::memory_order_release);
      node->dependents.store(detail::closed(), std::memory_order_release);
      return body_ended(name, *node);
    }
    detail::observe_node(*node, *new EndOfBody(*this, name));
    detail::run_here(detail::scope_of(*executor_), *node);
  } catch (const DamagedValue& damaged) {
    spoilt(damaged.id, damaged.version);
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
  flush_output();
  if (settle_) settle_();
  Order ordered;
  core::Time started{};
  {
    const std::lock_guard lock(mutex_);
    ordered = bodies_.at(name).order;
    started = bodies_.at(name).started;
  }
  const core::StartBody& order = *ordered;
  const bool overdue = node.marked(detail::kTimedOut);
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
  if (body->second.away) {
    body->second.end = std::move(end);
    return;
  }
  forget_body(body);
  if (const auto* made = std::get_if<core::BodyReturned>(&*end)) measure(made->bytes);
  apply(*end);
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
  failure.payload = std::make_shared<const std::string>(write_exception(error));
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
