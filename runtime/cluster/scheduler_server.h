// The scheduler's process: takes connections, feeds the brain of each program (runtime/core), carries out what it says.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "formats/machine_memory.h"
#include "runtime/cluster/books.h"
#include "runtime/cluster/cluster_status.h"
#include "runtime/cluster/handshake.h"
#include "runtime/cluster/hosting.h"
#include "runtime/cluster/journal.h"
#include "runtime/cluster/left_out.h"
#include "runtime/cluster/protocol.h"
#include "runtime/cluster/revocations.h"
#include "runtime/core/scheduler.h"
#include "runtime/net/connection.h"
#include "runtime/net/listener.h"
#include "runtime/net/lobby.h"

namespace dflow::cluster {

/// So much may wait for all members together; half of it for one whom alone nobody can tell anything: then it does not read any more,
/// and loses its connection.
inline constexpr std::uint64_t kMostUnread = std::uint64_t{2} << 30;
/// A client that has not sent an agent a program's file for so many times the silence is not waited for alone, nor one of which nothing
/// has come for so many heartbeats.
inline constexpr int kUnanswered = 3, kUnheard = 3;
/// So many tools may be there at a time; of more the one goes that has asked nothing for longest.
inline constexpr std::size_t kMostTools = 64;

/// How soon members of a shared cluster notice that one of them, or the network, says nothing any more. Told to all that join.
struct Pulse {
  std::chrono::milliseconds heartbeat{500};  ///< Both sides of each connection say something so often.
  std::chrono::milliseconds silence{3'000};  ///< A connection on which nothing comes for so long is broken; 0: never.
  std::chrono::milliseconds grace{4'000};  ///< Who has noticed that may come back for so long; 0: a break is an end.

  /// The other side may notice later that a connection broke.
  std::chrono::milliseconds patience() const { return grace.count() > 0 ? silence + grace : grace; }
  /// Who has not been heard of for so long is not waited for.
  std::chrono::milliseconds most() const { return silence + patience(); }
  /// A tool has no heartbeats, and may be stopped for a while; one that has asked nothing for so long is let go. 0: never.
  std::chrono::milliseconds for_tools() const { return 10 * silence; }
};

/// What the scheduler's side of a member's connection is bound to. `lasting`: both sides say something now and then; such a connection
/// is resumable where there is grace.
net::Bonds bonds_for(const net::Hello& member, const Pulse& pulse, bool lasting);

core::WorkerJoined joined_as(const PeerJoined& peer);
PeerJoined description_of(core::WorkerId id, const net::Hello& hello);
core::Time now();

/// Serves clients and workers of any number of programs, each with a brain of its own. Never runs user code and never
/// sees a value, small results on their way to the client aside. Thread-safe.
class SchedulerServer {
 public:
  struct Options {
    net::Address address = {.host = "127.0.0.1", .port = 0};
    std::string secret = {};  ///< Not empty: only who knows it may join, or, with credentials, who has a certificate.
    std::shared_ptr<net::Credentials> credentials = {};
    std::shared_ptr<Revocations> revocations = {};  ///< With credentials: whose connections end, though they are open.
    core::Settings settings = {};
    /// Told of each worker that has come, of each that is set up and has joined, of each that is to end for good, and asked
    /// to kill one whose place another is to take; without it, such a worker's connection is closed. They must not call back.
    std::function<void(const std::string& name)> worker_arrived = {}, worker_joined = {}, worker_retired = {}, replace_worker = {};
    /// A person wants the cluster to end. It must not call back.
    std::function<void()> end_asked = {};
    bool agents = false;  ///< Workers are run by agents that join, and not by who has made this.
    Pulse pulse = {};     ///< With agents; connections of others are as good as their processes.
    /// A folder for the journal: what a scheduler that was killed there knew is taken up again. Empty: nothing is kept.
    std::string journal = {};
    std::uint64_t most_unwritten = std::uint64_t{512} << 20;  ///< Bytes for the journal that a disk does not take: then it is given up.
    bool journal_by_port = false;  ///< In a folder of that, named by the port; for one that was just found, a fresh one.
    PayloadStore::Options payloads = {};  ///< What they are kept in; `tell` is this one's.
    /// What people should know. It must not call back.
    std::function<void(const std::string& what)> tell = {};
  };

  static Result<std::unique_ptr<SchedulerServer>> start(Options options);
  ~SchedulerServer();

  const net::Address& address() const noexcept { return listener_->address(); }

  /// From whoever starts workers on this machine: process `pid` has ended. Its connection's end is not taken for the worker's until this
  /// is told, or some time has passed.
  void process_ended(std::int64_t pid, const ProcessEnd& end);
  /// From whoever reads what workers print: for the clients of the worker's program.
  void printed(const std::string& program, const Printed& lines);
  /// Tells all clients of the program, also those that are about to come, that nothing will become of their tasks.
  void give_up(const std::string& program, const std::string& reason);
  /// Ends the connections to all workers, which end for it, also those that are about to come. Agents end, too.
  void dismiss_workers();
  /// It ends for good: clients are told, and the journal keeps nothing.
  void end_for_good();
  /// Waits until all workers and agents have gone; false if some have not by then.
  bool await_departures(std::chrono::milliseconds most);

 private:
  using Process = std::pair<std::string, std::int64_t>;  ///< Host and pid.
  struct Program;
  /// A task that each worker runs once.
  struct SetUpEntry {
    std::uint64_t number = 0;
    core::ClientId client{};
    core::RequestId request{};
    std::string task = {};
    std::set<core::WorkerId> running = {};  ///< Of the workers that were there when it was asked for.
    bool answered = false;
  };
  /// Something that workers run once, beside their tasks.
  struct CallEntry {
    std::uint64_t number = 0;
    core::ClientId client{};
    core::RequestId request{};
    std::set<core::WorkerId> running = {};
  };
  /// Workers are killed, and others take their places.
  struct Restart {
    core::ClientId client{};
    core::RequestId request{};
    std::set<std::string> awaited = {};  ///< Names of workers that have not come back.
    bool killed = false;                 ///< None of before is there any more.
  };
  /// Somebody who has joined.
  struct Member {
    net::Role role = net::Role::client;
    std::uint32_t id = 0;
    net::Hello hello = {};
    std::string user = {};  ///< That a client's certificate names.
    std::string serial = {};  ///< Of its certificate.
    Program* program = nullptr;  ///< Null for agents and tools.
    std::unique_ptr<net::Connection> connection = {};
    std::uint64_t line = 0;  ///< Not 0: its connection's name, that only it knows, for when that breaks.
    bool closed = false;  ///< Its connection has ended.
    bool gone = false;    ///< And nothing is left to be done about that.
    bool retired = false;  ///< A worker that was told to end for good.
    bool fenced = false;  ///< It is not believed any more.
    std::set<std::uint64_t> set_ups = {};  ///< That a worker which has just come has to run before it may work.
    core::FailureRef failure_told = {};    ///< The last one, of which it may be told again, of many tasks.
    LeftOut left_out = {};                 ///< Lines that a client did not read in time.
    std::uint64_t unkept = 0;              ///< Bytes of what a client has said that are not known to be on the disk.
    bool told_of_disk = false;             ///< That it waits for that.
    core::Time asked{}, answered{};        ///< When a tool did so, and was, last.
    bool asks = false;                     ///< Something that it has not been told.
  };
  struct Program {
    std::string id;
    core::Scheduler brain;
    std::map<core::ClientId, Member*> clients = {};
    std::map<core::WorkerId, Member*> workers = {};
    /// Of tasks that tasks submitted: whose client waits for them at its end.
    std::map<core::TaskId, core::ClientId> inner_tasks = {};
    std::map<core::ClientId, std::size_t> inner_count = {};
    std::set<core::ClientId> awaiting_end = {};
    std::vector<SetUpEntry> set_ups = {};
    bool is_set_up = false;  ///< A run has changed its workers.
    std::vector<CallEntry> calls = {};
    std::vector<Restart> restarts = {};
    bool traced = false;
    /// What clients' tasks ask for that no worker is or has, since when, and whether the client has been told.
    struct Demand {
      core::Time since{};
      bool told = false;
    };
    std::map<std::pair<core::ClientId, std::string>, Demand> unmet = {};

    // With a journal:
    std::uint32_t number = 0;                             ///< Its name there.
    std::map<core::ClientId, std::uint64_t> heard = {};   ///< Messages of each client.
    std::set<core::ClientId> absent_clients = {};         ///< Of before a restart, not back yet.
    std::map<core::WorkerId, std::string> absent_workers = {};  ///< And their names.
    std::optional<core::Time> absent_until = {};
    std::map<core::TaskId, std::uint64_t> given = {};     ///< What may run once: behind which record.
    /// What workers are told when the journal has so many records, and what comes behind that.
    std::map<core::WorkerId, std::deque<std::pair<std::uint64_t, std::string>>> held = {};
  };
  /// A client's message that is not known to be on the disk.
  struct Unkept {
    std::uint64_t record = 0;
    std::string program = {};
    core::ClientId client{};
    std::uint64_t message = 0;
    std::uint64_t bytes = 0;
  };
  /// A member whose connection is broken and may be resumed; or a worker whose connection has ended, and of whose process
  /// nobody has told yet.
  struct Leaving {
    Member* member = nullptr;
    core::Time since{}, until{};
  };

  SchedulerServer(Options options, std::unique_ptr<net::Listener> listener);
  void serve();

  // scheduler_journal.cc
  Result<void> open_journal();
  void restore(const Books& books);
  void restore(Program& program, const core::Ledger& ledger);
  std::uint64_t said_again(const Member& client) const;
  class Noting;
  void keep(const Program& program, const core::Fact& fact);
  void write_notes();
  std::uint64_t append(std::string record, bool awaited = false);
  void keep_message(Member& client, const std::string& bytes);
  bool note(Program& program, const core::Action& action);
  void kept(std::uint64_t end);
  void note_kept(std::uint64_t end);
  void kept_no_more();
  void warn_of_disk(Program& program);
  std::uint64_t bytes_of_tasks() const;
  std::optional<std::uint64_t> look_at_journal();
  void shrink_journal(std::uint64_t bytes);
  /// Who was a member before a restart is one again, under the same id; or why not.
  std::string take_back(Member& member, net::Welcome& welcome);
  void returned(Member& worker, core::WorkerReturned event);
  void give_up_absent(Program& program);
  void give_up_absent_worker(Program& program, core::WorkerId worker);
  void never_back(Program& program, core::WorkerId worker);
  void replaced(Program& program, const std::string& name);
  void to_worker(Program& program, core::WorkerId id, Member* member, std::string message, std::uint64_t behind = 0);

  void accept();
  void let_in(std::unique_ptr<net::Stream> stream, net::Hello hello);
  std::string why_not(const net::Stream& stream, const net::Hello& hello) const;
  std::string secret_of(const std::string& program) const;
  void join(Member& member, std::unique_ptr<net::Stream> stream);
  void enter(Member& member);
  void keep_time();
  void attend_members();
  void reap();
  void give_back_memory();
  void lose(Program& program, core::WorkerId worker, const ProcessEnd& end);
  Program& program_of(const std::string& id);

  // scheduler_ids.cc
  bool has_begun();
  std::string why_not_yet(const net::Hello& hello);
  void begin_ids(std::uint32_t end, bool some_are_lost);
  void reserve_ids();
  std::uint32_t fresh_id();
  bool adopt_id(std::uint32_t id);

  // scheduler_links.cc
  void connect(Member& member, std::unique_ptr<net::Stream> stream);
  void start(Member& member);
  Member* broken_off(const net::Hello& hello);
  void resume(Member& member, std::unique_ptr<net::Stream> stream, const net::Hello& hello);
  net::Welcome welcome(const Member& member) const;
  void broken(Member& member);
  void note_broken(Member& member);
  static bool has_ended(const net::Hello& hello);
  void closed(Member& member);
  void departed(Member& member);
  void client_left(Member& member);
  void inner_clients_left(Program& program, core::WorkerId worker, bool may_come_back);
  void give_up_agent_of_before(const net::Hello& hello);
  void note_end(const Process& process, const ProcessEnd& end);
  void fence(Member& worker);
  void give_up_leaving();
  void give_up(core::ClientId client);
  void drop_revoked();

  // scheduler_messages.cc
  void received(Member& member, const std::vector<std::string>& messages);
  void apply(Program& program, const core::Event& event);
  using NotGiven = std::deque<core::TaskNotGiven>;
  void apply(Program& program, const core::Event& event, NotGiven& not_given);
  /// What workers are told to run, on its way into one message for each.
  struct OrdersOfWorker {
    RunTasks all = {};
    std::size_t bytes = 0;
  };
  using Orders = std::map<core::WorkerId, OrdersOfWorker>;
  static bool complete(core::RunTask& order, NotGiven& not_given);
  void add(Program& program, Orders& orders, core::RunTask order);
  void carry_out(Program& program, Orders& orders);
  void carry_out(Program& program, core::WorkerId id, const RunTasks& orders);
  void carry_out(Program& program, const core::Action& action);
  /// Without the failure if that is the one that it was told of before: it knows.
  static void tell(Member* client, const core::TaskEnded& ended);
  void from_client(Member& member, FromClient message);
  void from_worker(Member& member, FromWorker message);
  void note_inner(Program& program, const core::TasksSubmitted& submitted);
  void end_inner(Program& program, core::TaskId task);
  void end_inner_of(Program& program, core::ClientId client);
  void answer_awaiting(Program& program);

  // scheduler_agents.cc
  Hosting::Handlers hosting_handlers();
  void join_without_program(Member& member, std::unique_ptr<net::Stream> stream);
  bool received_from_agent(Member& member, const std::string& bytes);
  void tell_of_worker(const Program& program, const std::string& worker, WorkerNews::What what);
  void tell_of_workers(const std::string& program, const std::string& names);
  void print(const std::string& program, const Printed& lines);
  void tell_end(Member& client);
  void fail_clients(const std::string& program, const std::string& reason);
  void forget_programs();

  // scheduler_status.cc
  void let_in_tool(Member& tool);
  bool received_from_tool(Member& tool, const std::string& bytes);
  void answer_tool(Member& tool);
  void attend_tools();
  ClusterStatus status() const;
  ProgramStatus describe(const Program& program) const;

  // traces.cc
  void want_trace(Program& program);
  void pass_on(Member& worker, Traced& traced);

  // restarts.cc
  void note_restart(Program& program, const core::RestartRequested& request);
  void note_restart(Program& program, const core::ReplaceRequested& request);
  bool holds_answer(Program& program, const core::RequestDone& done);
  void await_no_more(Program& program, const std::function<bool(const std::string& name)>& those);
  void await_no_more(Program& program, const std::string& worker);
  void await_none_of(Program& program, const std::string& host, std::uint32_t agent);

  // sharing.cc
  bool refuse_shared(Member& client, core::RequestId request, const std::string& call);
  void warn_of_unmet(Program& program);

  // set_ups.cc
  bool start_set_ups(Member& member);
  void add_set_up(Member& client, SetUpRequested request);
  void set_up_done(Member& worker, const SetUpDone& done);
  void set_up_left(Program& program, core::WorkerId worker);
  void answer_set_ups(Program& program);
  void renew_workers(Program& program);

  // calls.cc
  void start_call(Member& client, CallRequested request);
  void call_done(Member& worker, CallDone& done);
  void call_left(Program& program, core::WorkerId worker);
  void tell_call(Program& program, CallEntry& call, CallEnded end);
  void drop_ended_calls(Program& program);

  static void send(Member* member, const ToClient& message);
  static void send(Member* member, const ToWorker& message);
  static void send(Member* member, std::string message);

  Options options_;
  PayloadStore payloads_;
  std::unique_ptr<net::Listener> listener_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false, dismissing_ = false;
  net::IoThreads io_{{}};  ///< For all members.
  net::Backlog unread_{std::min(kMostUnread, formats::memory_here() / 4)};  ///< Of what they are told.
  std::list<Member> members_;
  std::map<std::string, std::unique_ptr<Program>> programs_;
  std::map<Process, ProcessEnd> ends_;  ///< Of processes whose connection has not ended yet.
  std::vector<Leaving> leaving_;
  core::Time memory_looked_at_{};  ///< What is free of it.
  bool freed_ = false;  ///< Somebody has gone since, or a program.
  core::Time revoked_read_{};  ///< When the list of those was looked at last.
  LostClients given_up_clients_;  ///< Who did not come back in time, also before a restart.
  std::map<std::string, std::string> given_up_;  ///< Programs whose workers nobody can start, and why.
  Hosting hosting_{hosting_handlers(), kUnanswered * options_.pulse.silence, kUnheard * options_.pulse.heartbeat};
  std::uint32_t next_id_ = 1;
  std::uint64_t next_set_up_ = 1, next_call_ = 1;
  std::unique_ptr<net::Lobby> lobby_;
  bool journal_lost_ = false;    ///< It has given up.
  core::Time journal_looked_at_{};  ///< How much of it is of no use any more.
  int shrinking_ = 0;            ///< So often it was to be condensed for that, and still is not small.
  std::uint64_t cluster_ = 0;    ///< Not 0: there is a journal.
  std::optional<std::uint64_t> beginning_;  ///< Nobody is let in before the journal has so many records.
  std::string journal_full_;     ///< Not empty: the disk takes no more, and why.
  std::uint32_t first_id_ = 0;   ///< Those that this scheduler gives away begin here.
  std::uint32_t ids_end_ = 0;    ///< Ids below are written down as given away,
  std::uint64_t ids_record_ = 0; ///< in this record;
  std::uint32_t ids_safe_ = 0;   ///< those below that are on the disk.
  std::uint32_t doubtful_ = 0;   ///< Of members with ids below, records were lost.
  std::map<std::string, std::uint32_t> numbers_;  ///< Of programs in the journal.
  std::uint32_t last_number_ = 0;
  std::deque<Unkept> unkept_;
  core::Encoder notes_;             ///< Facts that are to be one record,
  std::uint32_t notes_of_ = 0;      ///< of this program; 0: there are none.
  std::size_t notes_count_ = 0;
  bool noting_ = false;             ///< More may come.
  std::thread acceptor_, clock_;
  std::unique_ptr<Journal> journal_;
};

/// While it lives, what is to be kept becomes few records: a body's end alone costs more around it than in it.
class SchedulerServer::Noting {
 public:
  explicit Noting(SchedulerServer& server);
  ~Noting();
  Noting(const Noting&) = delete;
  Noting& operator=(const Noting&) = delete;

 private:
  SchedulerServer& server_;
};

}  // namespace dflow::cluster
