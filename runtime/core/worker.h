#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/core/settings.h"
#include "runtime/core/story.h"
#include "runtime/core/worker_actions.h"
#include "runtime/core/worker_events.h"

namespace dflow::core {

/// What a worker may use.
struct WorkerLimits {
  std::uint16_t threads = 1;
  std::uint64_t memory = 0;  ///< Bytes that the process may have in memory; 0: no bound.
  /// Its process is replaced when it has more. Else it is its share of the machine's memory, and what cannot
  /// be had within it is tried all the same.
  bool strict = false;
};

/// All decisions of one worker process. As pure as the scheduler, and driven likewise.
///
/// A worker fetches what its tasks need as soon as it is told of them, asking one holder after the other;
/// runs those that have everything, best rank first, as many as it has threads; and keeps values until it is
/// told to drop them. A body that waits for other tasks gives its thread away and gets one back before new
/// bodies start. What cannot be had is asked for again a few times, at growing intervals, then the task goes
/// back to the scheduler.
///
/// Where memory is bounded (worker_memory.cc): above 60 % of it, values that no body reads are written to the
/// disk, unused for longest first, until 50 % would be left; above 80 %, and until it is below 70 %, it is
/// paused: no body begins as long as others run or the disk is about to free memory, so that at most one runs
/// at a time, and if the disk is full, one for each time that it was tried again. If the disk takes no more,
/// it is paused above 60 % and until 50 %. Values are fetched as far as there is room for them, or one at a
/// time.
///
/// Invariants, checked by `check_invariants`:
///  (1) a task is fetching iff some input is not stored here;
///  (2) no more bodies run than there are threads;
///  (3) no task is ready, or resuming, while a thread is free, unless one that runs, or the next, is to run
///  alone, or memory
///      is short and something runs or is being written to the disk;
///  (4) a value is being fetched iff a task here or the scheduler wants it, it is not stored, and no task here makes it;
///  (5) `memory` is the sum over the values that are in memory, `spilled` over those that are on the disk
///  alone; (6) what may be spilled is known by when it was used last; (7) a task knows its inputs' values,
///  each once.
class Worker {
 public:
  Worker(WorkerId self, WorkerLimits limits, Settings settings = {});
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] std::vector<WorkerAction> apply(WorkerEvent event);

  void check_invariants() const;

  /// What it holds and has to do, for a scheduler that does not know.
  void report_all(WorkerReturned& report) const;

  bool stored(TaskId id, Attempt version) const;
  std::size_t tasks() const { return tasks_.size(); }
  std::size_t values() const { return values_.size(); }
  std::uint32_t running() const { return running_; }
  std::uint64_t memory() const { return memory_; }
  std::uint64_t spilled() const { return spilled_; }
  bool paused() const { return paused_; }
  bool bounded() const { return limits_.memory > 0; }
  /// So many bytes more leave it unpaused.
  bool has_room(std::uint64_t bytes) const;
  std::string story(TaskId id) const { return story_.of(id); }

 private:
  /// A value by name and version.
  struct Name {
    TaskId id{};
    Attempt version{};
    auto operator<=>(const Name&) const = default;
  };
  /// All versions of a value lie in one bucket.
  struct ById {
    std::size_t operator()(const Name& name) const noexcept {
      return static_cast<std::size_t>(static_cast<std::uint64_t>(name.id) * 0x9e3779b97f4a7c15 >> 20);
    }
  };
  /// A set that lies together: in most of these there are few, and they come and go in order.
  class Names {
   public:
    /// False if it was there already.
    bool insert(const Name& name) {
      const auto at = std::lower_bound(all_.begin(), all_.end(), name);
      if (at != all_.end() && *at == name) return false;
      all_.insert(at, name);
      return true;
    }
    bool erase(const Name& name) {
      const auto at = std::lower_bound(all_.begin(), all_.end(), name);
      if (at == all_.end() || *at != name) return false;
      all_.erase(at);
      return true;
    }
    bool contains(const Name& name) const { return std::binary_search(all_.begin(), all_.end(), name); }
    bool empty() const { return all_.empty(); }
    auto begin() const { return all_.begin(); }
    auto end() const { return all_.end(); }

   private:
    std::vector<Name> all_;
  };
  struct Value {
    ValueState state = ValueState::absent;
    bool doomed = false;  ///< Dropped when its last reader here has ended.
    bool unwritable = false;  ///< It cannot be spilled.
    std::uint64_t bytes = 0;
    std::uint64_t used = 0;       ///< When last, in events.
    Names readers = {};  ///< Tasks here (id, attempt) that have not ended.
    // While it is not stored:
    Holders holders = {};  ///< To be asked.
    std::size_t next_holder = 0;
    std::optional<WorkerId> asking = {};
    bool queued = false;  ///< `asking` has not been asked yet.
    std::vector<MissingInput> refused = {};
    int rounds = 0;  ///< Times that all the holders were asked in vain.
    std::optional<Time> again_at = {};
    bool for_scheduler = false;  ///< It asked for a copy.

