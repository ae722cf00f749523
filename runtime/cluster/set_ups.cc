// Tasks that each worker runs once, before it is given others.

#include <algorithm>

#include "runtime/cluster/scheduler_server.h"

namespace dflow::cluster {

/// True if there are some that the worker has to run first.
bool SchedulerServer::start_set_ups(Member& member) {
  for (const SetUpEntry& each : member.program->set_ups) {
    member.set_ups.insert(each.number);
    send(&member, ToWorker(SetUp{.number = each.number, .task = each.task, .required = true}));
  }
  return !member.set_ups.empty();
}

void SchedulerServer::add_set_up(Member& client, SetUpRequested request) {
  Program& program = *client.program;
  program.is_set_up = true;
  SetUpEntry entry{.number = next_set_up_++,
                   .client = core::ClientId{client.id},
                   .request = request.request,
                   .task = std::move(request.task)};
  if (request.again) {
    entry.answered = true;
    program.set_ups.push_back(std::move(entry));
    return;
  }
  for (const auto& [id, worker] : program.workers) {
    entry.running.insert(id);
    send(worker, ToWorker(SetUp{.number = entry.number, .task = entry.task}));
  }
  for (Member& member : members_) {  // those that have come, and are not at work yet
    if (member.set_ups.empty() || member.program != &program || member.gone) continue;
    member.set_ups.insert(entry.number);
    send(&member, ToWorker(SetUp{.number = entry.number, .task = entry.task, .required = true}));
  }
  program.set_ups.push_back(std::move(entry));
  answer_set_ups(program);
}

void SchedulerServer::set_up_done(Member& worker, const SetUpDone& done) {
  Program& program = *worker.program;
  const bool was_new = worker.set_ups.erase(done.number) > 0;
  if (was_new && worker.set_ups.empty()) enter(worker);
  const auto entry =
      std::ranges::find_if(program.set_ups, [&](const SetUpEntry& each) { return each.number == done.number; });
  if (entry == program.set_ups.end()) return;
  entry->running.erase(core::WorkerId{worker.id});
  if (done.exception.empty()) return answer_set_ups(program);
  const auto client = program.clients.find(entry->client);
  if (!entry->answered && client != program.clients.end()) {
    send(client->second, ToClient(SetUpEnded{entry->request, worker.hello.name, done.exception}));
  }
  program.set_ups.erase(entry);
}

/// The process that takes its place runs them all before it joins.
void SchedulerServer::set_up_left(Program& program, core::WorkerId worker) {
  for (SetUpEntry& each : program.set_ups) each.running.erase(worker);
  answer_set_ups(program);
}

/// What a run has set up in its workers goes with the last run that uses them: the next one gets others. Tasks that outlive
/// their run keep them until then.
void SchedulerServer::renew_workers(Program& program) {
  const bool used = std::ranges::any_of(program.clients, [](const auto& each) { return !each.second->hello.worker; });
  if (!options_.agents || !program.is_set_up || used || program.brain.errands() > 0) return;
  program.is_set_up = false;
  for (Member& member : members_) {
    const bool serves = member.role == net::Role::worker && member.program == &program && !member.closed && !member.gone;
    if (serves && !member.retired) fence(member);
  }
}

void SchedulerServer::answer_set_ups(Program& program) {
  for (SetUpEntry& each : program.set_ups) {
    if (each.answered || !each.running.empty()) continue;
    each.answered = true;
    const auto client = program.clients.find(each.client);
    if (client != program.clients.end()) send(client->second, ToClient(SetUpEnded{.request = each.request}));
  }
}

}  // namespace dflow::cluster
