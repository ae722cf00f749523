#include "runtime/cluster/worker_pool.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

extern char** environ;

namespace dflow::cluster {

namespace {

using namespace std::chrono_literals;

constexpr int kMostFailedStarts = 3;
/// By others: an operator, or the kernel for want of memory.
constexpr int kMostKilledStarts = 50;
/// The descriptor of a worker's board.
constexpr int kBoard = 3;
constexpr std::size_t kLastWords = 10;
constexpr std::size_t kLongestLine = 64 << 10;
constexpr auto kToEnd = 2s;

/// What programs of another user get to see of this process's environment.
bool is_for_all(std::string_view variable) {
  return variable.starts_with("PATH=") || variable.starts_with("LANG=") || variable.starts_with("LC_") ||
         variable.starts_with("TZ=");
}

void add_account(std::vector<std::string>& variables, const Account& account) {
  variables.push_back("HOME=" + account.home);
  variables.push_back("USER=" + account.name);
  variables.push_back("LOGNAME=" + account.name);
  variables.push_back("SHELL=" + account.shell);
}

/// This process's environment without dflow's variables, and what the worker is told.
std::vector<std::string> environment_for(const WorkerPool::Options& options, const std::string& name, bool board) {
  std::vector<std::string> variables;
  const auto replaced = [&](std::string_view variable) {
    return variable.starts_with("DFLOW_") || std::ranges::any_of(options.environment, [&](const auto& other) {
             return variable.substr(0, variable.find('=')) == other.first;
           });
  };
  for (char** variable = environ; *variable; ++variable) {
    if (!replaced(*variable) && (!options.account || is_for_all(*variable))) variables.emplace_back(*variable);
  }
  if (options.account) add_account(variables, *options.account);
  for (const auto& [variable, value] : options.environment) variables.push_back(variable + '=' + value);
  variables.push_back("DFLOW_WORKER=" + options.scheduler.text());
  variables.push_back("DFLOW_WORKER_NAME=" + name);
  variables.push_back("DFLOW_WORKER_SECRET=" + options.secret);
  if (board) variables.push_back("DFLOW_WORKER_BOARD=" + std::to_string(kBoard));
  if (!options.security.empty()) variables.push_back("DFLOW_WORKER_SECURITY=" + options.security);
  variables.push_back("DFLOW_THREADS=" + std::to_string(options.threads));
  if (options.memory.bytes > 0) {
    const char* variable = options.memory.strict ? "DFLOW_WORKER_MEMORY=" : "DFLOW_WORKER_MEMORY_SHARE=";
    variables.push_back(variable + std::to_string(options.memory.bytes));
  }
  if (!options.spill.empty()) variables.push_back("DFLOW_WORKER_SPILL=" + options.spill);
  if (options.resources) variables.push_back("DFLOW_WORKER_RESOURCES=" + options.resources(name));
  return variables;
}

std::string no_more_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return "no more files can be opened for worker processes: each takes four, and " + std::to_string(limit.rlim_cur) +
         " are allowed; ask for fewer workers, or raise the limit (ulimit -n)";
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// For good: nothing of this process's user is left.
bool change_to(const Account& account) {
  const bool changed = ::setgroups(account.groups.size(), account.groups.data()) == 0 &&
                       ::setresgid(account.gid, account.gid, account.gid) == 0 &&
                       ::setresuid(account.uid, account.uid, account.uid) == 0;
  ::umask(077);
  return changed && (::chdir(account.home.c_str()) == 0 || ::chdir("/") == 0);
}

/// In the child: only what may be called between fork and exec.
[[noreturn]] void become(const char* executable, char** arguments, char** variables, int out, int err, int board, int parent,
                         const Account* account) {
  if (account && !change_to(*account)) ::_exit(127);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a change of user would undo it
  if (::getppid() != parent) ::_exit(127);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  if (board == kBoard) ::fcntl(kBoard, F_SETFD, 0);
  else if (board >= 0) ::dup2(board, kBoard);
  ::syscall(SYS_close_range, board >= 0 ? kBoard + 1U : 0U + kBoard, ~0U, 0U);
  // A file that has just been written may still be open in a child of another thread that is about to exec.
  const timespec moment{.tv_sec = 0, .tv_nsec = 10'000'000};
  for (int tries = 0; tries < 100; ++tries) {
    ::execve(executable, arguments, variables);
    if (errno != ETXTBSY) break;
    ::nanosleep(&moment, nullptr);
  }
  const std::string_view text =
      errno == EACCES ? "dflow: the worker's executable may not be run: is its folder mounted noexec, or closed to its user?\n"
                      : "dflow: the worker's executable cannot be started\n";
  [[maybe_unused]] const auto written = ::write(2, text.data(), text.size());
  ::_exit(127);
}

}  // namespace

WorkerPool::WorkerPool(Options options, Handlers handlers) : options_(std::move(options)), handlers_(std::move(handlers)) {
  for (std::size_t i = 0; i < options_.workers; ++i) {
    workers_.push_back({.name = options_.name_prefix + std::to_string(i + 1)});
  }
  wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

WorkerPool::~WorkerPool() {
  stop();
  ::close(wake_fd_);
}

void WorkerPool::start() {
  keeper_ = std::thread([this] { keep(); });
}

void WorkerPool::stop() {
  over_ = true;
  wind_down();
  if (keeper_.joinable()) keeper_.join();
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

void WorkerPool::replace(const std::string& name) {
  set(name, &Worker::condemned);
  wake();
}

void WorkerPool::flush(std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    flushes_.push_back(std::move(done));
  }
  wake();
}

void WorkerPool::answer_flushes() {
  std::vector<std::function<void()>> asked;
  {
    const std::lock_guard lock(mutex_);
    asked.swap(flushes_);
  }
  if (asked.empty()) return;
  for (Worker& worker : workers_) {
    read_what_is_there(worker, worker.out, false);
    read_what_is_there(worker, worker.err, true);
  }
  for (const auto& done : asked) done();
}

/// Not what comes meanwhile: a task may print without an end.
void WorkerPool::read_what_is_there(Worker& worker, Pipe& pipe, bool is_error) {
  int bytes = 0;
  if (pipe.fd < 0 || ::ioctl(pipe.fd, FIONREAD, &bytes) != 0) return;
  for (int left = bytes; left > 0 && pipe.fd >= 0;) left -= static_cast<int>(read(worker, pipe, is_error));
}

void WorkerPool::kill_condemned() {
  const std::lock_guard lock(mutex_);
  for (Worker& worker : workers_) {
    if (std::exchange(worker.condemned, false) && worker.pid > 0) ::kill(worker.pid, SIGKILL);
  }
}

void WorkerPool::kill_late() {
  if (options_.start_limit.count() == 0) return;
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  for (Worker& worker : workers_) {
    if (worker.arrived || worker.late || worker.pid <= 0 || now - worker.started < options_.start_limit) continue;
    worker.late = true;
    ::kill(worker.pid, SIGKILL);
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
    ::kill(worker.pid, SIGKILL);
    end(worker);
  }
}

void WorkerPool::start_one(Worker& worker) {
  std::array<int, 2> out{}, err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) return handlers_.gave_up(no_more_files());
  if (::pipe2(err.data(), O_CLOEXEC) != 0) {
    ::close(out[0]);
    ::close(out[1]);
    return handlers_.gave_up(no_more_files());
  }
  std::vector<std::string> arguments{options_.shown_name};
  worker.board = Board::make();
  std::vector<std::string> variables = environment_for(options_, worker.name, worker.board.has_value());
  const std::vector<char*> argument_pointers = pointers_to(arguments), variable_pointers = pointers_to(variables);
  const int parent = ::getpid();
  const int pid = ::fork();
  if (pid == 0) {
    become(options_.executable.c_str(), const_cast<char**>(argument_pointers.data()),
           const_cast<char**>(variable_pointers.data()), out[1], err[1],
           worker.board ? worker.board->descriptor() : -1, parent,
           options_.account ? &*options_.account : nullptr);
  }
  ::close(out[1]);
  ::close(err[1]);
  if (pid < 0) {
    ::close(out[0]);
    ::close(err[0]);
    return handlers_.gave_up(std::string("no process can be started: ") + std::strerror(errno));
  }
  worker.pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (worker.pidfd < 0) {  // nobody would hear of its end
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    ::close(out[0]);
    ::close(err[0]);
    return handlers_.gave_up(no_more_files());
  }
  worker.out = {.fd = out[0]};
  worker.err = {.fd = err[0]};
  worker.last_words.clear();
  const std::lock_guard lock(mutex_);
  worker.pid = pid;
  worker.started = std::chrono::steady_clock::now();
  worker.arrived = worker.joined = worker.condemned = worker.late = false;
}

/// Waits for something to happen and deals with it; false if no worker is left.
bool WorkerPool::serve() {
  std::vector<pollfd> polled{{.fd = wake_fd_, .events = POLLIN, .revents = 0}};
  for (const Worker& worker : workers_) {
    for (const int fd : {worker.out.fd, worker.err.fd, worker.pidfd}) polled.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  }
  ::poll(polled.data(), polled.size(), over_ ? 20 : options_.memory.bytes > 0 ? 100 : 1000);
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wake_fd_, &count, sizeof count);
  kill_condemned();
  kill_late();
  look_at_memory();
  bool any = false;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = workers_[i];
    const pollfd* state = &polled[1 + 3 * i];
    if (state[0].revents != 0) read(worker, worker.out, false);
    if (state[1].revents != 0) read(worker, worker.err, true);
    if (state[2].revents != 0) end(worker);
    any = any || worker.pid > 0;
  }
  answer_flushes();
  return any;
}