    bool stored() const { return state != ValueState::absent; }
  };
  /// Where a value is, it stays until it is erased, which no value is that has readers.
  using Values = std::unordered_map<Name, Value, ById>;
  using NamedValue = Values::value_type;
  struct Work {
    RunTask order;
    std::vector<NamedValue*> inputs = {};  ///< Each once.
    WorkState state = WorkState::fresh;
    std::uint32_t missing = 0;  ///< Of the inputs, those that are not stored here.
    std::optional<Time> deadline = {};
    bool timed_out = false;
    bool cancelled = false;  ///< Running still, but nobody wants the result.
  };
  struct Queued {
    Rank rank;
    Name name;
    bool operator<(const Queued& other) const {
      if (rank.before(other.rank) != other.rank.before(rank)) return rank.before(other.rank);
      return name < other.name;
    }
  };

  void on(const Tick&);
  void on(RunTask&);
  void on(const CancelTask&);
  void on(const RevokeTask&);
  void on(const FreeValue&);
  void on(const FetchValue&);
  void on(const CloseWorker&);
  void on(const FetchSucceeded&);
  void on(const FetchBroken&);
  void on(const ValuePushed&);
  void on(const ValueSpoilt&);
  void on(const BodyReturned&);
  void on(const BodyThrew&);
  void on(const BodyBlocked&);
  void on(const BodyUnblocked&);
  void on(const SpillEnded&);
  void on(const BodyUnstarted&);
  void on(const MemoryMeasured&);
  void on(const BodyTimedOut&);

  // worker.cc: tasks.
  void move(Work& work, WorkState to);
  void forget(const Name& name);
  void forget_valueless(const Name& name);
  const std::vector<NamedValue*>* values_of_neighbour(const RunTask& order);
  void make_ready(Work& work);
  void start_bodies();
  void start(Work& work);
  void time_out(const Name& name, Work& work, FailureRef failure);
  void report(Report what);
  template <class Action>
  void emit(Action action) {
    actions_.emplace_back(std::move(action));
  }

  // worker_values.cc: values.
  void want(NamedValue& named, const Input& input);
  void ask(const Name& name, Value& value);
  void give_up(Name name, Value& value);
  void refuse_large(const Name& name, Value& value);
  void store(const Name& name, std::uint64_t bytes);
  void unstore(const Name& name);
  void drop_untold(const Name& name);  ///< What the driver has and the brain does not keep.
  void use(NamedValue& named);  ///< A body reads it now: it is in memory.
  void release(const Name& reader, NamedValue& named);
  void erase_if_idle(const Name& name);
  void erase_if_idle(NamedValue& named);
  bool drop_if_unwanted(NamedValue& named);  ///< True if it is gone.

  // worker_memory.cc: what is in memory.
  void turn(const Name& name, Value& value, ValueState to);
  bool may_spill(const Value& value) const;
  bool read_now(const Value& value) const;
  std::uint64_t part(std::uint64_t percent) const { return limits_.memory / 100 * percent; }
  std::uint64_t used() const;
  bool held_back(const Work& work) const;
  void spill();
  void try_disk();
  void note_pressure();
  void admit_fetches();
  void start_fetch(const Name& name, const Value& value);
  bool fetch_ended(const Name& name, WorkerId from);
  void beat();

  const WorkerId self_;
  WorkerLimits limits_;  ///< A share of memory changes.
  const std::uint16_t threads_;
  const Settings settings_;
  std::unordered_map<Name, Work, ById> tasks_;
  Values values_;
  Name neighbour_ = {};  ///< The last task that came with many inputs.
  std::set<Queued> ready_;
  std::set<Queued> resuming_;
  std::set<std::pair<Time, Name>> deadlines_;
  std::set<std::pair<Time, Name>> retries_;             ///< Values to be asked for again.
  /// Values that are here and may be spilled, longest unused first; empty where nothing is ever spilled.
  std::set<std::pair<std::uint64_t, Name>> unspilled_;
  std::uint32_t running_ = 0;
  std::optional<Name> alone_ = {};  ///< Running; nothing begins or goes on beside it.
  std::uint64_t memory_ = 0;
  std::uint64_t spilled_ = 0;
  std::uint64_t spilling_ = 0;          ///< Bytes of `memory_` that are being written.
  std::uint64_t process_ = 0;           ///< As it was measured last,
  std::uint64_t memory_then_ = 0;       ///< and `memory_` then.
  std::optional<Time> disk_full_ = {};  ///< Until then nothing more is spilled.
  std::optional<Name> disk_try_ = {};   ///< Is being written to see whether there is room again.
  bool disk_tried_ = false;             ///< In vain, since the last body began.
  std::deque<Name> to_fetch_;           ///< Values to be asked for when there is room for them.
  std::map<std::pair<Name, WorkerId>, std::uint64_t> coming_;  ///< Bytes of those that have been asked for.
  std::uint64_t coming_bytes_ = 0;
  bool paused_ = false;
  bool told_paused_ = false;
  Time now_{};
  Time beat_{};
  bool beaten_ = false;
  std::vector<WorkerAction> actions_;
  std::uint64_t event_number_ = 0;
  const char* event_name_ = "";
  Story<WorkState> story_;
};

}  // namespace dflow::core
