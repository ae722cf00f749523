// Which agents there are, whose programs' workers they run, and the files that are on their way to them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "runtime/cluster/agent_protocol.h"
#include "runtime/cluster/protocol.h"
#include "runtime/core/ids.h"
#include "runtime/net/connection.h"

namespace dflow::cluster {

/// The scheduler's desk for agents: a program has workers on every agent while it has clients or tasks that need none, and
/// a moment longer.
/// Not thread-safe; it calls its handlers from within its own calls.
///
/// Invariants: (1) agents are told to run files that a client of the program has named, and no others; (2) each piece that an agent waits for is asked of a
/// client that is there; (3) who does not answer keeps nobody waiting: another client of the program is asked as well, at once where
/// nothing is heard of the first, else after a while; and the first answer counts.
class Hosting {
 public:
  struct Handlers {
    std::function<void(const std::string& host, std::int64_t pid, const ProcessEnd& end)> ended;
    /// For the clients of the program.
    std::function<void(const std::string& program, const Printed& lines)> printed;
    /// No agent can run workers of the program.
    std::function<void(const std::string& program, const std::string& reason)> gave_up;
    /// This agent cannot run workers of the program, or not all of them.
    std::function<void(const std::string& program, const std::string& host, std::uint32_t agent)> failed;
    /// An agent is back that runs workers of the program, whose names begin so, and has not heard what became of them meanwhile.
    std::function<void(const std::string& program, const std::string& names)> hosted;
    /// All that the program's workers had printed when `flush` was called is on its way.
    std::function<void(const std::string& program, std::uint32_t client)> flushed;
    /// Does it have any worker?
    std::function<bool(const std::string& program)> has_workers;
    /// Has it got tasks that run to their end though no client is there?
    std::function<bool(const std::string& program)> has_errands;
  };
  struct Agent {
    std::string name, host;
    std::int64_t pid = 0;
    net::Connection* connection = nullptr;
    AgentReport report = {};
    std::string machine = {};  ///< As in its greeting.
  };

  /// Of a program: as in `StartProgram`.
  struct Owner {
    std::string user = {};
    std::string secret = {};
  };

  /// A client that has not answered for longer than `patience` is not waited for alone, nor one of which nothing at all has been
  /// heard for longer than `quiet`: its process may be stopped. 0: it is.
  explicit Hosting(Handlers handlers, core::Duration patience = {}, core::Duration quiet = {})
      : handlers_(std::move(handlers)), patience_(patience), quiet_(quiet) {}

  void agent_joined(std::uint32_t id, Agent agent);
  void agent_left(std::uint32_t id);
  void client_joined(const std::string& program, std::uint32_t id, net::Connection& connection, Owner owner);
  void client_left(const std::string& program, std::uint32_t id);
  /// Tells the agent that runs the worker; false if none does. Who is to be replaced is said again to one that comes back.
  bool tell_of_worker(const std::string& program, const std::string& worker, WorkerNews::What what);

  /// Has what the program's workers have printed passed on; false if nobody keeps any.
  bool flush(const std::string& program, std::uint32_t client);

  void on(std::uint32_t client, const std::string& program, FilesOffered& message);
  void on(std::uint32_t client, Piece& message);
  void from_agent(std::uint32_t id, FromAgent& message);

  /// Ends workers of programs that have had nothing to do for a moment, and asks others for what does not come.
  void tick(core::Time now);
  /// Agents run its workers, or are about to.
  bool serves(const std::string& program) const { return programs_.contains(program); }
  /// Tells all agents to end.
  void dismiss();

  const std::map<std::uint32_t, Agent>& agents() const noexcept { return agents_; }
  /// Its file's name; empty if no agent has asked for it.
  std::string executable_of(const std::string& program) const;

 private:
  /// What clients are asked, one after the other, until one answers.
  struct Question {
    std::set<std::uint32_t> asked = {};    ///< Clients that are there. Each of them may answer.
    std::uint32_t last = 0;                ///< Of them.
    std::optional<core::Time> since = {};  ///< So long that one has not answered, or nobody has been there to be asked.
  };
  struct Program {
    std::map<std::uint32_t, net::Connection*> clients = {};
    Owner owner = {};
    std::optional<ProgramFiles> files = {};  ///< As a client has named them.
    /// What agents say that they run, for a scheduler that was killed, until a client has named its files.
    std::map<std::uint32_t, ProgramFiles> claimed = {};
    Question naming = {};               ///< What are its files?
    std::set<std::uint32_t> silent = {};  ///< Clients that have left something unanswered for too long: others are asked first.
    std::set<std::uint32_t> hosts = {}; ///< Agents that run its workers.
    std::optional<core::Time> deserted = {};
    std::set<std::string> told = {};    ///< What its clients have been warned of: each worker that cannot start says it.
    bool shrunk = false;                ///< A run has retired workers.
    bool from_before = false;           ///< Agents ran it for a scheduler that was killed: its clients may come back.
  };
  struct Wanted {
    std::uint32_t agent = 0;
    Question question = {};
    PieceWanted piece = {};    ///< With the agent's number.
  };

  struct Flush {
    std::string program;
    std::uint32_t client = 0;
    std::set<std::uint32_t> agents = {};  ///< That have not answered.
  };

  void answered(std::uint64_t flush, std::uint32_t agent);
  void end_if_shrunk(const std::string& name, Program& program);
  void host(const std::string& name, Program& program);
  void compare(const std::string& name, Program& program, std::uint32_t agent, const ProgramFiles& claimed);
  void ask_for_files(Program& program);
  void ask_for(std::uint64_t number, Wanted& wanted);
  void refuse(std::uint64_t number);
  net::Connection* next_for(Program& program, Question& question) const;
  bool is_heard(const net::Connection& client) const;
  bool overdue(Program& program, Question& question, core::Time now) const;
  std::optional<std::uint32_t> agent_of(const std::string& program, const std::string& worker) const;
  void forget_condemned(core::Time now);
  void ask_others(core::Time now);
  void refuse_overdue(core::Time now);
  void on(std::uint32_t agent, AgentReport& message);
  void on(std::uint32_t agent, PieceWanted& message);
  void on(std::uint32_t agent, ProcessEnded& message);
  void on(std::uint32_t agent, WorkerPrinted& message);
  void on(std::uint32_t agent, OutputFlushed& message);
  void on(std::uint32_t agent, ProgramFailed& message);
  void on(std::uint32_t agent, ProgramHosted& message);
  void give_up(const std::string& name, Program& program, const std::string& reason);
  void warn(const std::string& program, const std::string& text);
  void send(std::uint32_t agent, const ToAgent& message);

  Handlers handlers_;
  core::Duration patience_, quiet_;
  std::map<std::uint32_t, Agent> agents_;
  std::map<std::string, Program> programs_;
  /// Programs' workers that are to be replaced, until another has come of that name; and since when nobody is there who runs them.
  std::map<std::pair<std::string, std::string>, std::optional<core::Time>> condemned_;
  std::map<std::uint64_t, Wanted> wanted_;
  std::map<std::uint64_t, Flush> flushes_;
  std::uint64_t last_number_ = 0;
};

}  // namespace dflow::cluster
