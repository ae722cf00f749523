#include "runtime/cluster/worker_process.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "runtime/cluster/admission.h"
#include "runtime/cluster/program.h"
#include "runtime/cluster/reconnect.h"
#include "runtime/cluster/threads.h"
#include "runtime/local/output.h"
#include "runtime/local/resources.h"
#include "runtime/net/heap.h"

namespace dflow::cluster {

namespace {

using namespace std::chrono_literals;

/// Questions for values under way at once.
constexpr int kFetchers = 4;
constexpr auto kTick = 100ms;
/// Of a worker that has a peer or two, without those that run bodies.
constexpr std::size_t kOwnThreads = kFetchers + 8;

WorkerProcess* this_process = nullptr;

core::Time now() { return core::Time(std::chrono::steady_clock::now().time_since_epoch()); }

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::size_t bodies_at_once() {
  const int said = std::atoi(environment("DFLOW_THREADS").c_str());
  return said > 0 ? static_cast<std::size_t>(said) : std::thread::hardware_concurrency();
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
  const Result<std::chrono::seconds> most = cluster::patience();
  if (!most) return formats::Error{"dflow: " + most.message()};
  Admission admission;
  if (const std::string folder = environment("DFLOW_WORKER_SECURITY"); !folder.empty()) {
    Result<Admission> read = admission_by(folder, net::CertificateRole::worker);
    if (!read) return formats::Error{"dflow: " + read.message()};
    admission = std::move(read).value();
  }
  WorkerSettings settings{.scheduler = std::move(address).value(),
                          .name = environment("DFLOW_WORKER_NAME"),
                          .secret = environment("DFLOW_WORKER_SECRET"),
                          .program = std::move(program),
                          .hosted = hosted,
                          .resources = local::parse_resources(environment("DFLOW_WORKER_RESOURCES"))[""],
                          .credentials = std::move(admission.credentials),
                          .revocations = std::move(admission.revocations),
                          .patience = most.value()};
  if (const std::string board = environment("DFLOW_WORKER_BOARD"); !board.empty()) settings.board = std::atoi(board.c_str());
  settings.read_memory();
  return settings;
}

WorkerProcess::WorkerProcess(WorkerSettings settings) : settings_(std::move(settings)) { this_process = this; }

Result<int> WorkerProcess::run() {
  net::keep_freed_memory();
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
                         .admit = [this](std::uint64_t bytes) { return admit(bytes); },
                         .arrived = [this](std::uint64_t bytes) { arrived(bytes); },
                         .spoilt = [this](const DamagedValue& value) { spoilt(value); }});
  if (!server) return server.error();
  server_ = std::move(server).value();

  net::Hello hello = self;
  hello.role = net::Role::worker;
  hello.host = host_name();
  hello.address = server_->address().text();
  hello.threads = static_cast<std::int32_t>(executor_->threads());
  hello.pid = ::getpid();
  hello.resources = settings_.resources;
  Result<Greeted> greeted = join(way_in(), hello, std::move(stream).value());
  if (!greeted) return formats::Error{"dflow: " + greeted.message()};
  id_ = core::WorkerId{greeted.value().welcome.id};
  hello_ = hello;
  core::Settings settings;
  const std::chrono::milliseconds heartbeat(greeted.value().welcome.heartbeat);
  if (heartbeat.count() > 0) settings.heartbeat = heartbeat;
  if (settings_.board) board_ = Board::join(*settings_.board);
  brain_ = std::make_unique<core::Worker>(
      id_,
      core::WorkerLimits{.threads = static_cast<std::uint16_t>(executor_->threads()),
                         .memory = settings_.memory.bytes,
                         .strict = settings_.memory.strict},
      settings);
  if (brain_->bounded()) {
    store_.bound_loans(settings_.memory.bytes / 16);
    spiller_ = std::thread([this] { spill(); });
  }
  for (int i = 0; i < kFetchers; ++i) fetchers_.emplace_back([this] { fetch(); });
  {
    const std::lock_guard lock(mutex_);
    open_connection(std::move(greeted).value());
    begun_ = true;  // who has heard of this worker before may have sent values
    changed_.notify_all();
  }
  tick();
  // Bodies may still run: the process ends under them, and with it all threads.
  local::flush_output();
  std::_Exit(why_over_.empty() ? 0 : (std::cerr << why_over_ << '\n', 1));
}

void WorkerProcess::tick() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (cut_) rejoin_scheduler(lock);
    drop_revoked();
    tell_starts();
    trim(lock);
    measure(0);
    apply(core::Tick{now()});
    changed_.wait_for(lock, kTick, [&] { return over_ || cut_; });
  }
}

void WorkerProcess::scheduler_lost() {
  // Its tasks are lost to everybody; nothing that still runs here is of use.
  local::flush_output();
  std::_Exit(0);
}

void WorkerProcess::received(std::vector<std::string> messages) {
  std::vector<Result<ToWorker>> decoded;  // without the lock, which bodies need when they end
  decoded.reserve(messages.size());
  for (const std::string& bytes : messages) decoded.push_back(core::decode<ToWorker>(bytes));
  const std::lock_guard lock(mutex_);
  const std::size_t before = brain_->tasks();
  for (Result<ToWorker>& message : decoded) {
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
            if (m.worker != id_) to_call_.push_back(m.worker), fetch_wanted_.notify_one();
          } else if constexpr (std::is_same_v<M, PeerLeft>) {
            links_->remove(m.worker);
          } else if constexpr (std::is_same_v<M, TraceWanted>) {
            traced_ = true;
          } else if constexpr (std::is_same_v<M, SetUp>) {
            start_set_up(std::move(m));
          } else if constexpr (std::is_same_v<M, Call>) {
            start_call(std::move(m));
          } else if constexpr (std::is_same_v<M, RunTasks>) {
            for (core::RunTask& order : m.tasks) events_.push_back(std::move(order));
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
  half_done_.received(before, brain_->tasks());
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

void WorkerProcess::carry_out(const core::DropValue& action) {
  store_.drop(action.id, action.version);
  released_ = true;
}

void WorkerProcess::carry_out(const core::Leave&) {
  over_ = true;
  changed_.notify_all();
}

}  // namespace dflow::cluster
