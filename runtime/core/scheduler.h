#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/core/actions.h"
#include "runtime/core/events.h"
#include "runtime/core/fleet.h"
#include "runtime/core/graph.h"
#include "runtime/core/settings.h"
#include "runtime/core/story.h"

namespace dflow::core {

/// All decisions about one program's tasks on a cluster. Not thread-safe: one driver owns it. Reads no clock,
/// does no I/O, and decides the same whenever it is told the same: the events are its log.
///
/// Invariants, checked by `check_invariants`:
///  (1) a task is ready or assigned for the first time only when each of its inputs is stored, unless one
///  failed and it
///      ignores that; `missing` counts, for a waiting one, the inputs that have not ended; one that follows waits for
///      what its worker has to do, or what follows there, and nothing else;
///  (2) a task is assigned to exactly one live worker, or to none;
///  (3) a task is stored iff a live worker holds its value, in the version of its last attempt;
///  (4) `readers` counts the edges from tasks that are waiting, ready or assigned; a value that nothing needs
///  is held by
///      nobody, and a task that nothing needs and nothing was computed from is not known;
///  (5) a worker's counts are those of the tasks assigned to it; its free resources and threads are what those leave, and the
///  bodies that were taken from it and have not ended;
///  (6) no unconstrained task waits in the common queue while a worker has room that it may go to;
///  (7) a client is told of the end of each task that it wants, once;
///  (8) a task that is to run once is assigned at most once without its worker giving it back.
class Scheduler {
 public:
  explicit Scheduler(Settings settings = {});
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Folds one event into the state and says what must happen now. Throws `BrokenRule` if the state machine
  /// itself is wrong; what comes from outside is answered or ignored, however wrong.
  [[nodiscard]] std::vector<Action> apply(const Event& event);

  /// Throws `BrokenRule`. Takes time proportional to all that is known.
  void check_invariants() const;

  /// Null if the worker is not known.
  const WorkerJoined* worker(WorkerId id) const;

  /// It has not heard yet of all that was there when its predecessor was killed.
  bool recovering() const { return recovery_ != nullptr; }

  /// For reports to people.
  struct Counts {
    std::map<TaskState, std::size_t> tasks = {};
    std::size_t workers = 0;
    std::size_t clients = 0;
  };
  Counts counts() const;
  struct WorkerStatus {
    WorkerId worker{};
    std::uint32_t assigned = 0;
    std::uint32_t values = 0;
    std::uint64_t bytes = 0;
    bool paused = false;
    std::uint64_t process = 0, limit = 0, spilled = 0;  ///< As it says itself, in bytes.
    bool retiring = false;
  };
  std::vector<WorkerStatus> workers() const;
  /// Tasks that are ready and scattered values that ask for what no worker is or has; of many the first.
  struct Unmet {
    TaskId task{};
    std::shared_ptr<const TaskOptions> demands = {};
    bool scattered = false;
  };
  std::vector<Unmet> unmet() const;

  /// Memory of its own, without what payloads point to.
  std::size_t bytes() const;
  std::size_t tasks() const { return graph_.size(); }
  /// Tasks that have to run to their end, whoever leaves, and have not.
  std::size_t errands() const { return errands_; }
  std::string story(TaskId id) const { return story_.of(id); }

 private:
  struct Client {
    std::optional<WorkerId> inside = {};
  };

  /// Tasks with the same demands wait in one queue. Lane 0 is that of tasks without any.
  struct Lane {
    std::shared_ptr<const TaskOptions> demands = {};
    ReadyQueue queue = {};
    std::vector<Index> workers = {};  ///< That may run them.
  };

  struct Function {
    double run_time = 0;  ///< Nanoseconds, a moving average; 0: not known.
  };

  /// A copy on its way from worker to worker, by the scheduler's wish.
  struct Transfer {
    Index task = none;
    Index to = none;
    auto operator<=>(const Transfer&) const = default;
  };
  struct TransferEnd {
    Index drop_from = none;  ///< Who holds it no longer when the copy has arrived.
  };

  struct Scattered {
    std::vector<std::string> workers = {};  ///< That may hold it; empty: any.
    std::string what = {};                  ///< For people.
    std::string last_holder = {};
  };

  struct Request {
    std::optional<ClientId> client = {};
    RequestId id{};
    std::vector<TaskId> tasks = {};      ///< Replicate: until each of these has `copies`.
    std::vector<WorkerId> workers = {};  ///< Retire, restart, replace: until none of these is there.
    std::set<Transfer> transfers = {};   ///< Rebalance: until none of these is under way.
    std::uint16_t copies = 0;
  };

