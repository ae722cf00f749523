// The scheduler's side of agents, and of whoever else starts workers.

#include <algorithm>
#include <chrono>

#include "runtime/cluster/scheduler_server.h"

namespace dflow::cluster {

Hosting::Handlers SchedulerServer::hosting_handlers() {
  return {.ended = [this](const std::string& host, std::int64_t pid,
                          const ProcessEnd& end) { note_end({host, pid}, end); },
          .printed = [this](const std::string& program, const Printed& lines) { print(program, lines); },
          .gave_up = [this](const std::string& program, const std::string& reason) { fail_clients(program, reason); },
          .failed =
              [this](const std::string& program, const std::string& host, std::uint32_t agent) {
                const auto found = programs_.find(program);
                if (found != programs_.end()) await_none_of(*found->second, host, agent);
              },
          .hosted = [this](const std::string& program, const std::string& names) { tell_of_workers(program, names); },
          .flushed =
              [this](const std::string& program, std::uint32_t client) {
                const auto found = programs_.find(program);
                if (found == programs_.end()) return;
                const auto member = found->second->clients.find(core::ClientId{client});
                if (member != found->second->clients.end()) tell_end(*member->second);
              },
          .has_workers =
              [this](const std::string& program) {
                const auto found = programs_.find(program);
                return found != programs_.end() && !found->second->workers.empty();
              },
          .has_errands =
              [this](const std::string& program) {
                const auto found = programs_.find(program);
                return found != programs_.end() && (found->second->brain.errands() > 0 || found->second->brain.recovering());
              }};
}

/// An agent or a tool.
void SchedulerServer::join_without_program(Member& member, std::unique_ptr<net::Stream> stream) {
  connect(member, std::move(stream));
  start(member);
  if (dismissing_) return member.connection->finish();
  if (member.role == net::Role::tool) return let_in_tool(member);
  hosting_.agent_joined(member.id, {.name = member.hello.name,
                                    .host = member.hello.host,
                                    .pid = member.hello.pid,
                                    .connection = member.connection.get(),
                                    .report = {},
                                    .machine = member.hello.machine});
}

/// False for what is no message.
bool SchedulerServer::received_from_agent(Member& member, const std::string& bytes) {
  Result<FromAgent> message = core::decode<FromAgent>(bytes);
  if (!message) return false;
  hosting_.from_agent(member.id, message.value());
  return true;
}

void SchedulerServer::tell_of_worker(const Program& program, const std::string& worker, WorkerNews::What what) {
  using What = WorkerNews::What;
  const auto& told = what == What::arrived   ? options_.worker_arrived
                     : what == What::joined  ? options_.worker_joined
                     : what == What::retired ? options_.worker_retired
                                             : options_.replace_worker;
  if (told) return told(worker);
  if (hosting_.tell_of_worker(program.id, worker, what) || what != What::replace) return;
  for (const auto& [id, member] : program.workers) {  // nobody can kill it, so it is told to end
    if (member->hello.name == worker) member->connection->close();
  }
}

/// Those that are there and whose names begin so.
void SchedulerServer::tell_of_workers(const std::string& program, const std::string& names) {
  using What = WorkerNews::What;
  for (const Member& member : members_) {
    const bool worker = member.role == net::Role::worker && member.program && member.program->id == program;
    if (!worker || member.closed || member.gone || member.fenced || !member.hello.name.starts_with(names)) continue;
    if (member.retired) tell_of_worker(*member.program, member.hello.name, What::retired);
    if (!member.connection->connected()) continue;  // its process may have ended, and another have its name
    tell_of_worker(*member.program, member.hello.name, What::arrived);
    if (member.program->workers.contains(core::WorkerId{member.id})) tell_of_worker(*member.program, member.hello.name, What::joined);
  }
}

void SchedulerServer::printed(const std::string& program, const Printed& lines) {
  const std::lock_guard lock(mutex_);
  print(program, lines);
}

void SchedulerServer::print(const std::string& program, const Printed& lines) {
  const auto found = programs_.find(program);
  if (found == programs_.end()) return;
  const auto& clients = found->second->clients;
  // Tasks that tasks submitted have a worker for a client, and whose they are in the end is not known any more when they print.
  const bool for_all = std::ranges::any_of(lines.clients, [&](std::uint32_t client) {
    const auto one = clients.find(core::ClientId{client});
    return one != clients.end() && one->second->hello.worker;
  });
  for (const auto& [id, client] : clients) {
    if (client->hello.worker || !client->connection) continue;
    const bool among = std::ranges::find(lines.clients, static_cast<std::uint32_t>(id)) != lines.clients.end();
    if (!for_all && !lines.clients.empty() && !among) continue;
    for (Printed& each : client->left_out.take(lines, client->connection->waiting())) send(client, ToClient(std::move(each)));
  }
}

/// All that its tasks have printed has come by here.
void SchedulerServer::tell_end(Member& client) {
  for (Printed& each : client.left_out.notice()) send(&client, ToClient(std::move(each)));
  send(&client, ToClient(AllEnded{}));
}

void SchedulerServer::give_up(const std::string& program, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  given_up_.insert({program, reason});
  fail_clients(program, reason);
}

void SchedulerServer::fail_clients(const std::string& program, const std::string& reason) {
  const auto found = programs_.find(program);
  if (found == programs_.end()) return;
  for (const auto& [id, client] : found->second->clients) send(client, ToClient(GivenUp{reason}));
}

bool SchedulerServer::await_departures(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, most, [&] {
    return std::ranges::none_of(members_, [&](const Member& member) {
      const bool serves = member.role == net::Role::worker || member.role == net::Role::agent;
      const bool may_be_back = std::ranges::any_of(leaving_, [&](const Leaving& each) { return each.member == &member; });
      return serves && member.connection && !member.closed && !may_be_back;
    });
  });
}

/// Builds come and go; what nobody is a member of any more takes no memory.
void SchedulerServer::forget_programs() {
  std::erase_if(programs_, [&](const auto& each) {
    const Program* program = each.second.get();
    const bool gone = std::ranges::none_of(members_, [&](const Member& member) { return member.program == program; }) &&
                      program->absent_clients.empty() && program->absent_workers.empty() && !hosting_.serves(each.first);
    if (!gone) return false;
    freed_ = true;
    numbers_.erase(each.first);
    if (journal_) append(Books::record(SchedulerFact(ProgramForgotten{program->number})));
    return true;
  });
}

}  // namespace dflow::cluster
