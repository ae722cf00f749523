// A restart ends when those who take the places of the killed workers are there.

#include <algorithm>

#include "runtime/cluster/scheduler_server.h"

namespace dflow::cluster {

/// Before the brain is told of it. Who is about to end for good is not replaced.
void SchedulerServer::note_restart(Program& program, const core::RestartRequested& request) {
  Restart& restart = program.restarts.emplace_back(Restart{.client = request.client, .request = request.request});
  for (const auto& [id, worker] : program.workers) {
    if (!worker->retired) restart.awaited.insert(worker->hello.name);
  }
}

void SchedulerServer::note_restart(Program& program, const core::ReplaceRequested& request) {
  Restart& restart = program.restarts.emplace_back(Restart{.client = request.client, .request = request.request});
  for (const core::WorkerId id : request.workers) {
    const auto worker = program.workers.find(id);
    if (worker != program.workers.end() && !worker->second->retired) restart.awaited.insert(worker->second->hello.name);
  }
}

/// True if the answer waits: the killed ones have ended, and others have not come yet.
bool SchedulerServer::holds_answer(Program& program, const core::RequestDone& done) {
  const auto restart = std::ranges::find_if(program.restarts, [&](const Restart& each) {
    return each.client == done.client && each.request == done.request;
  });
  if (restart == program.restarts.end()) return false;
  restart->killed = true;
  if (done.error.empty() && !restart->awaited.empty()) return true;
  program.restarts.erase(restart);
  return false;
}

/// Those have come, or will not.
void SchedulerServer::await_no_more(Program& program, const std::function<bool(const std::string& name)>& those) {
  for (Restart& restart : program.restarts) std::erase_if(restart.awaited, those);
  std::erase_if(program.restarts, [&](const Restart& restart) {
    if (!restart.killed || !restart.awaited.empty()) return false;
    const auto client = program.clients.find(restart.client);
    if (client != program.clients.end()) {
      send(client->second, core::encode_as<ToClient>(core::RequestDone{restart.client, restart.request, {}}));
    }
    return true;
  });
}

void SchedulerServer::await_no_more(Program& program, const std::string& worker) {
  await_no_more(program, [&](const std::string& name) { return name == worker; });
}

/// That agent has left, or cannot start one of its workers.
void SchedulerServer::await_none_of(Program& program, const std::string& host, std::uint32_t agent) {
  const std::string its = names_of_agent(host, agent);
  await_no_more(program, [&](const std::string& name) { return name.starts_with(its); });
}

}  // namespace dflow::cluster
