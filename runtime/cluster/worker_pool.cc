#include "runtime/cluster/worker_pool.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

namespace dflow::cluster {

namespace {

using namespace std::chrono_literals;

constexpr int kMostFailedStarts = 3;
/// By others: an operator, or the kernel for want of memory.
constexpr int kMostKilledStarts = 50;
constexpr auto kToEnd = 2s;
/// Who ends so soon has not ended for want of a scheduler.
constexpr auto kCrashes = 1s;
/// So long who looks for a scheduler may rest before he looks again.
constexpr auto kPauseOfOthers = 1s;

/// Of the process with this descriptor, once it has ended. Its parent may have been told already: it waits for any child, or
/// ignores SIGCHLD.
core::WorkerEnd end_of(int pidfd) {
  siginfo_t info{};
  int waited = 0;
  do {
    waited = ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED);
  } while (waited != 0 && errno == EINTR);
  using Kind = core::WorkerEnd::Kind;
  if (waited != 0) return {.kind = Kind::unknown};
  return {.kind = info.si_code == CLD_EXITED ? Kind::exited : Kind::signalled, .code = info.si_status};
}

std::string briefly(const core::WorkerEnd& how) {
  switch (how.kind) {
    case core::WorkerEnd::Kind::signalled:
      return "signal " + std::to_string(how.code);
    case core::WorkerEnd::Kind::exited:
      return "exit code " + std::to_string(how.code);
    default:
      return "the program has taken its exit status";
  }
}

}  // namespace

WorkerPool::WorkerPool(Options options, Handlers handlers) : options_(std::move(options)), handlers_(std::move(handlers)) {
  for (std::size_t i = 0; i < options_.workers; ++i) {
    workers_.push_back({.name = options_.name_prefix + std::to_string(i + 1)});
  }
  wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const bool has_share = !options_.memory.strict && options_.memory.bytes > 0;
  if (has_share && !options_.shares) own_shares_.emplace(options_.memory.bytes * options_.workers);
  if (has_share) shares_ = own_shares_ ? &*own_shares_ : options_.shares;
}

WorkerPool::~WorkerPool() {
  stop();
  ::close(wake_fd_);
}

void WorkerPool::start() {
  if (shares_) {
    shared_as_ = shares_->join(options_.workers);
    options_.memory.bytes = shares_->share();
  }
  keeper_ = std::thread([this] { keep(); });
}

void WorkerPool::stop() {
  over_ = true;
  wind_down();
  if (keeper_.joinable()) keeper_.join();
  if (shared_as_) shares_->leave(*std::exchange(shared_as_, {}));
}

void WorkerPool::kill() {
  killing_ = true;
  stop();
}

std::vector<std::int64_t> WorkerPool::processes() {
  const std::lock_guard lock(mutex_);
  std::vector<std::int64_t> running;
  for (const Worker& worker : workers_) {
    if (worker.pid > 0) running.push_back(worker.pid);
  }
  return running;
}

void WorkerPool::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
}

void WorkerPool::wind_down() {
  winding_down_ = true;
  wake();
}

void WorkerPool::set(const std::string& name, bool Worker::*what) {
  const std::lock_guard lock(mutex_);
  for (Worker& worker : workers_) {
    if (worker.name == name) worker.*what = true;
  }
}

void WorkerPool::arrived(const std::string& name) { set(name, &Worker::arrived); }

void WorkerPool::joined(const std::string& name) { set(name, &Worker::joined); }

void WorkerPool::retired(const std::string& name) { set(name, &Worker::retired); }

void WorkerPool::await_all() {
  const std::lock_guard lock(mutex_);
  for (Worker& worker : workers_) {
    worker.arrived = false;
    worker.started = std::chrono::steady_clock::now() + kPauseOfOthers;
  }
}

void WorkerPool::replace(const std::string& name) {
  set(name, &Worker::condemned);
  wake();
}

/// By its descriptor: where the program waits for any child, the number may be another process's by now.
void WorkerPool::kill(const Worker& worker) noexcept { ::syscall(SYS_pidfd_send_signal, worker.pidfd, SIGKILL, nullptr, 0); }

void WorkerPool::kill_condemned() {
  const std::lock_guard lock(mutex_);
  for (Worker& worker : workers_) {
    if (std::exchange(worker.condemned, false) && worker.pid > 0) kill(worker);
  }
}

