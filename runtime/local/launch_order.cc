#include "runtime/local/launch_order.h"

#include <algorithm>
#include <limits>
#include <new>

#include "runtime/local/launches.h"

namespace dflow::local {

namespace {

/// With fewer tasks there is nothing to choose from; more take too much memory for their levels.
constexpr TaskId kFewestTasks = 16, kMostTasks = TaskId{1} << 22;
/// So many at most are ranked before the first one runs: others wait meanwhile.
constexpr TaskId kMostAtOnce = 100'000;
constexpr std::uint64_t kFewestSamples = 8;
/// A heap and its lock cost some 100 ns a task, the levels as much for each edge.
constexpr double kShortestTask = 20'000;
constexpr std::size_t kThreadsAtALock = 16;
/// Whatever the order, a run takes at most the work by the threads and the longest way together (R. L.
/// Graham, "Bounds for certain multiprocessing anomalies", 1966). Where the first is so many times the
/// second, order is worth little, and depth first needs less memory.
constexpr double kWide = 8;
constexpr std::uint32_t kRarely = 256;
/// One task may tell very many.
constexpr std::uint64_t kMostTold = std::uint64_t{1} << 25;

}  // namespace

// ---- Costs
// -------------------------------------------------------------------------------------------------------

void SiteCosts::note(std::size_t family, std::chrono::nanoseconds took, std::uint64_t tasks) noexcept {
  families_[family].ns.fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 1)),
                                 std::memory_order_relaxed);
  families_[family].tasks.fetch_add(tasks, std::memory_order_relaxed);
  samples_.fetch_add(tasks, std::memory_order_relaxed);
}

double SiteCosts::mean() const noexcept {
  double ns = 0, tasks = 0;
  for (const Family& family : families_) {
    ns += static_cast<double>(family.ns.load(std::memory_order_relaxed));
    tasks += static_cast<double>(family.tasks.load(std::memory_order_relaxed));
  }
  return tasks == 0 ? 0 : ns / tasks;
}

std::vector<float> SiteCosts::by_family() const {
  const double other = std::max(1.0, mean());
  std::vector<float> costs;
  for (const Family& family : families_) {
    const auto tasks = static_cast<double>(family.tasks.load(std::memory_order_relaxed));
    const auto ns = static_cast<double>(family.ns.load(std::memory_order_relaxed));
    costs.push_back(static_cast<float>(tasks == 0 ? other : std::max(1.0, ns / tasks)));
  }
  return costs;
}

std::shared_ptr<SiteCosts> CostTable::of(const void* site, std::size_t families) {
  const std::lock_guard lock(mutex_);
  auto& costs = sites_[site];
  if (!costs) costs = std::make_shared<SiteCosts>(families);
  return costs;
}

// ---- Levels
// ------------------------------------------------------------------------------------------------------

namespace {

/// Depth first with a stack of its own: chains are longer than any thread's.
class Search {
 public:
  Search(Launch& launch, const std::vector<TaskId>& ends, const std::vector<float>& costs)
      : ends_(ends), costs_(costs), asking_(launch, nullptr) {
    asking_.told = &told_;
    levels_.ns.resize(ends.back());
  }

  /// False if there is more than it can hold.
  bool from(TaskId root) {
    open_.push_back(root);
    while (!open_.empty()) {
      const TaskId id = open_.back();
      if (levels_.ns[id] != 0 || settle(id)) open_.pop_back();
      if (asked_ > kMostTold || open_.size() > kMostTold) return false;
    }
    return true;
  }
  Levels take() && { return std::move(levels_); }

 private:
  /// True if all that the task tells are known; else they come first.
  bool settle(TaskId id) {
    told_.clear();
    asking_.launch.run_task(id, asking_);
    asked_ += told_.size() + 1;
    float behind = 0;
    const std::size_t before = open_.size();
    for (const TaskId consumer : told_) {
      const float level = levels_.ns[consumer];
      behind = std::max(behind, level);
      if (level == 0) open_.push_back(consumer);
    }
    if (open_.size() != before) return false;
    const float cost = costs_[static_cast<std::size_t>(std::ranges::upper_bound(ends_, id) - ends_.begin())];
    levels_.ns[id] = behind + cost;
    levels_.work += cost;
    levels_.longest = std::max(levels_.longest, levels_.ns[id]);
    return true;
  }

  const std::vector<TaskId>& ends_;
  const std::vector<float>& costs_;
  detail::Work asking_;
  std::vector<TaskId> told_, open_;
  std::uint64_t asked_ = 0;
  Levels levels_;
};

}  // namespace

