#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <optional>

#include "runtime/cluster/agent.h"
#include "runtime/cluster/home.h"
#include "runtime/cluster/reconnect.h"
#include "runtime/cluster/spill_file.h"
#include "tools/dflow/cluster_commands.h"
#include "tools/dflow/quantities.h"
#include "tools/dflow/service.h"

namespace dflow::tools {

namespace {

using formats::Error;
using formats::Result;

std::size_t processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<std::size_t>(CPU_COUNT(&set)) : 1;
}

}  // namespace

Result<std::optional<std::uint64_t>> memory_limit(const std::string& limit, const std::string& spill) {
  if (const std::string why = cluster::why_no_spilling(spill); !why.empty()) return Error{"--spill-dir: " + why};
  if (limit.empty()) return std::optional<std::uint64_t>{};
  const Result<std::uint64_t> size = parse_size(limit);
  if (!size) return Error{"--memory-limit: " + size.message()};
  return std::optional(size.value());
}

Result<int> run_agent(const AgentOptions& options) {
  const EndSignals signals;
  raise_file_limit();
  Result<net::Address> scheduler = net::parse_address(options.scheduler);
  if (!scheduler) return Error{"--scheduler: " + scheduler.message()};
  Result<cluster::Admission> admission = cluster::admission_to(scheduler.value(), net::CertificateRole::agent);
  if (!admission) return admission.error();
  Result<std::string> cache = options.cache.empty() ? cluster::home_folder("cache") : Result<std::string>(options.cache);
  if (!cache) return cache.error();
  const std::size_t workers = options.workers != 0 ? options.workers : 1;
  const Result<std::optional<std::uint64_t>> memory = memory_limit(options.memory, options.spill);
  if (!memory) return memory.error();
  const Result<std::chrono::seconds> patience = cluster::patience();
  if (!patience) return patience.error();
  std::mutex mutex;
  std::string reason;  // why it ends, if not for a signal
  Result<std::unique_ptr<cluster::Agent>> agent =
      cluster::Agent::join({.scheduler = scheduler.value(),
                            .admission = admission.value(),
                            .cache = cache.value(),
                            .cache_bytes = options.cache_mb * 1'000'000,
                            .users = options.users,
                            .any_user = options.any_user,
                            .workers = workers,
                            .threads = options.threads != 0 ? options.threads : std::max<std::size_t>(1, processors() / workers),
                            .memory = cluster::limit_of_worker(memory.value(), workers),
                            .spill = options.spill,
                            .start_limit = std::chrono::seconds(options.start_limit),
                            .patience = patience.value(),
                            .over = [&](const std::string& why) {
                              const std::lock_guard lock(mutex);
                              reason = why;
                              EndSignals::end();
                            }});
  if (!agent) return Error{agent.message() + "; `dflow scheduler` starts one and prints its address"};
  std::printf("agent of %s: %zu workers for each program\n", scheduler.value().text().c_str(), workers);
  std::fflush(stdout);
  signals.wait_for_end();
  agent.value().reset();
  const std::lock_guard lock(mutex);
  if (!reason.empty()) return Error{reason};
  return 0;
}

}  // namespace dflow::tools
