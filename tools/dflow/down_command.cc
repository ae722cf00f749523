#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <vector>

#include "runtime/cluster/cluster_link.h"
#include "runtime/cluster/handshake.h"
#include "tools/dflow/cluster_address.h"
#include "tools/dflow/cluster_commands.h"
#include "tools/dflow/text.h"

namespace dflow::tools {

namespace {

using formats::Error;
using formats::Result;

constexpr std::chrono::seconds kToEnd{15};

/// Processes of this machine that are to end. They are held on to, so that no other gets their number meanwhile.
class Ending {
 public:
  Ending() = default;
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  ~Ending() {
    for (const pollfd& process : processes_) ::close(process.fd);
  }
  void add(std::int64_t pid) {
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (fd >= 0) processes_.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  }
  /// Kills those that take too long; says how many.
  std::size_t wait() {
    const auto until = std::chrono::steady_clock::now() + kToEnd;
    std::size_t killed = 0;
    for (pollfd& process : processes_) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      if (::poll(&process, 1, static_cast<int>(std::max<std::int64_t>(0, left.count()))) == 1) continue;
      ::syscall(SYS_pidfd_send_signal, process.fd, SIGKILL, nullptr, 0);
      ::poll(&process, 1, -1);
      ++killed;
    }
    return killed;
  }

 private:
  std::vector<pollfd> processes_;
};

void add_processes(Ending& ending, const cluster::ClusterStatus& status) {
  const std::string here = cluster::host_name();
  for (const auto& program : status.programs) {
    for (const auto& worker : program.workers) {
      if (worker.host == here) ending.add(worker.pid);
    }
  }
  for (const auto& agent : status.agents) {
    if (agent.host == here) ending.add(agent.pid);
  }
  if (status.host == here) ending.add(status.pid);
}

}  // namespace

Result<int> down(const DownOptions& options) {
  const Result<ClusterAddress> address = cluster_address(options.scheduler);
  if (!address) return address.error();
  const net::Address& called = address.value().address;
  const bool noted = noted_cluster() == called.text();
  Result<cluster::ClusterLink> link = cluster::ClusterLink::connect(called);
  if (!link) {
    if (noted) forget_cluster();
    return Error{unreachable(address.value(), link.message(),
                             noted ? "nothing is left to take down" : "--scheduler=HOST:PORT names the cluster that is to end")};
  }
  const Result<cluster::ClusterStatus> status = link.value().status();
  if (!status) return status.error();
  Ending ending;
  add_processes(ending, status.value());
  if (Result<void> told = link.value().end(); !told) return told.error();
  const std::size_t killed = ending.wait();
  if (noted) forget_cluster();
  if (killed > 0) std::fprintf(stderr, "dflow: %zu processes did not end and were killed\n", killed);
  return 0;
}

}  // namespace dflow::tools