Levels levels_of(Launch& launch, const std::vector<Launch::Range>& roots, const std::vector<TaskId>& ends,
                 const std::vector<float>& costs) {
  Search search(launch, ends, costs);
  const std::vector<Launch::Range>& given = detail::LaunchAccess::given(launch);
  for (const auto* ranges : {&roots, &given})
    for (const Launch::Range& range : *ranges)
      for (TaskId root = range.begin; root < range.end; ++root)
        if (!search.from(root)) return {};
  return std::move(search).take();
}

// ---- The order
// ---------------------------------------------------------------------------------------------------

bool LaunchOrder::suits(std::initializer_list<TaskId> ends) noexcept {
  return ends.size() > 0 && std::rbegin(ends)[0] >= kFewestTasks && std::rbegin(ends)[0] <= kMostTasks;
}

void LaunchOrder::begin(Launch& launch) {
  if (ends_.back() > kMostAtOnce || !worth_ranking()) return;
  state_.store(State::deciding, std::memory_order_relaxed);
  decide(launch);
}

void LaunchOrder::timed(Launch& launch, TaskId first, std::chrono::nanoseconds took, std::uint64_t tasks) {
  costs_->note(family_of(first), took, tasks);
  if (state_.load(std::memory_order_relaxed) != State::undecided || !worth_ranking()) return;
  State expected = State::undecided;
  if (state_.compare_exchange_strong(expected, State::deciding, std::memory_order_relaxed)) decide(launch);
}

std::uint32_t LaunchOrder::interval() const noexcept {
  const State state = state_.load(std::memory_order_relaxed);
  if (state == State::unranked) return std::numeric_limits<std::uint32_t>::max();
  if (state == State::ranked || costs_->samples() < kFewestSamples || costs_->mean() >= kShortestTask)
    return 1;
  return kRarely;
}

std::size_t LaunchOrder::family_of(TaskId id) const noexcept {
  return static_cast<std::size_t>(std::ranges::upper_bound(ends_, id) - ends_.begin());
}

bool LaunchOrder::worth_ranking() const noexcept {
  if (everywhere_) return true;
  const double crowd = std::max(1.0, static_cast<double>(threads_) / kThreadsAtALock);
  return costs_->samples() >= kFewestSamples && costs_->mean() >= kShortestTask * crowd;
}

void LaunchOrder::decide(Launch& launch) {
  State state = State::unranked;
  try {
    levels_ = levels_of(launch, detail::LaunchAccess::roots(launch), ends_, costs_->by_family());
    if (everywhere_ ||
        levels_.work / static_cast<double>(threads_) < kWide * static_cast<double>(levels_.longest)) {
      if (!levels_.ns.empty()) state = State::ranked;
    }
  } catch (const std::bad_alloc&) {
  }
  if (state == State::unranked) levels_ = {};
  state_.store(state, std::memory_order_release);
}

void LaunchOrder::Heap::put(Ready one) {
  ready_.push_back(one);
  std::push_heap(ready_.begin(), ready_.end());
}

void LaunchOrder::Heap::order() {
  std::make_heap(ready_.begin(), ready_.end());
}

LaunchOrder::Ready LaunchOrder::Heap::take() {
  std::pop_heap(ready_.begin(), ready_.end());
  const Ready best = ready_.back();
  ready_.pop_back();
  return best;
}

void LaunchOrder::note_top() noexcept {
  const float root = roots_.empty() ? 0 : roots_.best().level,
              other = others_.empty() ? 0 : others_.best().level;
  top_.store(std::max(root, other), std::memory_order_relaxed);
}

void LaunchOrder::put(TaskId id) {
  const std::lock_guard lock(mutex_);
  others_.put(ready(id));
  note_top();
}

void LaunchOrder::put_roots(TaskId begin, TaskId end) {
  const std::lock_guard lock(mutex_);
  for (TaskId id = begin; id < end; ++id) roots_.put_unordered(ready(id));
  roots_.order();
  note_top();
}

TaskId LaunchOrder::take(bool short_of_memory) {
  const std::lock_guard lock(mutex_);
  const bool root =
      others_.empty() || (!short_of_memory && !roots_.empty() && others_.best() < roots_.best());
  const TaskId id = (root ? roots_ : others_).take().id;
  note_top();
  return id;
}

TaskId LaunchOrder::best_with(TaskId id, bool short_of_memory) {
  if (levels_.ns[id] >= top_.load(std::memory_order_relaxed)) return id;
  const std::lock_guard lock(mutex_);
  const bool root =
      !short_of_memory && !roots_.empty() && (others_.empty() || others_.best() < roots_.best());
  Heap& heap = root ? roots_ : others_;
  if (heap.empty() || !(ready(id) < heap.best())) return id;
  const TaskId best = heap.take().id;
  others_.put(ready(id));
  note_top();
  return best;
}

bool LaunchOrder::has_roots_only() {
  const std::lock_guard lock(mutex_);
  return others_.empty();
}

}  // namespace dflow::local
