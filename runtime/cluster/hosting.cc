#include "runtime/cluster/hosting.h"

#include <chrono>
#include <utility>

#include "formats/printable.h"

namespace dflow::cluster {

namespace {

using namespace std::chrono_literals;

/// Workers are kept for the next run of their program for so long.
constexpr auto kKept = 5s;
/// After a restart they are kept longer.
constexpr auto kForReturn = 15s;
/// So long who is to be replaced is remembered though nobody is there who runs it: as long as agents look for a scheduler, and some more.
/// Should one come later, whoever is stopped there ends when he has not joined within the limit for starts.
constexpr auto kCondemned = 60s;
/// A piece, and what is around it.
constexpr std::size_t kMostFiles = 1000;

}  // namespace

// ---- Who comes and goes ----------------------------------------------------------------------------------------------

void Hosting::agent_joined(std::uint32_t id, Agent agent) {
  agents_[id] = std::move(agent);
  for (auto& [name, program] : programs_) host(name, program);
}

void Hosting::agent_left(std::uint32_t id) {
  if (agents_.erase(id) == 0) return;
  std::erase_if(wanted_, [&](const auto& each) { return each.second.agent == id; });
  for (auto each = flushes_.begin(); each != flushes_.end();) answered((each++)->first, id);
  for (auto& [name, program] : programs_) {
    program.claimed.erase(id);
    if (program.hosts.erase(id) > 0 && program.hosts.empty() && !program.clients.empty()) {
      warn(name, "the cluster's last agent is gone: tasks wait until there is another one (dflow agent)");
    }
  }
}

void Hosting::client_joined(const std::string& name, std::uint32_t id, net::Connection& connection, Owner owner) {
  Program& program = programs_[name];
  program.owner = std::move(owner);
  end_if_shrunk(name, program);
  program.clients[id] = &connection;
  program.told.clear();
  program.deserted.reset();
  program.from_before = false;
  if (agents_.empty() && !handlers_.has_workers(name)) {
    warn(name, "the cluster has no agent: tasks wait until there is one (dflow agent)");
  }
  for (auto& [number, wanted] : wanted_) {
    if (wanted.piece.program == name && wanted.question.asked.empty()) ask_for(number, wanted);
  }
  host(name, program);
}

void Hosting::client_left(const std::string& name, std::uint32_t id) {
  const auto found = programs_.find(name);
  if (found == programs_.end()) return;
  Program& program = found->second;
  program.clients.erase(id);
  program.silent.erase(id);
  program.naming.asked.erase(id);
  end_if_shrunk(name, program);
  host(name, program);
  for (auto& [number, wanted] : wanted_) {
    const bool was_asked = wanted.piece.program == name && wanted.question.asked.erase(id) > 0;
    if (!was_asked || !wanted.question.asked.empty()) continue;
    wanted.question.since.reset();  // from now on nobody is there
    ask_for(number, wanted);
  }
}

bool Hosting::tell_of_worker(const std::string& program, const std::string& worker, WorkerNews::What what) {
  // An agent may be away before that is known, or may not have come back to a scheduler that was started again.
  if (what == WorkerNews::What::replace) condemned_[{program, worker}] = {};
  if (what == WorkerNews::What::arrived) condemned_.erase({program, worker});
  const auto found = programs_.find(program);
  if (what == WorkerNews::What::retired && found != programs_.end()) found->second.shrunk = true;
  const std::optional<std::uint32_t> agent = agent_of(program, worker);
  if (agent) send(*agent, WorkerNews{what, program, worker});
  return agent.has_value();
}

/// Who is there and runs it.
std::optional<std::uint32_t> Hosting::agent_of(const std::string& program, const std::string& worker) const {
  const auto found = programs_.find(program);
  if (found == programs_.end()) return {};
  for (const std::uint32_t agent : found->second.hosts) {
    const auto known = agents_.find(agent);
    if (known != agents_.end() && worker.starts_with(names_of_agent(known->second.host, agent))) return agent;
  }
  return {};
}

void Hosting::forget_condemned(core::Time now) {
  for (auto each = condemned_.begin(); each != condemned_.end();) {
    const auto next = std::next(each);
    auto& [who, alone] = *each;
    if (agent_of(who.first, who.second)) alone.reset();
    else if (!alone) alone = now;
    else if (now - *alone > kCondemned) condemned_.erase(each);
    each = next;
  }
}

/// What a run has retired is back for those that come after the last of its time: they are given other workers. The old ones end
/// at once, before anybody is likely to come.
void Hosting::end_if_shrunk(const std::string& name, Program& program) {
  if (!program.shrunk || !program.clients.empty() || handlers_.has_errands(name)) return;
  for (const std::uint32_t agent : program.hosts) send(agent, StopProgram{name});
  program.hosts.clear();  // and so they are told to start it
  program.shrunk = false;
}

/// Brings the program to all agents, once its files are known.
void Hosting::host(const std::string& name, Program& program) {
  if (program.clients.empty() || agents_.empty()) return;
  if (!program.files) {
    if (program.naming.asked.empty()) ask_for_files(program);
    return;
  }
  for (const auto& [id, agent] : agents_) {
    if (program.hosts.insert(id).second) send(id, StartProgram{name, *program.files, program.owner.user, program.owner.secret});
  }
}

void Hosting::tick(core::Time now) {
  ask_others(now);
  refuse_overdue(now);
  forget_condemned(now);
  for (auto each = programs_.begin(); each != programs_.end();) {
    const auto next = std::next(each);
    auto& [name, program] = *each;
    const bool busy = !program.clients.empty() || (!program.hosts.empty() && handlers_.has_errands(name));
    if (busy) program.deserted.reset();
    else if (!program.deserted) program.deserted = program.from_before ? now + kForReturn : now;
    else if (now - *program.deserted > kKept) {
      for (const std::uint32_t agent : program.hosts) send(agent, StopProgram{name});
      std::erase_if(wanted_, [&](const auto& one) { return one.second.piece.program == name; });
      std::erase_if(condemned_, [&](const auto& one) { return one.first.first == name; });
      programs_.erase(each);
    }
    each = next;
  }
}

void Hosting::dismiss() {
  for (const auto& [id, agent] : agents_) send(id, EndAgent{});
}

std::string Hosting::executable_of(const std::string& program) const {
  const auto found = programs_.find(program);
  return found == programs_.end() || !found->second.files ? "" : found->second.files->files.front().name;
}

// ---- Files -----------------------------------------------------------------------------------------------------------

void Hosting::on(std::uint32_t client, const std::string& name, FilesOffered& message) {
  const auto found = programs_.find(name);
  if (found == programs_.end() || !found->second.naming.asked.contains(client)) return;
  Program& program = found->second;
  program.silent.erase(client);
  program.naming = {};
  if (message.files.files.empty() || message.files.files.size() > kMostFiles) {
    return give_up(name, program, "the program cannot be sent to the cluster: " + message.error);
  }
  program.files = std::move(message.files);
  for (const auto& [agent, claimed] : std::exchange(program.claimed, {})) compare(name, program, agent, claimed);
  host(name, program);
}

/// It goes on with what it runs. What is to run elsewhere only a client can tell.
void Hosting::on(std::uint32_t agent, ProgramHosted& message) {
  Program& program = programs_[message.program];
  if (program.clients.empty()) program.from_before = true;
  program.hosts.insert(agent);
  if (program.files) compare(message.program, program, agent, message.files);
  else program.claimed[agent] = std::move(message.files);
  host(message.program, program);
  const std::string its = names_of_agent(agents_[agent].host, agent);
  for (const auto& [who, alone] : condemned_) {
    if (who.first != message.program || !who.second.starts_with(its)) continue;
    send(agent, WorkerNews{WorkerNews::What::replace, message.program, who.second});
  }
  handlers_.hosted(message.program, its);
}

/// An agent that runs anything else for the program ends that, and is told what to run.
void Hosting::compare(const std::string& name, Program& program, std::uint32_t agent, const ProgramFiles& claimed) {
  if (claimed == *program.files) return;
  send(agent, StopProgram{name});
  program.hosts.erase(agent);
}

void Hosting::on(std::uint32_t agent, PieceWanted& message) {
  const std::uint64_t number = ++last_number_;
  Wanted& wanted = wanted_[number];
  wanted = {.agent = agent, .piece = std::move(message)};
  if (!programs_.contains(wanted.piece.program)) return refuse(number);
  ask_for(number, wanted);
}

/// Heartbeats come of themselves, also of one that is busy.
bool Hosting::is_heard(const net::Connection& client) const { return quiet_.count() == 0 || client.silent() <= quiet_; }

/// Who is to be asked now: of those that have not been, first one that is heard and has left nothing unanswered. Null: there is nobody.
net::Connection* Hosting::next_for(Program& program, Question& question) const {
  for (const bool silent : {false, true}) {
    for (const auto& [id, connection] : program.clients) {
      const bool is_silent = program.silent.contains(id) || !is_heard(*connection);
      if (is_silent != silent || !question.asked.insert(id).second) continue;
      question.last = id;
      question.since.reset();
      return connection;
    }
  }
  return nullptr;
}

void Hosting::ask_for_files(Program& program) {
  if (net::Connection* client = next_for(program, program.naming)) client->send(core::encode(ToClient(FilesWanted{})));
}

/// Asks a client that is there. If none is, one may come, or come back: what an agent could not get from the one that has ended must
/// not be the end of the next one.
void Hosting::ask_for(std::uint64_t number, Wanted& wanted) {
  net::Connection* client = next_for(programs_.at(wanted.piece.program), wanted.question);
  if (!client) return;
  PieceWanted asked = wanted.piece;
  asked.number = number;
  client->send(core::encode(ToClient(std::move(asked))));
}

/// Who was asked last has had his time. He may be stopped, and answer later.
bool Hosting::overdue(Program& program, Question& question, core::Time now) const {
  if (question.asked.empty()) return false;
  const auto last = program.clients.find(question.last);
  if (last != program.clients.end() && !is_heard(*last->second)) return true;
  if (patience_.count() == 0) return false;
  if (!question.since) question.since = now;
  if (now - *question.since <= patience_) return false;
  if (question.asked.contains(question.last)) program.silent.insert(question.last);
  return true;
}

void Hosting::ask_others(core::Time now) {
  for (auto& [name, program] : programs_) {
    if (overdue(program, program.naming, now)) ask_for_files(program);
  }
  for (auto& [number, wanted] : wanted_) {
    if (overdue(programs_.at(wanted.piece.program), wanted.question, now)) ask_for(number, wanted);
  }
}

void Hosting::refuse(std::uint64_t number) {
  const Wanted& wanted = wanted_.at(number);
  send(wanted.agent, Piece{.number = wanted.piece.number, .error = "the program that has it has ended"});
  wanted_.erase(number);
}

/// What a program has left to be done cannot be done without its files.
void Hosting::refuse_overdue(core::Time now) {
  for (auto each = wanted_.begin(); each != wanted_.end();) {
    auto& [number, wanted] = *each++;
    Question& question = wanted.question;
    if (!question.asked.empty()) continue;
    if (!question.since) question.since = now;
    if (now - *question.since > kForReturn) refuse(number);
  }
}

void Hosting::on(std::uint32_t client, Piece& message) {
  const auto found = wanted_.find(message.number);
  if (found == wanted_.end() || !found->second.question.asked.contains(client)) return;  // nobody puts his files into others' programs
  const Wanted wanted = std::move(found->second);
  wanted_.erase(found);
  programs_.at(wanted.piece.program).silent.erase(client);
  message.number = wanted.piece.number;
  send(wanted.agent, std::move(message));
}

// ---- What agents say -------------------------------------------------------------------------------------------------

void Hosting::from_agent(std::uint32_t id, FromAgent& message) {
  if (!agents_.contains(id)) return;
  std::visit([&](auto& each) { on(id, each); }, message);
}

void Hosting::on(std::uint32_t agent, AgentReport& message) { agents_[agent].report = std::move(message); }

void Hosting::on(std::uint32_t agent, ProcessEnded& message) {
  handlers_.ended(agents_[agent].host, message.pid, message.end);
}

void Hosting::on(std::uint32_t, WorkerPrinted& message) {
  handlers_.printed(message.program,
                    {.worker = message.worker,
                     .is_error = message.is_error,
                     .text = std::move(message.text),
                     .left_out = message.left_out,
                     .clients = message.clients});
}

bool Hosting::flush(const std::string& name, std::uint32_t client) {
  const auto found = programs_.find(name);
  if (found == programs_.end() || found->second.hosts.empty()) return false;
  const std::uint64_t number = ++last_number_;
  flushes_[number] = {.program = name, .client = client, .agents = found->second.hosts};
  for (const std::uint32_t agent : found->second.hosts) send(agent, FlushOutput{number, name});
  return true;
}

void Hosting::on(std::uint32_t agent, OutputFlushed& message) { answered(message.number, agent); }

void Hosting::answered(std::uint64_t number, std::uint32_t agent) {
  const auto found = flushes_.find(number);
  if (found == flushes_.end()) return;
  found->second.agents.erase(agent);
  if (!found->second.agents.empty()) return;
  const Flush flush = std::move(found->second);
  flushes_.erase(found);
  handlers_.flushed(flush.program, flush.client);
}

/// One agent's trouble is told; it is the program's end on the cluster only if nobody else runs its workers.
void Hosting::on(std::uint32_t agent, ProgramFailed& message) {
  const auto found = programs_.find(message.program);
  if (found == programs_.end()) return;
  Program& program = found->second;
  if (!program.hosts.contains(agent)) return;
  const std::string reason = agents_[agent].name + ": " + message.reason;
  handlers_.failed(message.program, agents_[agent].host, agent);
  if (handlers_.has_workers(message.program)) {
    if (program.told.insert(reason).second) warn(message.program, reason);
    return;
  }
  send(agent, StopProgram{message.program});
  program.hosts.erase(agent);
  if (program.hosts.empty()) give_up(message.program, program, reason);
  else warn(message.program, reason);
}

/// Its clients are told. What is asked for by later ones is tried again.
void Hosting::give_up(const std::string& name, Program& program, const std::string& reason) {
  program.clients.clear();
  program.silent.clear();
  program.files.reset();
  program.naming = {};
  for (auto& [number, wanted] : wanted_) {
    if (wanted.piece.program == name) wanted.question = {};
  }
  handlers_.gave_up(name, reason);
}

void Hosting::warn(const std::string& program, const std::string& text) {
  handlers_.printed(program, {.worker = "dflow", .is_error = true, .text = formats::printable_lines(text) + '\n'});
}

void Hosting::send(std::uint32_t agent, const ToAgent& message) {
  const auto found = agents_.find(agent);
  if (found != agents_.end() && found->second.connection) found->second.connection->send(core::encode(message));
}

}  // namespace dflow::cluster
