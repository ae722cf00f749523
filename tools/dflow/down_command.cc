#include <chrono>
#include <cstdio>

#include "runtime/cluster/cluster_link.h"
#include "tools/dflow/cluster_address.h"
#include "tools/dflow/cluster_commands.h"
#include "tools/dflow/ending.h"
#include "tools/dflow/text.h"

namespace dflow::tools {

namespace {

using formats::Error;
using formats::Result;

constexpr std::chrono::seconds kToEnd{15};

void add_processes(Ending& ending, const cluster::ClusterStatus& status) {
  for (const auto& program : status.programs) {
    for (const auto& worker : program.workers) ending.add(worker.name, worker.pid, Part::worker, worker.machine);
  }
  for (const auto& agent : status.agents) ending.add(agent.name, agent.pid, Part::service, agent.machine);
  ending.add("the scheduler", status.pid, Part::service, status.machine);
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
  Ending ending(called.port);
  add_processes(ending, status.value());
  if (Result<void> told = link.value().end(); !told) return told.error();
  const Ending::Outcome outcome = ending.wait(kToEnd);
  if (noted) forget_cluster();
  if (outcome.killed > 0) std::fprintf(stderr, "dflow: %zu processes did not end and were killed\n", outcome.killed);
  for (const std::string& left : outcome.left) std::fprintf(stderr, "dflow: still there, and left alone: %s\n", left.c_str());
  return 0;
}

}  // namespace dflow::tools
