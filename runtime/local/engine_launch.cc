// Tasks of launches: from the queue, one after another, to the launch's end.

#include <algorithm>

#include "runtime/local/current.h"
#include "runtime/local/engine.h"

namespace dflow::local {

using detail::kNoTask;
using detail::LaunchAccess;
using detail::Work;

namespace {

/// Roots are run in chunks that take about as long, once it is known how long one takes: the cost of the queue and of
/// looking at the clock disappears, and others still find enough to do.
constexpr auto kChunkTime = std::chrono::microseconds(100);
constexpr std::uint64_t kLargestChunk = 1 << 16;

std::uint64_t unit_of(const std::vector<Launch::Range>& roots, std::uint64_t list) {
  return (roots[list].end - roots[list].begin) / LaunchItem::kMostUnits + 1;
}

}  // namespace

bool Engine::admit(Launch& launch) { return launches_.add(launch, LaunchAccess::slot(launch)); }

void Engine::dismiss(Launch& launch) { launches_.remove(LaunchAccess::slot(launch)); }

void Engine::launch(Launch& launch) {
  launch.scope->count_submitted(this_thread().index, 1);
  auto& left = LaunchAccess::left(launch);
  left.fetch_add(LaunchAccess::visit, std::memory_order_relaxed);  // so that it does not end while roots are queued
  const auto& roots = LaunchAccess::roots(launch);
  memory_.look(detail::Clock::now());
  LaunchOrder* order = LaunchAccess::order(launch);
  if (order) order->begin(launch);
  const bool ranked = order && order->ranked();
  for (std::uint64_t list = 0; list < roots.size(); ++list) {
    const std::uint64_t unit = unit_of(roots, list);
    const std::uint64_t units = (roots[list].end - roots[list].begin + unit - 1) / unit;
    if (units == 0) continue;
    const auto all = LaunchItem::range(LaunchAccess::slot(launch), list, 0, units);
    if (ranked) put_in_order(*order, all, launch);
    else push_item(all);
  }
  launch.watch_given();
  wake();
  leave(launch, 0);
}

void Engine::push_item(LaunchItem item) { this_thread().deque.push(item.queued()); }

void Engine::push_ready(Launch& launch, TaskId id) {
  LaunchOrder* order = LaunchAccess::order(launch);
  if (!order || !order->ranked()) return push_item(LaunchItem::task(LaunchAccess::slot(launch), id));
  order->put(id);
  push_item(LaunchItem::best(LaunchAccess::slot(launch)));
}

void Engine::push_task(Launch& launch, TaskId id) {
  push_ready(launch, id);
  wake();
}

/// With the ranges that lie beside it in the queue: the best root may be in any of them.
void Engine::put_in_order(LaunchOrder& order, LaunchItem range, Launch& launch) {
  std::uint64_t marks = 0;
  const auto put = [&](LaunchItem item) {
    const auto& roots = LaunchAccess::roots(launch)[item.list()];
    const std::uint64_t unit = unit_of(LaunchAccess::roots(launch), item.list());
    const TaskId begin = roots.begin + item.begin() * unit, end = std::min(roots.end, roots.begin + item.end() * unit);
    order.put_roots(begin, end);
    marks += end - begin;
  };
  put(range);
  ThreadState& self = this_thread();
  while (Node* node = self.owner_pops ? self.deque.pop() : nullptr) {
    const bool another = LaunchItem::is(node) && LaunchItem(node).is_range() && LaunchItem(node).slot() == range.slot();
    if (!another) {
      self.deque.push(node);
      break;
    }
    put(LaunchItem(node));
  }
  for (; marks > 0; --marks) push_item(LaunchItem::best(range.slot()));
  wake();
}

Node* Engine::visit(Node* queued) {
  const std::uint32_t slot = LaunchItem(queued).slot();
  Launch& launch = launches_.at(slot);
  LaunchAccess::left(launch).fetch_add(LaunchAccess::visit, std::memory_order_relaxed);
  Node* next = nullptr;
  std::uint64_t ended = 0;
  {
    const CurrentTask current(launch);
    Work work(launch, this);
    Held held{.chunk = nullptr, .work = &work, .outer = this_thread().context->held};
    this_thread().context->held = &held;
    next = queued;
    while (next && LaunchItem::is(next) && LaunchItem(next).slot() == slot) {
      run_item(LaunchItem(next), work);
      next = resumes_.load(std::memory_order_relaxed) > 0 ? nullptr : next_node(this_thread());
    }
    this_thread().context->held = held.outer;
    ended = work.ended;
  }
  leave(launch, ended);
  return next;
}

void Engine::run_item(LaunchItem item, Work& work) {
  LaunchOrder* const order = LaunchAccess::order(work.launch);
  bool lone = lone_.load(std::memory_order_relaxed) == item.queued();
  const auto over = [&] { if (std::exchange(lone, false)) lone_.store(nullptr, std::memory_order_seq_cst); };
  if (item.is_range()) run_range(item, work), over();
  else work.next = item.is_best() ? order->take(memory_.is_short()) : item.id();
  while (work.next != kNoTask) {
    const TaskId id = std::exchange(work.next, kNoTask);
    // Most tasks are not looked at, and pay one subtraction for it.
    if (order && --work.until_timed == 0) [[unlikely]] run_in_order(*order, id, work);
    else work.launch.run_task(id, work);
    if (lone) [[unlikely]] over();
    if (work.next != kNoTask && resumes_.load(std::memory_order_relaxed) > 0)
      push_task(work.launch, std::exchange(work.next, kNoTask));
  }
}

void Engine::run_in_order(LaunchOrder& order, TaskId id, Work& work) {
  if (order.ranked()) id = order.best_with(id, memory_.is_short());
  const auto start = detail::Clock::now();
  work.launch.run_task(id, work);
  const auto end = detail::Clock::now();
  memory_.look(end);
  order.timed(work.launch, id, end - start, 1);
  work.until_timed = order.interval();
}

void Engine::run_range(LaunchItem item, Work& work) {
  Launch& launch = work.launch;
  auto& grain = LaunchAccess::grain(launch);
  const auto& roots = LaunchAccess::roots(launch)[item.list()];
  const std::uint64_t unit = unit_of(LaunchAccess::roots(launch), item.list());
  const std::uint64_t most = memory_.is_short() ? 1 : std::max<std::uint64_t>(1, grain.load(std::memory_order_relaxed) / unit);
  const std::uint64_t begin = item.begin();
  std::uint64_t end = item.end();
  LaunchOrder* const order = LaunchAccess::order(launch);
  if (order && order->ranked()) return put_in_order(*order, item, launch);
  bool split = false;
  for (; end - begin > most; split = true) {
    const std::uint64_t middle = begin + (end - begin) / 2;
    push_item(LaunchItem::range(item.slot(), item.list(), middle, end));
    end = middle;
  }
  if (split) wake();
  const auto start = detail::Clock::now();
  work.root = roots.begin + begin * unit;
  work.root_end = std::min(roots.end, roots.begin + end * unit);
  const std::uint64_t count = work.root_end - work.root;
  const TaskId first = work.root;
  launch.run_roots(work);
  wake();  // consumers were queued without a word
  const auto end_time = detail::Clock::now();
  const auto took = end_time - start;
  memory_.look(end_time);
  if (order) order->timed(launch, first, took, count);
  const auto each = took.count() / static_cast<std::int64_t>(count) + 1;
  const auto wide = (roots.end - roots.begin) / (8 * options_.threads) + 1;
  const auto fit = static_cast<std::uint64_t>(std::chrono::nanoseconds(kChunkTime).count() / each);
  const std::uint64_t wanted = std::min({fit, wide, 8 * most * unit, kLargestChunk});
  grain.store(static_cast<std::uint32_t>(std::max<std::uint64_t>(1, wanted)), std::memory_order_relaxed);
}

/// A root: it uses up nothing.
bool Engine::makes_memory(Node* queued) {
  if (!LaunchItem::is(queued)) return false;
  const LaunchItem item(queued);
  return item.is_range() || (item.is_best() && LaunchAccess::order(launches_.at(item.slot()))->has_roots_only());
}

Node* Engine::next_when_short(ThreadState& self) {
  memory_.look(detail::Clock::now());
  if (!memory_.is_short()) return bring_back(self);
  while (Node* node = next_in_queues(self)) {
    if (!makes_memory(node)) return node;
    const std::lock_guard lock(held_mutex_);
    held_.push_back(node);
    held_count_.fetch_add(1, std::memory_order_seq_cst);
  }
  return nobody_runs() ? take_lone() : nullptr;
}

/// What was set aside comes back to the queue.
Node* Engine::bring_back(ThreadState& self) {
  {
    const std::lock_guard lock(held_mutex_);
    while (!held_.empty()) {
      self.deque.push(held_.back());
      held_.pop_back();
    }
    held_count_.store(0, std::memory_order_seq_cst);
  }
  wake();
  return next_in_queues(self);
}

/// Of what was set aside, the first of its launch: nobody would free memory any more. One at a time.
Node* Engine::take_lone() {
  const std::lock_guard lock(held_mutex_);
  // Whoever took one before is not searching any more when it is over: so look once more.
  if (held_.empty() || lone_.load(std::memory_order_seq_cst) || !nobody_runs()) return nullptr;
  const auto first = std::ranges::min_element(held_, {}, [](Node* node) { return LaunchItem(node).begin(); });
  Node* node = *first;
  lone_.store(node, std::memory_order_seq_cst);
  held_.erase(first);
  held_count_.store(held_.size(), std::memory_order_seq_cst);
  return node;
}

/// A body of this visit is about to wait: what it waits for may be among the roots that this visit would run next.
void Engine::give_away(Work& work) {
  work.flush();
  if (work.next != kNoTask) push_item(LaunchItem::task(LaunchAccess::slot(work.launch), std::exchange(work.next, kNoTask)));
  // One by one: ranges count in units, and this is rare.
  while (work.root < work.root_end)
    push_item(LaunchItem::task(LaunchAccess::slot(work.launch), --work.root_end));
}

void Engine::leave(Launch& launch, std::uint64_t ended) {
  const std::uint64_t mine = LaunchAccess::visit + ended * LaunchAccess::sink;
  if (LaunchAccess::left(launch).fetch_sub(mine, std::memory_order_acq_rel) != mine) return;
  detail::Scope* scope = launch.scope;
  launch.release_from_runtime();
  launch.release();
  count_ended(*scope);
}

}  // namespace dflow::local

namespace dflow::inline v0::detail {

void Work::push(TaskId id) {
  auto* mine = static_cast<local::Engine*>(engine);
  if (root != root_end) mine->push_ready(launch, id);
  else mine->push_task(launch, id);
}

void Work::note(TaskId id) { told->push_back(id); }

}  // namespace dflow::inline v0::detail