  // One for each event.
  void on(const Tick&);
  void on(const ClientJoined&);
  void on(const ClientLeft&);
  void on(const TasksSubmitted&);
  void on(const ValueScattered&);
  void on(const TasksReleased&);
  void on(const TasksCancelled&);
  void on(const ValueUnavailable&);
  void on(const LocateRequested&);
  void on(const ReplicateRequested&);
  void on(const RebalanceRequested&);
  void on(const RetireRequested&);
  void on(const RestartRequested&);
  void on(const ReplaceRequested&);
  void on(const WorkerJoined&);
  void on(const WorkerLost&);
  void on(const Heartbeat&);
  void on(const TaskStarted&);
  void on(const TaskSuspended&);
  void on(const TaskResumed&);
  void on(const TaskFinished&);
  void on(const TaskFailed&);
  void on(const TaskNotGiven&);
  void on(const TaskReturned&);
  void on(const TaskRevoked&);
  void on(const ValueAdded&);
  void on(const ValueRemoved&);
  void on(const FetchFailed&);
  void on(const RecoveryBegan&);
  void on(const WorkerAwaited&);
  void on(const ClientAwaited&);
  void on(const TaskRan&);
  void on(const TaskGone&);
  void on(const OnceGiven&);
  void on(const JournalRead&);
  void on(const WorkerReturned&);
  void on(const ClientReturned&);
  bool said_before(ClientId client);
  void on(const TaskTried&);
  void on(const TaskStopped&);

  // scheduler_recovery.cc
  bool put_off(const Event& event);
  void end_recovery();
  struct Recovery;
  Index owner(const HeldValue& value, const Recovery& past) const;
  void take_values(const Recovery& past);
  void take_value(Index task, const HeldValue& value);
  void take_tasks(const Recovery& past);
  bool waits(Index task, const HeldTask& held) const;
  void take_task(Index task, Index worker, const HeldTask& held);
  void take_stopping(const Recovery& past);
  void take_the_rest();

  // scheduler.cc: the states of tasks.
  void move(Index task, TaskState to);
  void later(Index task);  ///< Puts it on the agenda: its circumstances have changed.
  void settle();  ///< Reviews the agenda and fills workers that have room, until nothing is left to do.
  void review(Index task);  ///< Brings a task to the state that its circumstances call for.
  void review_stored(Index task);
  void activate(Index task);        ///< Begins to wait for its inputs, which it needs from now on.
  void wait_again(Index task);      ///< An active task is not with a worker any more.
  void deactivate(Index task);      ///< Needs its inputs no more.
  void resolve(Index task);         ///< All inputs have ended.
  void place_resolved();
  void expect_runs();
  bool sweeps(Index failed) const;  ///< Those that need it are cancelled.
  void drop(Index task);            ///< Nothing needs it.
  void forget(Index task);
  void fail(Index task, FailureRef failure);
  void note_failure(const Task& t, const FailureRef& failure);
  void has_run(Task& t);  ///< Or never will: it does not have to.
  void lose_value(Index task);  ///< The last copy is gone.
  void input_ended(Index producer);
  void input_lost(Index producer);

  // scheduler_work.cc: tasks and workers.
  void enqueue(Index task);
  void dequeue(Index task);
  void assign(Index task, Index worker);
  void order(Index task, Index worker);           ///< The worker is sent it, as another attempt.
  void begin_assigned(Index task, Index worker);  ///< Its worker has it.
  void put_on_list(Index task, Index worker);
  void note_given(Index task, bool given);
  void note_tried(const Task& t);
  void take_off_list(Index task);
  void unassign(Index task);  ///< It has no value there, and those that follow it have nothing to wait for.
  void withdraw(Index task);  ///< From its worker, which is told.
  void rehome(Index worker);  ///< It can run nothing (more): what waits for it goes elsewhere.
  void push_home(Index task, Index worker);
  bool outranked(Index task, Index worker);  ///< The user wants something else to go there first.
  std::uint32_t expect(Index task) const;
  void learn(Index task, Duration run_time);
  bool in_queue(const ReadyQueue::Entry& entry) const;
  SharedList<Input> inputs_of(Index task, Index worker);
  RunTask order_to_run(Index task, Index worker);

  // scheduler_throttling.cc: how much workers are given at once.
  void refill(Index worker);
  bool take_next(Index worker);
  void feed_paused();