std::size_t WorkerPool::read(Worker& worker, Pipe& pipe, bool is_error) {
  std::array<char, 16384> buffer;
  const ssize_t got = ::read(pipe.fd, buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return 0;
  if (got <= 0) {
    ::close(std::exchange(pipe.fd, -1));
    print(worker, pipe, is_error, true);
    return 0;
  }
  pipe.line.append(buffer.data(), static_cast<std::size_t>(got));
  print(worker, pipe, is_error, pipe.line.size() > kLongestLine);
  return static_cast<std::size_t>(got);
}

void WorkerPool::print(Worker& worker, Pipe& pipe, bool is_error, bool all) {
  const std::size_t end = all ? pipe.line.size() : pipe.line.rfind('\n') + 1;
  if (end == 0) return;
  std::string text = pipe.line.substr(0, end);
  pipe.line.erase(0, end);
  if (text.back() != '\n') text += '\n';
  if (is_error) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t newline = text.find('\n', begin);
      worker.last_words.push_back(text.substr(begin, newline - begin));
      begin = newline + 1;
    }
    if (worker.last_words.size() > kLastWords) {
      worker.last_words.erase(worker.last_words.begin(), worker.last_words.end() - kLastWords);
    }
  }
  handlers_.printed({.worker = worker.name, .is_error = is_error, .text = std::move(text)});
}

