#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/core/events.h"
#include "runtime/core/graph.h"
#include "runtime/core/id_table.h"
#include "runtime/core/ready_queue.h"
#include "runtime/core/settings.h"
#include "runtime/core/smallest.h"

namespace dflow::core {

/// Sums of amounts of a resource are not exact.
inline constexpr double resource_rounding = 1e-6;

/// What the scheduler knows of a worker.
struct Member {
  WorkerJoined self = {};
  std::map<std::string, double> free = {};  ///< Of its resources.
  Index first_task = none;                  ///< Assigned to it, in order of assignment.
  Index last_task = none;
  std::uint32_t sent = 0;       ///< How many those are.
  std::uint32_t suspended = 0;  ///< Of these, without a thread.
  /// A body that was taken from it, and that it has not said to have ended: it may run on, with a thread and what it asked for.
  struct Stopping {
    std::map<std::string, double> resources = {};
    bool suspended = false;  ///< It waits for others, without a thread.
  };
  std::map<std::pair<TaskId, Attempt>, Stopping> stopping = {};
  std::uint32_t held = 0;  ///< Of these, those that have a thread.
  std::uint32_t following = 0;  ///< Tasks sent to it that wait for what is made there, and are not assigned yet.
  Duration occupancy{};         ///< How long the others are expected to take.
  ReadyQueue home = {};         ///< Ready tasks that would rather wait for it than go elsewhere.
  Duration home_time{};
  Index first_copy = none;
  std::uint64_t bytes = 0;       ///< Of the values it holds.
  std::uint32_t calls_back = 0;  ///< Tasks being called back from others for it.
  Duration coming{};             ///< How long those are expected to take.
  Index victim = none;              ///< Who gave it something last.
  std::uint32_t found_waiting = 0;  ///< Where in `home` something was found for another worker last,
  Index found_sent = none;          ///< and before which of the tasks assigned to it, if it still is.
  Time heard{};
  Time progress{};     ///< When it began to have something to do, or a task ended there last.
  Duration overdue{};  ///< All its threads have been at work for so much longer than was expected.
  bool live = false;
  bool filled = false;  ///< Has had no room since, and not enough for a run of tasks again.
  bool paused = false;  ///< For want of memory.
  std::uint64_t process = 0;  ///< Bytes that it has in memory, as it says itself,
  std::uint64_t limit = 0;    ///< that it may have, if that is bounded,
  std::uint64_t spilled = 0;  ///< and of its values on the disk alone.
  bool retiring = false;
  bool closing = false;  ///< Told to end, or about to be replaced: no task is to blame for its end.
  std::vector<ClientId> clients = {};  ///< Inside its tasks.
  std::vector<Index> lanes = {};       ///< Of constrained tasks that it may run.

  std::uint32_t active() const { return sent - suspended; }
  /// Its threads, without those of bodies that were taken from it.
  std::uint32_t threads() const { return self.threads - std::min<std::uint32_t>(held, self.threads); }
  /// A task has ended there.
  void got_on(Time now) {
    progress = now;
    overdue = {};
  }
  bool usable() const { return live && !paused && !retiring && !closing; }
  bool holds_for_others() const { return live && !retiring && !closing; }
  /// A thread of it has nothing to do, and nothing is on its way.
  bool idle() const { return usable() && active() + calls_back < threads(); }
  /// It may be given one task, if those that are not paused can have none.
  bool last_resort() const { return paused && holds_for_others() && active() + held == 0; }
  Duration load() const { return (occupancy + home_time + coming) / std::max(threads(), 1u) + overdue; }
};

/// The workers by place, and who of them has least and who has most to do.
class Fleet {
 public:
  explicit Fleet(const Settings& settings) : settings_(settings) {}

  Index add(const WorkerJoined& self, Time now);
  /// Its tasks, copies and queue are empty.
  void remove(Index worker);

  Index find(WorkerId id) const { return table_.find(static_cast<std::uint32_t>(id)); }
  Member& operator[](Index i) { return members_[i]; }
  const Member& operator[](Index i) const { return members_[i]; }
  Index places() const { return static_cast<Index>(members_.size()); }
  std::size_t live() const { return table_.size(); }
  std::size_t usable() const { return usable_; }
  std::size_t paused() const { return paused_; }

  /// Room for one more: a thread without a task, or little enough work sent ahead.
  bool has_room(const Member& member) const { return member.usable() && !member.filled; }

  /// To be called after a change of what a member has to do or may do.
  void changed(Index worker);
  /// What it holds has become more or less by so many bytes.
  void holds_more(Index worker, std::uint64_t bytes);
  void holds_less(Index worker, std::uint64_t bytes);
  /// To be called now and then: finds the members that do not get on as was expected, and so have more to do than it seems.
  /// Returns those of which that is not so any more: they may have room.
  std::vector<Index> look_for_overdue(Time now);

  /// Of those with room, the one with least to do, `but` aside; `none` if nobody has room.
  Index idlest(Index but = none) const;
  /// The same, whether it has room or not.
  Index least_loaded(Index but = none) const { return available_.first_but(but); }
  /// The least loaded for a task without inputs, or the one that got the last, if it has little more to do.
  Index next_of_run(Index but = none);
  /// So much work without inputs is about to be shared out: each gets its part in one piece, as far as there is room.
  void expect_runs(Duration work);
  /// Who has most work that another could begin at once; `none` if nobody has any.
  Index busiest(Index but = none) const { return backlog_.first_but(but); }
  bool has_backlog(Index worker) const { return backlog_[worker] != Smallest::infinite; }

  /// The next worker that may hold something, round and round; `none` if there is none. Spreads values
  /// evenly, where memory is not short.
  template <class May>
  Index next_in_turn(May&& may) {
    for (const bool short_of_memory : {false, true}) {
      for (Index i = 0; i < places(); ++i) {
        turn_ = (turn_ + 1) % places();
        const Member& member = members_[turn_];
        if (member.holds_for_others() && member.paused == short_of_memory && may(turn_)) return turn_;
      }
    }
    return none;
  }

  /// By a name or host.
  static bool named(const Member& member, const std::vector<std::string>& names);

  std::size_t bytes() const;

 private:
  void note_room(Member& member) const;
  void note_bytes(Index worker, std::uint64_t bytes);

  const Settings& settings_;
  std::vector<Member> members_;
  std::vector<Index> vacant_;
  IdTable table_;
  Smallest available_;  ///< Keys: load, and those without room behind those with room. Of the idle, who holds least is first.
  Smallest backlog_;    ///< Keys: the complement of work that waits.
  Index turn_ = 0;
  Index run_ = none;  ///< Who got the last task without inputs.
  std::size_t usable_ = 0;
  std::size_t paused_ = 0;  ///< That hold for others.
  Duration run_length_{};
  std::vector<bool> counted_, counted_paused_;
};

}  // namespace dflow::core
