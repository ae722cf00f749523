// Runs of one program that share its workers, and what they cannot have from them.

#include <algorithm>
#include <chrono>

#include "runtime/cluster/scheduler_server.h"
#include "runtime/local/resources.h"

namespace dflow::cluster {

namespace {

using namespace std::chrono_literals;

/// Workers of other agents may be about to come.
constexpr auto kForOthers = 2s;
constexpr std::size_t kMostShown = 8;

/// How many ask for the same.
struct Waiting {
  std::size_t tasks = 0;
  std::size_t values = 0;
};

std::string who_waits(const Waiting& waiting) {
  if (waiting.tasks > 0) return waiting.tasks == 1 ? "a task waits" : "tasks wait";
  return waiting.values == 1 ? "a scattered value waits" : "scattered values wait";
}

std::string with_amounts(const std::map<std::string, double>& resources) {
  std::string text;
  for (const auto& [name, amount] : resources) {
    text += (text.empty() ? "" : ", ") + local::print_amount(amount) + ' ' + name;
  }
  return text;
}

std::string demand_of(const core::TaskOptions& options) {
  std::string text;
  for (const std::string& name : options.workers) text += (text.empty() ? "" : " or ") + name;
  if (!text.empty()) text += " (TaskOptions::workers)";
  if (options.resources.empty()) return text;
  return text + (text.empty() ? "" : " with ") + with_amounts(options.resources) + " (TaskOptions::resources)";
}

}  // namespace

/// What changes the workers is for a run that has them to itself.
bool SchedulerServer::refuse_shared(Member& client, core::RequestId request, const std::string& call) {
  for (const auto& [id, other] : client.program->clients) {
    if (other == &client || other->hello.worker || has_ended(other->hello)) continue;
    core::RequestDone refusal{core::ClientId{client.id}, request, {}};
    refusal.error = call + " would reach another run of this program that uses the same workers: " + other->hello.name + " on " +
                    other->hello.host + "; wait for its end, or run with workers of its own (DFLOW_WORKERS)";
    send(&client, core::encode_as<ToClient>(refusal));
    return true;
  }
  return false;
}

/// A program's own cluster has all the workers that there will be, and its client knows what they have.
void SchedulerServer::warn_of_unmet(Program& program) {
  if (!options_.agents || program.workers.empty()) return;
  std::map<std::pair<core::ClientId, std::string>, Waiting> found;
  for (const core::Scheduler::Unmet& each : program.brain.unmet()) {
    const auto outer = program.inner_tasks.find(each.task);
    const core::ClientId client = outer == program.inner_tasks.end() ? core::client_of(each.task) : outer->second;
    Waiting& waiting = found[{client, demand_of(*each.demands)}];
    ++(each.scattered ? waiting.values : waiting.tasks);
  }
  std::erase_if(program.unmet, [&](const auto& each) { return !each.second.told && !found.contains(each.first); });
  for (const auto& [who, waiting] : found) {
    Program::Demand& demand = program.unmet.try_emplace(who, Program::Demand{.since = now()}).first->second;
    const auto client = program.clients.find(who.first);
    if (demand.told || now() - demand.since < kForOthers || client == program.clients.end()) continue;
    demand.told = true;
    std::string text = who_waits(waiting) + " for a worker that is not there: " + who.second + "; there are ";
    std::size_t shown = 0;
    for (const auto& [id, worker] : program.workers) {
      if (shown++ == kMostShown) break;
      text += (shown == 1 ? "" : ", ") + worker->hello.name + " on " + worker->hello.host;
      if (!worker->hello.resources.empty()) text += " with " + with_amounts(worker->hello.resources);
    }
    if (program.workers.size() > kMostShown) text += " and " + std::to_string(program.workers.size() - kMostShown) + " more";
    send(client->second, ToClient(Printed{.worker = "dflow", .is_error = true, .text = text + '\n'}));
  }
}

}  // namespace dflow::cluster