/// What is left in the pipe; a process that a task has started may keep its other end open.
void WorkerPool::drain(Worker& worker, Pipe& pipe, bool is_error) {
  pollfd left{.fd = pipe.fd, .events = POLLIN, .revents = 0};
  while (pipe.fd >= 0 && ::poll(&left, 1, 0) == 1) read(worker, pipe, is_error);
  if (pipe.fd < 0) return;
  ::close(std::exchange(pipe.fd, -1));
  print(worker, pipe, is_error, true);
}

void WorkerPool::end(Worker& worker) {
  int status = 0;
  if (::waitpid(worker.pid, &status, 0) != worker.pid) status = 0;
  drain(worker, worker.out, false);
  drain(worker, worker.err, true);
  ProcessEnd end;
  core::WorkerEnd& how = end.how;
  how.kind = WIFSIGNALED(status) ? core::WorkerEnd::Kind::signalled : core::WorkerEnd::Kind::exited;
  how.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
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
  const bool killed = WIFSIGNALED(status) && how.code == SIGKILL && !worker.late;
  int& count = killed ? worker.killed_starts : worker.failed_starts;
  if (joined) worker.failed_starts = worker.killed_starts = 0;
  else ++count;
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
    text += " ended " + std::to_string(count) + " times before it was ready (" +
            (how.kind == core::WorkerEnd::Kind::signalled ? "signal " : "exit code ") + std::to_string(how.code) + ")";
  }
  return text + (how.last_words.empty() ? "" : (worker.late ? " It said last:\n" : ":\n") + how.last_words);
}

}  // namespace dflow::cluster
