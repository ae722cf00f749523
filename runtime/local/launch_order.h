// Which of a launch's ready tasks run first: those from which the longest way leads to the end, in measured
// time.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <dflow/detail/launch.h>

namespace dflow::local {

using detail::Launch;
using detail::TaskId;

/// What the tasks of each call of one graph function take, over all of its launches. Thread-safe.
class SiteCosts {
 public:
  explicit SiteCosts(std::size_t families) : families_(families) {}

  void note(std::size_t family, std::chrono::nanoseconds took, std::uint64_t tasks) noexcept;
  std::uint64_t samples() const noexcept { return samples_.load(std::memory_order_relaxed); }
  /// Nanoseconds of a measured task.
  double mean() const noexcept;
  /// By family; the mean of all where nothing has been measured.
  std::vector<float> by_family() const;

 private:
  struct Family {
    std::atomic<std::uint64_t> ns{0}, tasks{0};
  };
  std::vector<Family> families_;
  std::atomic<std::uint64_t> samples_{0};
};

/// By the launcher's place in the source. Thread-safe.
class CostTable {
 public:
  std::shared_ptr<SiteCosts> of(const void* site, std::size_t families);

 private:
  std::mutex mutex_;
  std::unordered_map<const void*, std::shared_ptr<SiteCosts>> sites_;
};

/// The longest ways, and what all tasks take together; no ways if there is no room for them.
struct Levels {
  std::vector<float> ns;  ///< From the begin of a task to the end of the last one that needs it; 0: no task.
  double work = 0;
  float longest = 0;
};
/// Asks each task whom it tells, beginning with the roots; runs none. `ends`: of the families' numbers.
Levels levels_of(Launch& launch, const std::vector<Launch::Range>& roots, const std::vector<TaskId>& ends,
                 const std::vector<float>& costs);

/// DFLOW_PRIORITIES.
enum class Priorities {
  none,
  where_worth,  ///< Where tasks are long, and their order matters.
  everywhere,   ///< Of whatever length: so that tests see what it does.
};

/// The order of one launch. At first its tasks run as they come, which costs nothing, and some are timed.
/// Once they are known to be long enough to pay for it, the levels are worked out, and if the longest way is
/// long enough for the order to matter, ready tasks wait in a heap from then on. In the queues there are only
/// marks for them, one for each: whoever takes a mark runs the best task. Thread-safe.
class LaunchOrder {
 public:
  LaunchOrder(std::initializer_list<TaskId> ends, std::shared_ptr<SiteCosts> costs, std::size_t threads,
              Priorities priorities)
      : ends_(ends),
        costs_(std::move(costs)),
        threads_(threads),
        everywhere_(priorities == Priorities::everywhere) {}

  /// Fewer tasks are not worth it, more take too much memory.
  static bool suits(std::initializer_list<TaskId> ends) noexcept;

  /// Before anything runs: earlier launches may have told enough.
  void begin(Launch& launch);
  /// So many tasks, of one family, took that long together. May decide; then the caller works out the levels.
  void timed(Launch& launch, TaskId first, std::chrono::nanoseconds took, std::uint64_t tasks);
  /// Tasks until the next one is to be looked at: put in order, and timed.
  std::uint32_t interval() const noexcept;

  bool ranked() const noexcept { return state_.load(std::memory_order_acquire) == State::ranked; }
  // Once it is ranked:
  void put(TaskId id);
  void put_roots(TaskId begin, TaskId end);
  /// For a mark. Where memory is short, roots only if there is nothing else.
  TaskId take(bool short_of_memory);
  /// Of this task, which is ready and has no mark, and those that wait; of the latter no roots where memory
  /// is short.
  TaskId best_with(TaskId id, bool short_of_memory);
  /// There are marks for nothing else.
  bool has_roots_only();

 private:
  enum class State { undecided, deciding, ranked, unranked };
  struct Ready {
    float level;
    TaskId id;
    /// Of equal ones, that which comes first in the program.
    friend bool operator<(const Ready& a, const Ready& b) {
      return a.level != b.level ? a.level < b.level : a.id > b.id;
    }
  };

  std::size_t family_of(TaskId id) const noexcept;
  bool worth_ranking() const noexcept;
  void decide(Launch& launch);
  Ready ready(TaskId id) const noexcept { return {levels_.ns[id], id}; }

  /// The best first.
  class Heap {
   public:
    bool empty() const noexcept { return ready_.empty(); }
    const Ready& best() const noexcept { return ready_.front(); }
    void put(Ready one);
    void put_unordered(Ready one) { ready_.push_back(one); }
    void order();
    Ready take();

   private:
    std::vector<Ready> ready_;
  };
  void note_top() noexcept;

  const std::vector<TaskId> ends_;
  const std::shared_ptr<SiteCosts> costs_;
  const std::size_t threads_;
  const bool everywhere_;
  std::atomic<State> state_{State::undecided};
  Levels levels_;  ///< Written before `state_` says `ranked`.
  std::mutex mutex_;
  Heap roots_, others_;
  std::atomic<float> top_{0};  ///< The best level in the heaps: a hint that spares the lock.
};

}  // namespace dflow::local