bool WorkerPool::scheduler_is_there() const { return !options_.scheduler_is_there || options_.scheduler_is_there(); }

void WorkerPool::kill_late() {
  if (options_.start_limit.count() == 0) return;
  const bool there = scheduler_is_there();
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  for (Worker& worker : workers_) {
    if (worker.arrived || worker.late || worker.pid <= 0) continue;
    if (!there) worker.started = now;  // it waits for the scheduler as well
    if (now - worker.started < options_.start_limit) continue;
    worker.late = true;
    kill(worker);
  }
}

/// The thread that starts the workers lives as long as they do: their parent's death signal is this thread's.
void WorkerPool::keep() {
  for (Worker& worker : workers_) start_one(worker);
  auto until = std::chrono::steady_clock::time_point::max();
  bool any = true;
  while (any && !killing_ && std::chrono::steady_clock::now() < until) {
    if (over_ && until == std::chrono::steady_clock::time_point::max()) until = std::chrono::steady_clock::now() + kToEnd;
    any = serve() || !over_;
  }
  for (Worker& worker : workers_) {
    if (worker.pid <= 0) continue;
    kill(worker);
    end(worker);
  }
}

/// Waits for something to happen and deals with it; false if no worker is left.
bool WorkerPool::serve() {
  std::vector<pollfd> polled{{.fd = wake_fd_, .events = POLLIN, .revents = 0}};
  for (const Worker& worker : workers_) {
    for (const int fd : {worker.out.fd, worker.err.fd, worker.pidfd}) polled.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  }
  const bool starts = std::ranges::any_of(workers_, [](const Worker& worker) { return worker.start_at.has_value(); });
  ::poll(polled.data(), polled.size(), starts ? 5 : over_ ? 20 : options_.memory.bytes > 0 ? 100 : 1000);
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wake_fd_, &count, sizeof count);
  kill_condemned();
  kill_late();
  start_waiting();
  look_at_memory();
  bool any = false;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = workers_[i];
    const pollfd* state = &polled[1 + 3 * i];
    if (state[0].revents != 0) read(worker, worker.out, false);
    if (state[1].revents != 0) read(worker, worker.err, true);
    if (state[2].revents != 0) end(worker);
    any = any || worker.pid > 0 || worker.start_at;
  }
  answer_flushes();
  return any;
}

void WorkerPool::end(Worker& worker) {
  ProcessEnd end{.how = end_of(worker.pidfd)};
  core::WorkerEnd& how = end.how;
  drain(worker, worker.out, false);
  drain(worker, worker.err, true);
  for (const std::string& line : worker.last_words) how.last_words += line + '\n';
  if (worker.board) end.running = worker.board->bodies();
  worker.board.reset();
  ::close(std::exchange(worker.pidfd, -1));
  std::int64_t pid = 0;
  bool joined = false, retired = false;
  {
    const std::lock_guard lock(mutex_);
    pid = std::exchange(worker.pid, -1);
    joined = worker.joined;
    retired = worker.retired;
  }
  handlers_.ended(pid, end);
  if (winding_down_ || retired) return;
  const bool killed = how.kind == core::WorkerEnd::Kind::signalled && how.code == SIGKILL && !worker.late;
  int& count = killed ? worker.killed_starts : worker.failed_starts;
  if (joined) worker.failed_starts = worker.killed_starts = 0;
  else if (scheduler_is_there() || std::chrono::steady_clock::now() - worker.begun < kCrashes) ++count;
  if (worker.failed_starts >= kMostFailedStarts || worker.killed_starts >= kMostKilledStarts) {
    return handlers_.gave_up(why_given_up(worker, how, count));
  }
  start_one(worker);
}

std::string WorkerPool::why_given_up(const Worker& worker, const core::WorkerEnd& how, int count) const {
  std::string text = worker.name;
  if (worker.late) {
    const auto limit = std::chrono::ceil<std::chrono::seconds>(options_.start_limit);
    text += " was not ready " + std::to_string(limit.count()) + " s after its start, " + std::to_string(count) +
            " times: do the program's static objects wait for something?";
  } else {
    text += " ended " + std::to_string(count) + " times before it was ready (" + briefly(how) + ")";
  }
  return text + (how.last_words.empty() ? "" : (worker.late ? " It said last:\n" : ":\n") + how.last_words);
}

}  // namespace dflow::cluster
