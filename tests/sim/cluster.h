// A cluster whose scheduler and workers are the real ones, and whose processes and network are not.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "runtime/core/ledger.h"
#include "runtime/core/scheduler.h"
#include "runtime/core/worker.h"
#include "tests/sim/link.h"
#include "tests/sim/program.h"
#include "tests/sim/world.h"

namespace dflow::sim {

class Cluster;
using core::Attempt;
using core::ClientId;
using core::FailureRef;
using core::TaskId;
using core::WorkerId;
using ValueName = std::pair<TaskId, Attempt>;

/// What a fetch came to.
struct Fetched {
  bool there = false;
  bool gone = false;
  std::uint64_t value = 0;
};

/// The client's side: futures by task.
class ClientNode {
 public:
  struct Future {
    enum class State { pending, done, failed, cancelled } state = State::pending;
    std::uint64_t value = 0;
    FailureRef failure;
    std::function<void()> on_end;
    bool released = false;
    bool fetching = false;
    bool told = false;  ///< That it has a value, which may have to be fetched still, or to be computed again.
  };

  ClientNode(Cluster& cluster, ClientId id, World::Host host, std::optional<WorkerId> inside = {});
  TaskId next_id() { return core::task_id(id_, next_++); }
  void submit(std::vector<core::TaskSpec> tasks);
  void scatter(TaskId id, std::uint64_t value, std::uint64_t bytes, std::uint16_t copies);
  void release(TaskId id);
  void cancel(TaskId id, bool force);
  void send(core::Event event);
  /// Sends what will be answered, again if need be.
  void ask(core::RequestId request, core::Event event, std::function<void()> then = {});
  void receive(const core::Action& action);
  /// The scheduler is gone, and with it the connection; and: another is there in its place.
  void cut();
  void reconnect();
  /// The journal has the first so many of what was sent.
  void kept(std::uint64_t messages);
  /// The process ends without a word (and the scheduler hears of it), or with one.
  void die();
  void leave();

  /// An input that was cancelled here, or failed, of a task that does not make do without; none: nothing.
  std::optional<TaskId> failed_input(TaskId id) const;

  std::map<TaskId, Future> futures;
  struct Request {
    core::Event event;
    std::function<void()> then;  ///< When it is answered.
  };
  std::map<core::RequestId, Request> requests;  ///< Unanswered.
  std::size_t pending = 0;
  bool dead = false;
  ClientId id() const { return id_; }
  World::Host host() const { return host_; }

 private:
  friend class Cluster;
  void end(TaskId id, Future::State state);
  bool fails_for_inputs(TaskId id);
  void answered(core::RequestId request);
  void fetch(const core::Input& input, std::size_t holder);

  Cluster& cluster_;
  ClientId id_;
  World::Host host_;
  std::uint64_t next_ = 0;
  std::map<TaskId, std::pair<std::uint64_t, std::uint64_t>> scattered_;  ///< Value, bytes.
  std::map<TaskId, std::vector<TaskId>> needs_;  ///< Of tasks that fail for their inputs.
  std::optional<WorkerId> inside_;
  std::deque<core::Event> unkept_;  ///< Said, and not known to be in the journal.
  std::uint64_t kept_ = 0;
  std::shared_ptr<Link> connect();
  void refused();
  std::shared_ptr<Link> link_;
};

/// One life of a worker process.
struct Life {
  WorkerId id{};
  World::Host host = 0;
  std::size_t slot = 0;
  bool dead = false;
  bool above = false;  ///< It had too much memory when that was looked at last.
  std::unique_ptr<core::Worker> brain;
  std::map<ValueName, std::uint64_t> store;
  std::map<ValueName, bool> disk = {};  ///< What has been written, and whether that is damaged.
  std::set<ValueName> unloaded = {};    ///< Of the store, what is on the disk alone.
  std::multimap<ValueName, std::uint64_t> coming = {};  ///< Bytes that have been asked for.
  Time disk_full_until{};
  struct Running {
    core::StartBody body;
    Body what;
    bool stopped = false;
    std::vector<TaskId> children;
    std::size_t waiting_for = 0;
    bool blocked = false;
    Time began{};
  };
  std::map<ValueName, Running> running;
  std::shared_ptr<Link> link;
  std::shared_ptr<ClientNode> client;  ///< Of its tasks.
  bool connected = true;
  std::vector<core::TaskFailed> untold;  ///< While it was not.
};

struct ClusterOptions {
  std::size_t workers = 4;
  std::uint16_t max_threads = 3;
  bool jittery = false;
  bool slow_workers = false;
  bool report_starts = true;
  bool agents_know = true;  ///< An agent tells what ran in a worker that died.
  std::uint64_t memory = 0;
  bool replacing = false;  ///< Agents replace workers that have more than 95 % of that.
  double damage = 0;  ///< Of what is written to disks, as a part.
  bool journal = false;
  bool damaging = false;  ///< Of what of it is on the disk, some is lost now and then.
  LinkOptions link = {};
  bool check_each = true;  ///< Invariants after each event, not now and then.
  core::Settings settings = {};
  std::ostream* trace = nullptr;  ///< Everything that is said, for people.
};

class Cluster {
 public:
  Cluster(World& world, ClusterOptions options);
  ~Cluster();

  void tell(core::Event event);  ///< The scheduler, now.
  std::shared_ptr<ClientNode> connect();
  void fetch(World::Host reader, WorkerId holder, ValueName name, std::function<void(Fetched)> then);

