#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "runtime/core/events.h"
#include "runtime/core/facts.h"

namespace dflow::core {

/// A worker is not a member any more.
struct WorkerGone {
  WorkerId worker{};
  static constexpr std::tuple fields{&WorkerGone::worker};
  bool operator==(const WorkerGone&) const = default;
};
/// So many of a client's messages have been taken up.
struct ClientHeard {
  ClientId client{};
  std::uint64_t messages = 0;
  static constexpr std::tuple fields{&ClientHeard::client, &ClientHeard::messages};
  bool operator==(const ClientHeard&) const = default;
};

/// What a journal's records say. The first four are what clients say, with the numbers that these have among a client's
/// messages, so that a message goes into the journal as it came.
using Fact = std::variant<TasksSubmitted, ValueScattered, TasksReleased, TasksCancelled, ClientJoined, ClientLeft, WorkerJoined,
                          WorkerGone, TaskRan, TaskGone, OnceGiven, ClientHeard, TaskTried>;

/// A program's facts, folded to what still matters: the tasks that its scheduler knows of, who joined, what has ended.
/// Not thread-safe. As trusting as the scheduler: what does not fit is ignored.
///
/// Invariant: a task is kept while its client wants it, while it has to run, or while something computed from it is kept.
class Ledger {
 public:
  void add(const Fact& fact);

  /// Calls with facts that make the same ledger of an empty one, the fewest there are.
  void restate(const std::function<void(const Fact&)>& tell) const;

  /// Facts that came after these may be lost: what may run once, and has not run for all that is known, may have been given away.
  /// Calls with what is added.
  void doubt(const std::function<void(const Fact&)>& tell);

  /// How many messages of the client have been taken up; nothing if it is not there.
  std::optional<std::uint64_t> heard(ClientId client) const;
  /// The client said one more thing that is in the journal.
  void hear(ClientId client);
  bool has_worker(WorkerId worker) const { return workers_.contains(worker); }
  bool empty() const { return tasks_.empty() && clients_.empty() && workers_.empty(); }
  std::size_t tasks() const { return tasks_.size(); }

 private:
  struct Client {
    std::optional<WorkerId> inside = {};
    std::uint64_t heard = 0;
    bool left = false;
  };
  struct Kept {
    std::variant<TaskSpec, ValueScattered> what;
    std::uint64_t order = 0;
    std::uint32_t consumers = 0;
    bool wanted = true;
    bool must_run = false;
    bool given = false;
    std::optional<TaskRan> ran = {};
    std::optional<TaskTried> tried = {};
    FailureRef failure = {};
  };

  void on(const TasksSubmitted&);
  void on(const ValueScattered&);
  void on(const TasksReleased&);
  void on(const TasksCancelled&) {}  // `TaskGone` follows
  void on(const ClientJoined&);
  void on(const ClientLeft&);
  void on(const WorkerJoined&);
  void on(const WorkerGone&);
  void on(const TaskRan&);
  void on(const TaskGone&);
  void on(const OnceGiven&);
  void on(const ClientHeard&);
  void on(const TaskTried&);

  bool is_there(ClientId client) const;
  Kept* find(TaskId id);
  void cut_inputs(Kept& kept);
  void drop_if_idle(TaskId id);

  std::map<TaskId, Kept> tasks_;
  std::map<ClientId, Client> clients_;
  std::map<WorkerId, WorkerJoined> workers_;
  std::vector<TaskId> idle_;  ///< That have lost a consumer.
  std::uint64_t next_order_ = 0;
};

}  // namespace dflow::core
