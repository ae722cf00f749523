#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "runtime/core/actions.h"
#include "runtime/core/id_table.h"
#include "runtime/core/pool.h"
#include "runtime/core/states.h"
#include "runtime/core/task_spec.h"

namespace dflow::core {

/// What the scheduler knows of a task. Kept small: there are millions.
struct Task {
  TaskId id{};
  Payload payload = {};
  std::shared_ptr<const TaskOptions> options = {};
  std::uint64_t order = 0;
  std::uint64_t bytes = 0;  ///< Of its value, once known.
  std::int32_t priority = 0;
  std::uint32_t path = 0;
  Index first_input = none;   ///< Edges to what it needs, in the order of arguments.
  Index first_reader = none;  ///< Edges from those that need it.
  Index first_copy = none;
  Index worker = none;    ///< Assigned: where. Ready: in whose queue, if in a worker's own. Following: whom it was sent to.
  Index previous = none;  ///< Neighbours among those assigned to the same worker.
  Index next = none;
  Index avoid = none;  ///< A worker that it should not go to again, if there are others.
  Index lane = 0;
  std::uint32_t function = 0;
  std::uint32_t attempt = 0;   ///< Of the last assignment; a stored value's version.
  std::uint32_t missing = 0;   ///< Waiting: inputs (edges) that have not ended.
  std::uint32_t readers = 0;   ///< Edges from tasks that are waiting, ready or assigned.
  std::uint32_t copies = 0;    ///< Workers that hold the value.
  std::uint32_t ticket = 0;    ///< Tells its entry in a ready queue from older ones of this place.
  std::uint32_t expected = 0;  ///< Microseconds that it was counted with at its worker.
  std::uint16_t retries = 0;
  std::uint16_t wanted_copies = 1;
  std::uint16_t suspicion = 0;  ///< `kSuspicion` for each worker that died while it ran it.
  TaskState state = TaskState::fresh;
  OnFailure on_failure = OnFailure::fail;
  std::uint8_t losses = 0;    ///< Workers that died before they had begun it.
  std::uint8_t crowded = 0;   ///< Workers that were killed full of values, of which its was one.
  std::uint8_t moves = 0;     ///< Times that it was called back from its worker.
  bool wanted : 1 = false;    ///< By its client.
  bool must_run : 1 = false;  ///< Has to run once, whoever wants it.
  bool fire_and_forget : 1 = false;
  bool scattered : 1 = false;            ///< No body makes it: lost is lost.
  bool cancelled_by_client : 1 = false;  ///< Which therefore need not be told.
  bool announced : 1 = false;            ///< Its client knows where the value is.
  bool default_value : 1 = false;        ///< An input failed and that is to be ignored.
  bool started : 1 = false;              ///< Assigned: its body has begun.
  bool suspended : 1 = false;            ///< Assigned: its body waits for others, without a thread.
  bool revoking : 1 = false;             ///< Assigned: its worker was asked to give it up.
  bool follows : 1 = false;              ///< Waiting: a worker has it, and makes what it waits for.
  bool once : 1 = false;                 ///< Its body begins at most once.
  bool given : 1 = false;                ///< And may have begun.
  bool ran : 1 = false;                  ///< Its body has returned at some time.
  bool on_agenda : 1 = false;

  static constexpr std::uint16_t kSuspicion = 8;
  std::uint16_t deaths() const { return suspicion / kSuspicion; }
  Rank rank() const { return {priority, path, order}; }
  bool active() const {
    return state == TaskState::waiting || state == TaskState::ready || state == TaskState::assigned;
  }
  bool ended() const { return state == TaskState::stored || state == TaskState::failed; }
  /// What no body makes is kept for all that was computed from it, and may have to be computed again.
  bool needed() const { return wanted || must_run || readers > 0 || (irreplaceable() && first_reader != none); }
  /// There is a value, or was, that cannot be computed again.
  bool irreplaceable() const { return scattered || (once && ran); }
};

/// "consumer needs producer".
struct Edge {
  Index producer = none;
  Index consumer = none;
  Index next_input = none;
  Index previous_reader = none;
  Index next_reader = none;
};

/// "worker holds task's value".
struct Copy {
  Index task = none;
  Index worker = none;
  Index next_of_task = none;
  Index previous_of_worker = none;
  Index next_of_worker = none;
};

/// Tasks and what links them, by place. Knows how to link and to unlink, and nothing of why.
class Graph {
 public:
  /// A fresh task; `id` is not in use.
  Index add(TaskId id);
  /// Takes the task out of the table and cuts its inputs. It has no readers and no copies; its place stays
  /// occupied until `recycle`, so that those who hold the place within one event do not meet another task
  /// there.
  void remove(Index task);
  void recycle(Index task);

  Index find(TaskId id) const;
  Task& operator[](Index i) { return tasks_[i]; }
  const Task& operator[](Index i) const { return tasks_[i]; }

  /// Appends an input; `last` is the edge appended before it, or `none`.
  Index link(Index consumer, Index producer, Index last);
  void cut_inputs(Index consumer);
  /// These are its inputs, in order, and it has no others.
  bool needs_just(Index consumer, const std::vector<Index>& producers) const;
  const Edge& edge(Index i) const { return edges_[i]; }

  template <class F>
  void for_inputs(Index consumer, F&& f) const {
    for (Index e = tasks_[consumer].first_input; e != none;) {
      const Edge& edge = edges_[e];
      e = edge.next_input;
      f(edge.producer);
    }
  }
  template <class F>
  void for_readers(Index producer, F&& f) const {
    for (Index e = tasks_[producer].first_reader; e != none;) {
      const Edge& edge = edges_[e];
      e = edge.next_reader;
      f(edge.consumer);
    }
  }

  /// `head` is the worker's list of copies. The worker has no copy yet.
  void add_copy(Index task, Index worker, Index& head);
  void remove_copy(Index copy, Index& head);
  Index find_copy(Index task, Index worker) const;
  const Copy& copy(Index i) const { return copies_[i]; }

  template <class F>
  void for_tasks(F&& f) const {
    for (const auto& [client, table] : tables_) table.for_each(f);
  }
  template <class F>
  void for_tasks_of(ClientId client, F&& f) const {
    if (const auto found = tables_.find(client); found != tables_.end()) found->second.for_each(f);
  }

  std::size_t size() const { return tasks_.size(); }
  std::size_t edges() const { return edges_.size(); }
  std::size_t copies() const { return copies_.size(); }
  std::size_t bytes() const;

 private:
  Pool<Task> tasks_;
  Pool<Edge> edges_;
  Pool<Copy> copies_;
  std::map<ClientId, IdTable> tables_;
};

}  // namespace dflow::core
