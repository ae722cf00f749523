// How a worker's process is started.

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <ctime>

#include "runtime/cluster/worker_pool.h"

extern char** environ;

namespace dflow::cluster {

namespace {

/// The descriptor of a worker's board.
constexpr int kBoard = 3;
/// A file that has just been written may still be open in a child of another thread that is about to exec: so often it is tried again,
/// with such pauses.
constexpr int kBusyTries = 300;
constexpr std::chrono::milliseconds kBusyPause{10};

/// What programs of another user get to see of this process's environment.
bool is_for_all(std::string_view variable) {
  return variable.starts_with("PATH=") || variable.starts_with("LANG=") || variable.starts_with("LC_") ||
         variable.starts_with("TZ=");
}

/// Of dflow's own variables those by which a worker talks to others; the rest is what this process was told itself.
bool is_of_members(std::string_view name) {
  return name == "DFLOW_COMPRESSION" || name == "DFLOW_RECONNECT" || name == "DFLOW_SHARED_MEMORY" || name == "DFLOW_UNIX_SOCKETS";
}

/// Tasks make and drop many values of one size. The C library keeps 7 blocks of a size for a thread, and takes a longer way for others.
constexpr std::string_view kTunables = "GLIBC_TUNABLES", kCache = "glibc.malloc.tcache_count";

/// Besides what is said already, unless that is about the same. The worker is told what was said, for the programs that its tasks start.
void enlarge_cache(std::vector<std::string>& variables) {
  const std::string key = std::string(kTunables) + '=', cache = std::string(kCache) + "=100";
  const auto variable = std::ranges::find_if(variables, [&](const std::string& each) { return each.starts_with(key); });
  const std::string said = variable == variables.end() ? "" : variable->substr(key.size());
  if (said.find(kCache) != std::string::npos) return;
  if (variable != variables.end()) variables.erase(variable);
  variables.push_back(key + (said.empty() ? cache : said + ':' + cache));
  variables.push_back("DFLOW_WORKER_TUNABLES=" + said);
}

void add_account(std::vector<std::string>& variables, const Account& account) {
  variables.push_back("HOME=" + account.home);
  variables.push_back("USER=" + account.name);
  variables.push_back("LOGNAME=" + account.name);
  variables.push_back("SHELL=" + account.shell);
}

/// This process's environment without what dflow's variables say to this process alone, and what the worker is told.
std::vector<std::string> environment_for(const WorkerPool::Options& options, const std::string& name, bool board) {
  std::vector<std::string> variables;
  const auto replaced = [&](std::string_view key) {
    return key.starts_with("DFLOW_") || std::ranges::any_of(options.environment, [&](const auto& other) { return key == other.first; });
  };
  for (char** each = environ; *each; ++each) {
    const std::string_view variable = *each, key = variable.substr(0, variable.find('='));
    const bool kept = is_of_members(key) || (!replaced(key) && (!options.account || is_for_all(variable)));
    if (kept) variables.emplace_back(variable);
  }
  if (options.account) add_account(variables, *options.account);
  for (const auto& [variable, value] : options.environment) variables.push_back(variable + '=' + value);
  enlarge_cache(variables);
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

/// What this process catches, its child would catch in this process's memory.
void catch_nothing() {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = SIG_DFL;
    ::sigaction(signal, &action, nullptr);
  }
}

/// Holds this thread's signals back, so that a child has none before it is ready for them.
class WithoutSignals {
 public:
  WithoutSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~WithoutSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  WithoutSignals(const WithoutSignals&) = delete;
  WithoutSignals& operator=(const WithoutSignals&) = delete;

 private:
  sigset_t before_{};
};

/// What a child needs to become a worker; all of it is made before there is one.
struct Child {
  const char* executable;
  char** arguments;
  char** variables;
  int out, err;
  int board;  ///< Negative if there is none.
  int parent;
  const Account* account;  ///< Null: this process's user.
  volatile bool* busy;  ///< Set if the executable is being written. Null: it waits for that itself.
};

/// In the child: only what may be called between vfork and exec. It runs in the parent's memory, with a frame of its own.
[[noreturn, gnu::noinline]] void become(const Child& child) {
  const auto& [executable, arguments, variables, out, err, board, parent, account, busy] = child;
  if (account && !change_to(*account)) ::_exit(127);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a change of user would undo it
  if (::getppid() != parent) ::_exit(127);
  catch_nothing();
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
  const timespec moment{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(kBusyPause).count()};
  for (int tries = 0; tries < kBusyTries; ++tries) {
    ::execve(executable, arguments, variables);
    if (errno != ETXTBSY) break;
    if (busy) *busy = true, ::_exit(127);
    ::nanosleep(&moment, nullptr);
  }
  const std::string_view text =
      errno == EACCES ? "dflow: the worker's executable may not be run: is its folder mounted noexec, or closed to its user?\n"
                      : "dflow: the worker's executable cannot be started\n";
  [[maybe_unused]] const auto written = ::write(2, text.data(), text.size());
  ::_exit(127);
}

/// Its number, or -1. After a fork, each page of this process that is written to would cost a fault. But who changes his user does so
/// with all threads that he finds in his memory. Nobody is waited for: until a child has its own memory, this thread stands still.
int start_child(Child child) {
  const WithoutSignals quiet;
  if (child.account) child.busy = nullptr;
  const int pid = child.account ? ::fork() : ::vfork();
  if (pid == 0) become(child);
  return pid;
}

}  // namespace

void WorkerPool::start_later(Worker& worker) {
  if (++worker.busy_tries >= kBusyTries) return handlers_.gave_up(options_.executable + " cannot be started: somebody is writing it");
  worker.start_at = std::chrono::steady_clock::now() + kBusyPause;
}

/// Those whose executable was being written.
void WorkerPool::start_waiting() {
  for (Worker& worker : workers_) {
    if (!worker.start_at || (!winding_down_ && std::chrono::steady_clock::now() < *worker.start_at)) continue;
    worker.start_at.reset();
    std::unique_lock lock(mutex_);
    const bool wanted = !winding_down_ && !worker.retired;
    lock.unlock();
    if (wanted) start_one(worker);
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
  volatile bool busy = false;  // a child may write here
  std::vector<std::string> arguments{options_.shown_name};
  worker.board = Board::make();
  if (worker.board && shares_) worker.board->allow(options_.memory.bytes);
  std::vector<std::string> variables = environment_for(options_, worker.name, worker.board.has_value());
  std::vector<char*> argument_pointers = pointers_to(arguments), variable_pointers = pointers_to(variables);
  const int pid = start_child({.executable = options_.executable.c_str(),
                               .arguments = argument_pointers.data(),
                               .variables = variable_pointers.data(),
                               .out = out[1],
                               .err = err[1],
                               .board = worker.board ? worker.board->descriptor() : -1,
                               .parent = ::getpid(),
                               .account = options_.account ? &*options_.account : nullptr,
                               .busy = &busy});
  ::close(out[1]);
  ::close(err[1]);
  if (pid < 0) {
    ::close(out[0]);
    ::close(err[0]);
    return handlers_.gave_up(std::string("no process can be started: ") + std::strerror(errno));
  }
  if (busy) {
    ::waitpid(pid, nullptr, 0);
    ::close(out[0]);
    ::close(err[0]);
    return start_later(worker);
  }
  worker.busy_tries = 0;
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
  worker.begun = worker.started = std::chrono::steady_clock::now();
  worker.arrived = worker.joined = worker.condemned = worker.late = worker.replaced = worker.too_large = false;
}

}  // namespace dflow::cluster
