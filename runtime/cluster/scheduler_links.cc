// Connections that break while both sides live: their members may come back on another, and nobody else notices.

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "formats/file.h"
#include "runtime/cluster/scheduler_server.h"
#include "runtime/transfer/machine.h"

namespace dflow::cluster {

namespace {

using namespace std::chrono_literals;

/// So long a worker's end waits for who knows how its process ended.
constexpr auto kForDetails = 2s;

}  // namespace

/// A process that runs here has ended, and its connections with it. False where that is not known.
bool SchedulerServer::has_ended(const net::Hello& hello) {
  const bool here = hello.machine == transfer::machine() && hello.machine.find('/') != std::string::npos;
  if (!here || hello.pid <= 0) return false;
  if (::kill(static_cast<pid_t>(hello.pid), 0) != 0) return errno == ESRCH;
  const Result<std::string> status = formats::read_file("/proc/" + std::to_string(hello.pid) + "/stat", 4096);
  if (!status) return false;
  const std::size_t name_ends = status.value().rfind(") ");  // the process may bear any name
  return name_ends != std::string::npos && status.value().substr(name_ends + 2, 1) == "Z";
}

net::Bonds bonds_for(const net::Hello& member, const Pulse& pulse, bool lasting) {
  net::Bonds bonds{.resumable = lasting && pulse.grace.count() > 0};
  if (!lasting) return bonds;
  bonds.heartbeat = pulse.heartbeat;
  // A program may be stopped, by a person or a debugger: that its machine is there is enough.
  bonds.silence = pulse.silence;
  bonds.may_be_stopped = member.role == net::Role::client && !member.worker;
  return bonds;
}

void SchedulerServer::connect(Member& member, std::unique_ptr<net::Stream> stream) {
  net::Bonds bonds = bonds_for(member.hello, options_.pulse, member.line != 0);
  bonds.backlog = &unread_;
  member.connection = std::make_unique<net::Connection>(std::move(stream), bonds, &io_);
}

void SchedulerServer::start(Member& member) {
  member.connection->start(
      {.received = [this, &member](const std::vector<std::string>& messages) { received(member, messages); },
       .closed = [this, &member](const std::string&) { closed(member); },
       .broken = [this, &member](const std::string&) { broken(member); }});
}

net::Welcome SchedulerServer::welcome(const Member& member) const {
  const bool owns = !member.user.empty() || (options_.credentials && member.role == net::Role::client && !member.hello.worker);
  net::Welcome welcome{.id = member.id, .secret = owns ? secret_of(member.hello.program) : "", .cluster = journal_lost_ ? 0 : cluster_};
  if (member.line == 0) return welcome;
  const auto in_milliseconds = [](std::chrono::milliseconds time) { return static_cast<std::uint32_t>(time.count()); };
  welcome.line = options_.pulse.grace.count() > 0 ? member.line : 0;
  welcome.heartbeat = in_milliseconds(options_.pulse.heartbeat);
  welcome.silence = in_milliseconds(options_.pulse.silence);
  welcome.grace = in_milliseconds(options_.pulse.patience());
  return welcome;
}

/// Whose connection broke, as `hello` says and only he can know; null if there is nobody. A newcomer whose answer was lost
/// does not know his id.
SchedulerServer::Member* SchedulerServer::broken_off(const net::Hello& hello) {
  if (hello.line == 0) return nullptr;
  const auto found = std::ranges::find_if(members_, [&](const Member& member) {
    const bool same = member.id == hello.id || (hello.id == 0 && hello.cluster == 0);
    return member.line == hello.line && same && member.role == hello.role && !member.closed && !member.gone &&
           !member.fenced && member.hello.program == hello.program;
  });
  return found == members_.end() ? nullptr : &*found;
}

void SchedulerServer::resume(Member& member, std::unique_ptr<net::Stream> stream, const net::Hello& hello) {
  net::Welcome again = welcome(member);
  again.received = member.connection->suspend();
  note_broken(member);
  if (const net::Certificate* certificate = stream->certificate()) member.serial = certificate->serial;  // it may be another
  if (!answer(*stream, std::move(again))) return;
  if (!member.connection->resume(std::move(stream), hello.received)) return;  // it says what cannot be
  std::erase_if(leaving_, [&](const Leaving& each) { return each.member == &member; });
}

void SchedulerServer::broken(Member& member) {
  const std::lock_guard lock(mutex_);
  if (!member.closed && !member.gone && !member.connection->connected()) note_broken(member);
}

void SchedulerServer::note_broken(Member& member) {
  const bool ended = member.role == net::Role::worker && ends_.contains({member.hello.host, member.hello.pid});
  if (dismissing_ || ended) return departed(member);
  const bool known = std::ranges::any_of(leaving_, [&](const Leaving& each) { return each.member == &member; });
  if (!known) leaving_.push_back({.member = &member, .since = now(), .until = now() + options_.pulse.patience()});
}

void SchedulerServer::closed(Member& member) {
  const std::lock_guard lock(mutex_);
  departed(member);
}

/// Its connection has ended for good.
void SchedulerServer::departed(Member& member) {
  if (member.closed || member.gone) return;
  member.closed = true;
  member.connection->close();
  changed_.notify_all();
  std::erase_if(leaving_, [&](const Leaving& each) { return each.member == &member; });
  if (!member.program) {
    member.gone = true;
    hosting_.agent_left(member.id);  // if it is one
    for (const auto& [id, program] : programs_) await_none_of(*program, member.hello.host, member.id);
    return;
  }
  Program& program = *member.program;
  if (member.role == net::Role::client) return client_left(member);
  const Process process{member.hello.host, member.hello.pid};
  const auto known = ends_.extract(process);
  const auto current = program.workers.find(core::WorkerId{member.id});
  if (current == program.workers.end() || current->second != &member) {  // it had not been set up yet, or has come back otherwise
    member.gone = true;
    return;
  }
  if (known) return lose(program, core::WorkerId{member.id}, known.mapped());
  leaving_.push_back({.member = &member, .since = now(), .until = now() + kForDetails});
}

void SchedulerServer::client_left(Member& member) {
  Program& program = *member.program;
  member.gone = true;
  const auto current = program.clients.find(core::ClientId{member.id});
  if (current == program.clients.end() || current->second != &member) return;  // it has come back otherwise
  hosting_.client_left(program.id, member.id);
  const core::ClientId id{member.id};
  program.clients.erase(id);
  program.awaiting_end.erase(id);
  end_inner_of(program, id);
  std::erase_if(program.set_ups, [&](const SetUpEntry& each) { return each.client == id; });
  std::erase_if(program.calls, [&](const CallEntry& each) { return each.client == id; });
  std::erase_if(program.restarts, [&](const Restart& each) { return each.client == id; });
  std::erase_if(program.unmet, [&](const auto& each) { return each.first.first == id; });
  program.heard.erase(id);
  keep(program, core::ClientLeft{id});
  apply(program, core::ClientLeft{id});
  renew_workers(program);
}

/// Whatever a worker's tasks submit by goes with it, though its own connection may not have ended yet: what they submitted must
/// not begin on the worker that comes in its place.
void SchedulerServer::inner_clients_left(Program& program, core::WorkerId worker, bool may_come_back) {
  std::vector<Member*> inside;
  for (const auto& [id, client] : program.clients) {
    if (client->hello.worker == static_cast<std::uint32_t>(worker)) inside.push_back(client);
  }
  for (Member* client : inside) {
    if (may_come_back) give_up(core::ClientId{client->id});
    departed(*client);
  }
}

/// It has not heard that it was let in, or has noticed alone that its connection broke.
void SchedulerServer::give_up_agent_of_before(const net::Hello& hello) {
  const auto before = std::ranges::find_if(members_, [&](const Member& member) {
    const bool same = member.id == hello.id && member.hello.host == hello.host && member.hello.pid == hello.pid;
    return member.role == net::Role::agent && same && !member.closed && !member.gone;
  });
  if (before != members_.end()) departed(*before);
}

/// How a worker's process ended is known.
void SchedulerServer::note_end(const Process& process, const ProcessEnd& end) {
  const auto found = std::ranges::find_if(members_, [&](const Member& member) {
    return member.role == net::Role::worker && !member.gone && Process(member.hello.host, member.hello.pid) == process;
  });
  if (found == members_.end()) return;
  ends_[process] = end;
  const auto left = std::erase_if(leaving_, [&](const Leaving& each) { return each.member == &*found; });
  if (left == 0) return;  // it may have said more
  if (!found->closed) return departed(*found);
  ends_.erase(process);
  lose(*found->program, core::WorkerId{found->id}, end);
}

/// Whatever it still says is not believed. Who watches it ends it, should it be stopped.
void SchedulerServer::fence(Member& worker) {
  if (std::exchange(worker.fenced, true)) return;
  send(&worker, ToWorker(core::FenceWorker{core::WorkerId{worker.id}}));
  worker.connection->finish();
  if (options_.replace_worker) options_.replace_worker(worker.hello.name);
  else hosting_.tell_of_worker(worker.program->id, worker.hello.name, WorkerNews::What::replace);
  for (Leaving& each : leaving_) {
    if (each.member == &worker) each.until = now();
  }
}

/// Before it is taken for gone: another scheduler, who reads that, must not take it for one that has never been there.
void SchedulerServer::give_up(core::ClientId client) {
  const auto id = static_cast<std::uint32_t>(client);
  given_up_clients_.add(id);
  if (journal_) journal_->append(Books::record(SchedulerFact(ClientGivenUp{id})));
}

/// What a certificate has opened ends with it.
void SchedulerServer::drop_revoked() {
  if (!options_.revocations || now() - revoked_read_ < Revocations::kEvery) return;
  revoked_read_ = now();
  (void)options_.revocations->reread();  // who was let in by the old list goes, too
  for (Member& member : members_) {
    if (member.closed || member.gone || !options_.revocations->contain(member.serial)) continue;
    const std::string who = member.hello.name + " on " + member.hello.host;
    if (options_.tell) options_.tell(who + " loses its connection: its certificate was revoked");
    member.line = 0;  // nor is it resumed
    departed(member);
  }
}

/// Those whose time is over.
void SchedulerServer::give_up_leaving() {
  std::vector<Member*> overdue;
  for (Leaving& each : leaving_) {
    const bool worker = each.member->role == net::Role::worker;
    if (!each.member->closed && has_ended(each.member->hello)) {
      each.until = std::min<core::Time>(each.until, each.since + (worker ? core::Duration(kForDetails) : core::Duration()));
    }
    if (each.until <= now()) overdue.push_back(each.member);
  }
  for (Member* member : overdue) {
    if (member->role == net::Role::worker && !member->closed) fence(*member);
    if (member->gone) continue;  // with its worker
    if (member->role == net::Role::client) give_up(core::ClientId{member->id});
    if (member->role != net::Role::worker) {
      departed(*member);
      continue;
    }
    std::erase_if(leaving_, [&](const Leaving& each) { return each.member == member; });
    member->closed = true;
    member->connection->close();
    const auto current = member->program->workers.find(core::WorkerId{member->id});
    if (current == member->program->workers.end() || current->second != member) member->gone = true;
    else lose(*member->program, core::WorkerId{member->id}, {.how = {.kind = core::WorkerEnd::Kind::silent}});
  }
}

}  // namespace dflow::cluster
