#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "formats/file.h"
#include "runtime/cluster/cluster_link.h"
#include "runtime/cluster/home.h"
#include "tools/dflow/cluster_address.h"
#include "tools/dflow/cluster_commands.h"
#include "tools/dflow/daemon.h"
#include "tools/dflow/text.h"

namespace dflow::tools {

namespace {

using formats::Error;
using formats::Result;

constexpr std::chrono::seconds kToStart{30};

void pause() {
  const timespec moment{.tv_sec = 0, .tv_nsec = 20'000'000};
  ::nanosleep(&moment, nullptr);
}

Result<void> check_engine(const std::string& engine) {
  if (engine == "local") return {};
  constexpr std::array<const char*, 5> kPlanned{"ssh", "slurm", "mpi", "sge", "kubernetes"};
  if (std::ranges::find(kPlanned, engine) != kPlanned.end()) {
    return Error{text({"--engine=", engine, " is not available: this version of dflow runs clusters on one machine "
                       "(--engine=local)"})};
  }
  return Error{text({"--engine=", engine, ": expected local"})};
}

/// Two `up` at a time would start two clusters and know of one.
class Lock {
 public:
  static Result<Lock> take() {
    const Result<std::string> home = cluster::home();
    if (!home) return home.error();
    const std::string path = home.value() + "/up.lock";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ::flock(file, LOCK_EX | LOCK_NB) != 0) {
      if (file >= 0) ::close(file);
      return Error{"another `dflow up` is at work: wait for it"};
    }
    return Lock(file);
  }
  Lock(Lock&& other) noexcept : file_(other.file_) { other.file_ = -1; }
  Lock& operator=(Lock&&) = delete;
  ~Lock() {
    if (file_ >= 0) ::close(file_);
  }

 private:
  explicit Lock(int file) : file_(file) {}
  int file_;
};

/// Tries until it works, the process ends, or it takes too long. `step` is empty-handed until it is done.
template <class Step>
Result<void> wait_for(Daemon& daemon, const char* what, Step step) {
  const auto until = std::chrono::steady_clock::now() + kToStart;
  while (!step()) {
    if (const std::string end = daemon.ended(); !end.empty()) return Error{text({what, " ended: ", end})};
    if (std::chrono::steady_clock::now() > until) return Error{text({what, " does not answer"})};
    pause();
  }
  return {};
}

Result<void> nothing_is_up() {
  const std::string noted = noted_cluster();
  if (noted.empty()) return {};
  const Result<net::Address> address = net::parse_address(noted);
  if (address && cluster::ClusterLink::connect(address.value())) {
    return Error{text({"a cluster is up: DFLOW_SCHEDULER=", noted, "; `dflow down` ends it"})};
  }
  forget_cluster();  // it ended by itself
  return {};
}

std::vector<std::string> words_for_agent(const UpOptions& options, const std::string& address) {
  std::vector<std::string> words{"agent", text({"--scheduler=", address}),
                                 text({"--workers=", std::to_string(options.workers)})};
  if (options.threads != 0) words.push_back(text({"--threads=", std::to_string(options.threads)}));
  if (!options.memory.empty()) words.push_back(text({"--memory-limit=", options.memory}));
  if (!options.spill.empty()) words.push_back(text({"--spill-dir=", options.spill}));
  return words;
}

bool has_agent(const std::string& address) {
  Result<cluster::ClusterLink> link = cluster::ClusterLink::connect(net::parse_address(address).value());
  if (!link) return false;
  const Result<cluster::ClusterStatus> status = link.value().status();
  return status && !status.value().agents.empty();
}

}  // namespace

Result<int> up(const UpOptions& options) {
  if (Result<void> engine = check_engine(options.engine); !engine) return engine.error();
  if (const auto memory = memory_limit(options.memory, options.spill); !memory) return memory.error();
  const Result<Lock> lock = Lock::take();
  if (!lock) return lock.error();
  if (Result<void> free = nothing_is_up(); !free) return free.error();
  const Result<std::string> logs = cluster::home_folder("log");
  if (!logs) return logs.error();
  const std::string address_file = logs.value() + "/address";
  ::unlink(address_file.c_str());
  std::vector<std::string> words{"scheduler", text({"--port=", std::to_string(options.port)}), text({"--address-file=", address_file})};
  if (!options.spill.empty()) words.push_back(text({"--spill-dir=", options.spill}));
  Result<Daemon> scheduler = Daemon::start(words, logs.value() + "/scheduler");
  if (!scheduler) return scheduler.error();
  std::string address;
  const auto listens = [&] {
    const Result<std::string> told = formats::read_file(address_file);
    if (told) address = told.value().substr(0, told.value().find('\n'));
    return !address.empty();
  };
  if (Result<void> there = wait_for(scheduler.value(), "the scheduler", listens); !there) return there.error();
  if (Result<void> noted = note_cluster(address); !noted) return noted.error();
  Result<Daemon> agent = Daemon::start(words_for_agent(options, address), logs.value() + "/agent");
  Result<void> there = agent ? wait_for(agent.value(), "the agent", [&] { return has_agent(address); })
                             : Result<void>(agent.error());
  if (!there) {
    forget_cluster();
    return there.error();
  }
  agent.value().let_go();
  scheduler.value().let_go();
  std::printf("DFLOW_SCHEDULER=%s\n", address.c_str());
  return 0;
}

}  // namespace dflow::tools