  // scheduler_demands.cc: workers and resources that tasks ask for.
  bool may_run(Index worker, Index task) const;
  /// `slack`: so much less may be free, of each.
  bool fits(const Member& member, const TaskOptions& demands, double slack = 0) const;
  Index pick_constrained(Index task) const;
  void use_resources(Index worker, Index task, double sign);
  Index lane_for(const TaskSpec& spec);
  void fill_lane(Index lane);
  void refill_lanes();

  // scheduler_reports.cc: what workers say of tasks.
  /// The task, if this report is about what the worker does now; else it is answered.
  Index current(WorkerId worker, TaskId id, Attempt attempt);
  Index member(WorkerId id);  ///< Fences it off if it is not one.

  // scheduler_stopping.cc: bodies that nobody wants any more, and that have not ended.
  HeldTask body_of(Index task) const;
  void stop(Index worker, const HeldTask& body);
  void hold(Index worker, const HeldTask& body);
  void let_go(WorkerId worker, TaskId id, Attempt attempt);
  void note_stopping(WorkerId worker, TaskId id, Attempt attempt, bool suspended);
  void end_stopping(TaskId id);

  // scheduler_following.cc: tasks sent to a worker before their inputs have ended there.
  bool is_short(Index task) const;
  Index only_reader(Index task) const;
  Index made_at(Index task, Index reader) const;
  Index leader(Index task) const;
  bool follow(Index task);
  void lead(Index task);
  void take_up(Index task);
  Index following(WorkerId worker, TaskId id, Attempt attempt) const;
  void call_off(Index task);
  void call_off_followers(Index task);

  // scheduler_stealing.cc: from busy workers to idle ones.
  bool steal(Index thief);
  bool take_from(Index victim, Index thief, int& looks);
  Index most_attractive(Index victim, Index thief, int& looks);
  double attraction(Index task, Index victim, Index thief) const;
  bool more_attractive(Index a, double ratio_a, Index b, double ratio_b) const;
  bool call_back(Index victim, Index thief, int& looks);
  bool can_be_called_back(Index task, Index victim, Index thief) const;
  void end_call_back(Index task);
  void balance();
  void search();
  void search_for(Index thief, const std::vector<Index>& busy, int& looks);

  // scheduler_values.cc: values, copies, requests about them.
  void add_copy(Index task, Index worker);
  void remove_copy(Index copy);
  void free_copies(Index task);
  void value_missing(const MissingInput& missing);
  void refuse_value(WorkerId worker, TaskId id, Attempt version);
  void announce(Index task);
  void place_value(Index task);
  FailureRef loss_of(Index task, std::string how = {}) const;
  Input input(Index task, Index reader) const;
  void review_requests();
  bool few_are_asked_for() const;
  bool done(const Request& request) const;

  // scheduler_replicas.cc: copies beyond the first.
  void drop_surplus(Index worker);
  void replicate(Index task);
  void transfer(Index task, Index to, Index drop_from);
  void end_transfer(Index task, Index to, bool arrived);
  void end_transfers(Index task);
  std::size_t copies_possible(Index task) const;
  bool may_hold(Index worker, Index task) const;
  void copies_refused(Index task, Index worker, const std::string& reason);
  void evacuate(Index worker);

  // scheduler_splits.cc: members that do not reach each other.
  Index bound_to(Index task) const;
  bool may_ever_run(Index worker, Index task) const;
  void bind(Index task, Index worker, bool for_good);
  bool try_on(Index task);
  bool unreachable(const MissingInput& missing) const;
  bool reaches_inputs(Index worker, Index task) const;
  Index middle(Index task) const;
  void forget_breaks(WorkerId worker);
  bool bring_together(Index task, Index reader, std::vector<MissingInput>& missing);
  void make_here(Index task, Index reader, Index holder, bool for_good, std::vector<MissingInput>& missing);
  FailureRef apart(Index task, const std::string& reader, const MissingInput& missing);
  void bring_to_client(Index task, const Client& client, MissingInput& missing);
  void bring_copy(Index task, Index worker, MissingInput& missing);

