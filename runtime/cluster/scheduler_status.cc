// What the scheduler tells people, and what people tell it.

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "runtime/cluster/process_memory.h"
#include "runtime/cluster/scheduler_server.h"
#include "runtime/transfer/machine.h"

namespace dflow::cluster {

namespace {

using namespace std::chrono_literals;

/// For one tool.
constexpr auto kBetweenAnswers = 100ms;

std::map<std::pair<std::string, std::int64_t>, std::uint64_t> memory_by_process(const Hosting& hosting) {
  std::map<std::pair<std::string, std::int64_t>, std::uint64_t> memory;
  for (const auto& [id, agent] : hosting.agents()) {
    for (const ProcessMemory& process : agent.report.processes) memory[{agent.host, process.pid}] = process.bytes;
  }
  return memory;
}

}  // namespace

void SchedulerServer::let_in_tool(Member& tool) {
  tool.asked = now();
  const auto is_there = [](const Member& member) { return member.role == net::Role::tool && !member.closed && !member.gone; };
  if (static_cast<std::size_t>(std::ranges::count_if(members_, is_there)) <= kMostTools) return;
  const auto by_asking = [&](const Member& a, const Member& b) {
    return std::pair(!is_there(a), a.asked) < std::pair(!is_there(b), b.asked);
  };
  departed(*std::ranges::min_element(members_, by_asking));
}

bool SchedulerServer::received_from_tool(Member& tool, const std::string& bytes) {
  const Result<FromTool> message = core::decode<FromTool>(bytes);
  if (!message) return false;
  tool.asked = now();
  if (std::holds_alternative<StatusWanted>(message.value())) tool.asks = true;
  else if (options_.end_asked) options_.end_asked();
  return true;
}

/// All that it has asked, at once. An answer is made with everybody waiting, so it comes not too often, nor before the last one has gone.
void SchedulerServer::answer_tool(Member& tool) {
  const bool may_be = now() - tool.answered >= kBetweenAnswers && tool.connection->waiting() == 0;
  if (!may_be || !std::exchange(tool.asks, false)) return;
  tool.answered = now();
  tool.connection->send(core::encode(ToTool(status())));
}

void SchedulerServer::attend_tools() {
  const auto patience = options_.pulse.for_tools();
  for (Member& member : members_) {
    if (member.role != net::Role::tool || member.closed || member.gone) continue;
    answer_tool(member);
    if (patience.count() > 0 && now() - member.asked > patience) departed(member);
  }
}

ClusterStatus SchedulerServer::status() const {
  ClusterStatus status{.address = address().text(),
                       .version = DFLOW_VERSION,
                       .host = host_name(),
                       .pid = ::getpid(),
                       .memory = memory_of(::getpid()),
                       .machine = transfer::machine()};
  for (const auto& [id, agent] : hosting_.agents()) {
    status.agents.push_back({.name = agent.name,
                             .host = agent.host,
                             .pid = agent.pid,
                             .workers = agent.report.workers,
                             .threads = agent.report.threads,
                             .memory = agent.report.memory,
                             .machine = agent.machine});
  }
  const auto memory = memory_by_process(hosting_);
  for (const auto& [id, program] : programs_) {
    ProgramStatus& described = status.programs.emplace_back(describe(*program));
    for (WorkerStatus& worker : described.workers) {
      const auto known = memory.find({worker.host, worker.pid});
      if (known != memory.end()) worker.memory = known->second;
    }
  }
  return status;
}

ProgramStatus SchedulerServer::describe(const Program& program) const {
  ProgramStatus status{.program = program.id, .executable = hosting_.executable_of(program.id)};
  for (const auto& [id, client] : program.clients) {
    if (!client->hello.worker) status.clients.push_back({client->hello.name, client->hello.host, client->hello.pid});
  }
  for (const core::Scheduler::WorkerStatus& known : program.brain.workers()) {
    const auto member = program.workers.find(known.worker);
    if (member == program.workers.end()) continue;
    const net::Hello& hello = member->second->hello;
    status.workers.push_back({.name = hello.name,
                              .host = hello.host,
                              .pid = hello.pid,
                              .threads = static_cast<std::uint32_t>(std::max(1, hello.threads)),
                              .memory = known.limit > 0 ? known.process : 0,
                              .tasks = known.assigned,
                              .values = known.values,
                              .bytes = known.bytes,
                              .spilled = known.spilled,
                              .limit = known.limit,
                              .paused = known.paused,
                              .machine = hello.machine});
  }
  for (const auto& [state, count] : program.brain.counts().tasks) {
    using State = core::TaskState;
    if (state == State::waiting || state == State::ready) status.waiting += count;
    if (state == State::assigned) status.running += count;
    if (state == State::stored) status.stored += count;
  }
  return status;
}

}  // namespace dflow::cluster