  // Faults.
  /// The scheduler is killed, and another takes its place after a while, with what is left of the journal.
  void kill_scheduler();
  void crash(std::size_t slot, core::WorkerEnd::Kind kind);
  void add_worker();
  void isolate(World::Host host, Duration span);
  void part(World::Host a, World::Host b, Duration span);
  void fill_disk(std::size_t slot, Duration span);
  void press(std::size_t slot, Duration span);
  /// Nothing goes from one to the other any more, and what goes back arrives.
  void part_one_way(World::Host from, World::Host to, Duration span);
  /// The network resets a connection to the scheduler, and tells both ends or one of them.
  void reset_some();

  std::size_t slots() const { return slots_.size(); }
  std::shared_ptr<Life> life(std::size_t slot) const { return slots_[slot].life; }
  static World::Host host_of(std::size_t slot) { return static_cast<World::Host>(slot) + 1; }
  /// Nothing is known, held or running any more, anywhere.
  bool empty() const;
  std::string contents() const;
  /// A scheduler fed with the log of this one does the same.
  void replay() const;

  World& world;
  ClusterOptions options;
  std::unique_ptr<core::Scheduler> scheduler;  ///< Null while there is none.
  std::map<TaskId, int> runs;  ///< How often a body began.
  std::set<TaskId> once;       ///< Of which that is once at most.
  std::map<TaskId, int>
      deaths;                ///< Workers that ended and may have run it, as far as the scheduler could know.
  std::size_t replaced = 0;  ///< Workers that had too much memory.
  std::set<TaskId> unlucky;  ///< Bodies that threw since a child of theirs had no value.
  bool record = false;

 private:
  struct Slot {
    std::shared_ptr<Life> life;
    std::uint16_t threads = 1;
    double slowness = 1;
    bool closed = false;
    std::uint64_t pressure = 0;  ///< Bytes of its process that are no values.
  };

  template <class T>
  void trace(const std::string& who, const T& what) const;
  void join(std::size_t slot);
  void connect(const std::shared_ptr<Life>& life);
  void end_life(const std::shared_ptr<Life>& life, core::WorkerEnd end, bool told);
  void act(const core::Action& action);
  void to_worker(WorkerId id, core::WorkerEvent event);
  void to_client(ClientId id, const core::Action& action);
  void drive(const std::shared_ptr<Life>& life, const core::WorkerEvent& event);
  void act(const std::shared_ptr<Life>& life, const core::WorkerAction& action);
  void start_body(const std::shared_ptr<Life>& life, const core::StartBody& body);
  static std::map<std::string, double> resources_of(std::size_t place) { return {{"tape", place % 2 == 0 ? 1.0 : 0.0}}; }
  void require_enough(const Life& life) const;
  void finish_body(const std::shared_ptr<Life>& life, ValueName name);
  // restart.cc
  void keep(core::Fact fact, std::optional<ClientId> said_by = {});
  void note(const core::Event& event);
  void note(const core::Action& action);
  std::string torn_journal(bool damaged);
  void restart_scheduler();
  core::Ledger read_journal(std::string_view file);
  void recover(const core::Ledger& ledger);
  void reconnect(const std::shared_ptr<Life>& life, std::uint32_t epoch);
  void reconnect_later(const std::shared_ptr<ClientNode>& client);
  void add_client(const std::shared_ptr<ClientNode>& client);
  void apply(const core::Event& event);
  void deliver(WorkerId id, core::WorkerEvent event);
  void count_deaths(const core::WorkerLost& lost);
  void beat(const std::shared_ptr<Life>& life);
  // memory.cc
  void spill(const std::shared_ptr<Life>& life, ValueName name);
  void unload(const std::shared_ptr<Life>& life, ValueName name);
  bool damaged(const std::shared_ptr<Life>& life, ValueName name);
  bool read_back(const std::shared_ptr<Life>& life, const core::StartBody& start);
  void replace_if_large(const std::shared_ptr<Life>& life);
  void begin_fetch(const std::shared_ptr<Life>& life, const core::StartFetch& ask);
  void tick();

  friend class ClientNode;
  std::vector<Slot> slots_;
  std::map<WorkerId, std::shared_ptr<Life>> lives_;
  std::map<ClientId, std::shared_ptr<ClientNode>> clients_;
  std::map<WorkerId, std::set<TaskId>> sent_;
  std::uint32_t next_worker_ = 1;
  std::uint32_t next_client_ = 1;
  std::uint64_t told_ = 0;

  struct Record {
    std::string bytes;
    std::optional<ClientId> said_by;
  };
  std::vector<Record> journal_;
  std::size_t kept_ = 0;  ///< So many of its records are on the disk.
  std::size_t condensed_ = 0;    ///< So many are a snapshot.
  std::set<ClientId> doubtful_;  ///< Who was there when it was damaged.
  std::uint32_t epoch_ = 0;
  std::map<ClientId, std::uint64_t> heard_;
  std::set<ClientId> awaited_;
  std::set<ClientId> given_up_;  ///< Also by those before.
  std::set<WorkerId> members_;
  std::map<TaskId, std::size_t> given_;  ///< What may run once: behind so many records.
  std::map<WorkerId, std::deque<std::pair<std::size_t, core::WorkerEvent>>> held_;
  std::vector<std::string> log_;
  std::vector<std::string> answers_;
};

}  // namespace dflow::sim