  // scheduler_suspects.cc: a worker's death, and the task that it is laid to.
  struct Suspect {
    Index task = none;
    std::uint16_t suspicion = 0;  ///< 0: it was on its way.
    bool ended = false;           ///< It did not run any more: its result is what the worker had too much of.
    bool submitter = false;       ///< Of what ran.
  };
  void suspect(const Member& gone, const WorkerLost& lost, std::vector<Suspect>& suspects) const;
  void suspect_submitters(const Member& gone, std::vector<Suspect>& suspects) const;
  std::vector<Index> all_at(const Member& member) const;
  Index too_large(const Member& gone, const WorkerLost& lost) const;
  std::string crowd_of(const Member& gone, const WorkerLost& lost) const;
  void crowd_out(Index task, const Member& gone, const WorkerEnd& end, const std::string& crowd);
  void blame(const Suspect& suspect, const Member& member, const WorkerEnd& end);
  std::string why_lost(const Suspect& suspect, const Member& member) const;
  void fail_once(Index task, const std::string& worker, const WorkerEnd& end);
  std::uint8_t allowed_deaths(const Task& t) const;
  bool deadly(const Task& t) const;  ///< Too many workers died under it.

  // scheduler_members.cc: clients and workers that come and go.
  void lose_worker(Index worker, const WorkerLost& lost);
  void leave(ClientId client);
  /// The places of a task's inputs; those of the next are the same, often.
  struct Places {
    SharedList<TaskId> of = {};
    std::vector<Index> all = {};
    void find(const SharedList<TaskId>& inputs, const Graph& graph);
  };
  void submit(ClientId client, const TaskSpec& spec, bool again, Places& inputs);
  void cancel(Index task);
  void refuse(ClientId client, TaskId id, std::string why);
  void replace(Index worker);

  void emit(Action action) { actions_.push_back(std::move(action)); }

  const Settings settings_;
  Graph graph_;
  Fleet fleet_;
  std::map<ClientId, Client> clients_;
  std::vector<Lane> lanes_;
  std::map<std::string, Index> lane_names_;
  std::map<FunctionId, std::uint32_t> function_names_;
  std::vector<Function> functions_;
  std::map<Index, FailureRef> failures_;  ///< Of failed tasks.
  std::map<Index, Index> scattering_;     ///< Arriving value -> worker it was sent to, or `none`.
  std::map<Index, Scattered> scattered_;  ///< What no body makes.
  /// Something was not brought to where it is needed, for want of a network between two members.
  struct Bound {
    std::uint32_t times = 0;  ///< In vain, since it was computed last,
    Time since{};             ///< for the first time then.
    std::optional<WorkerId> to = {};  ///< So it goes there, while that worker is there,
    bool for_good = false;            ///< since something forbids the other way.
  };
  std::map<Index, Bound> bound_;
  std::map<std::pair<WorkerId, WorkerId>, Time> broken_;  ///< The first did not reach the second, for the last time then.
  std::map<Transfer, TransferEnd> transfers_;
  std::map<Index, Index> thieves_;  ///< Task being called back -> for whom.
  std::vector<Request> requests_;
  std::set<Index> short_of_copies_;  ///< Stored values with fewer copies than wanted.

  /// From `RecoveryBegan` until all who were awaited are back.
  struct Recovery {
    bool reading = true;  ///< The journal.
    std::optional<Time> until = {};
    std::set<WorkerId> workers = {};        ///< Awaited.
    std::vector<WorkerReturned> back = {};
    std::map<Index, FailureRef> gone = {};  ///< Tasks that had failed.
    std::vector<Event> later = {};          ///< What was said meanwhile.
  };
  std::unique_ptr<Recovery> recovery_;
  std::map<ClientId, std::uint64_t> again_;  ///< So many of their next messages may have been taken up before.

  // Within one event.
  std::vector<Action> actions_;
  std::vector<Index> agenda_;
  std::vector<Index> resolved_;                            ///< Waiting, and nothing is left to wait for.
  std::vector<Index> hungry_;                              ///< Workers that may have room.
  std::vector<Index> forgotten_;                           ///< Places to recycle.
  std::pair<Index, Payload> inline_value_{none, nullptr};  ///< Of the task that has just finished.
  /// Many inputs of a task, as its worker was told of them.
  struct NamedInputs {
    std::vector<Index> producers = {};
    SharedList<Input> inputs = {};
  };
  std::map<Index, NamedInputs> named_;  ///< The last, by worker.
  const char* event_name_ = "";

  Time now_{};
  std::uint64_t event_number_ = 0;
  std::uint64_t searches_ = 0;  ///< For something to steal: each begins elsewhere.
  std::uint64_t next_order_ = 1;
  std::size_t errands_ = 0;
  Story<TaskState> story_;
};

}  // namespace dflow::core
