#include "runtime/local/engine.h"

#include <array>
#include <thread>

#include "runtime/local/cluster_library.h"
#include "runtime/local/current.h"
#include "runtime/local/sanitizers.h"

namespace dflow::local {

namespace {

/// An idle runner looks for work this long before it gives its thread back; waking one costs some 30 us.
constexpr auto kSearchTime = std::chrono::microseconds(200);

/// In a worker, where those who bring work need the processors, it then sleeps for this long before it does that.
constexpr auto kSleepInWorker = std::chrono::milliseconds(10);

/// Between two looks a runner rests, longer and longer: a submitter whose every task is taken at once shares all its
/// cache lines with the taker, and both are slower than one of them alone. While others run tasks it sleeps: there may
/// be fewer cores than they and the submitter need, and yielding to them again and again costs them more than it gives.
///
/// In a worker it yields sooner: what it looks for comes by a socket, and who reads that may need its processor.
void rest(detail::Clock::duration idle, bool others_run) {
  if (idle > std::chrono::microseconds(inside_worker() ? 2 : 20)) {
    if (others_run) return std::this_thread::sleep_for(std::chrono::microseconds(10));
    return std::this_thread::yield();
  }
  for (int i = 0; i < 256; ++i) __builtin_ia32_pause();
}

/// Orders an earlier store before a later load. ThreadSanitizer does not know fences, but knows this.
void full_fence() {
  if constexpr (kThreadSanitizer) {
    static std::atomic<int> anything;
    anything.fetch_add(0, std::memory_order_seq_cst);
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}

/// What is left of somebody's chunk is taken only if nothing else has been found for so long: most chunks end sooner.
constexpr auto kPatience = std::chrono::microseconds(20);

/// Nodes taken at once from a thread that only submits.
constexpr std::size_t kMostStolen = 32;

}  // namespace

Engine::Engine(EngineOptions options, Recorder* recorder)
    : options_(options), recorder_(recorder), workers_(options.threads), memory_(options.memory), random_(options.shuffle.value_or(0)) {}

Engine::~Engine() {
  idle_.close();
  std::unique_lock lock(drain_mutex_);
  drained_.wait(lock, [&] { return runners_.load() == 0 && substitutes_ == 0; });
}

// ---- Submission --------------------------------------------------------------------------------------------------

void Engine::submit(Node& node) {
  // Producers that have ended are counted out only after the last edge, so the node cannot start before.
  std::uint32_t done = 0;
  const std::uint32_t count = node.edge_count;
  if (count > 0) {
    node.pending.store(count, std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (detail::attach(node.edges[i])) continue;
      ++done;
      if (node.edges[i].producer->state() != State::done) node.mark(detail::kInputFailed);
    }
    if (done == 0) return;
    if (done == count) node.pending.store(0, std::memory_order_relaxed);  // nobody else knows the node
    else if (node.pending.fetch_sub(done, std::memory_order_acq_rel) != done) return;
  }
  if (options_.serial) return run_chain(&node);
  push(node);
  wake();
}

void Engine::submit_chunk(Node& first) {
  if (options_.serial) return run_chain(&first);
  push(first);
  wake();
}

void Engine::push(Node& node) {
  const TaskOptions* options = options_of(node);
  const int priority = options ? options->priority : 0;
  if (options_.shuffle || priority != 0) {
    const std::lock_guard lock(special_mutex_);
    if (options_.shuffle) shuffled_.push_back(&node);
    else ranked_.push({priority, order_++, &node});
    special_count_.fetch_add(1, std::memory_order_seq_cst);
    return;
  }
  this_thread().deque.push(&node);
}

// ---- Runners -----------------------------------------------------------------------------------------------------

void Engine::wake() {
  // Against a runner that stops searching and then looks once more (`run_while_busy`).
  full_fence();
  if (searching_.load(std::memory_order_relaxed) != 0 || wake_idle()) return;
  int runners = runners_.load(std::memory_order_relaxed);
  do {
    if (runners >= static_cast<int>(options_.threads)) return;
  } while (!runners_.compare_exchange_weak(runners, runners + 1, std::memory_order_seq_cst));
  searching_.fetch_add(1, std::memory_order_seq_cst);
  workers_.start([](void* engine) { static_cast<Engine*>(engine)->runner(); }, this);
}

bool Engine::wake_idle() {
  return idle_.wake_one([this] { searching_.fetch_add(1, std::memory_order_seq_cst); });
}

void Engine::resume_requested() {
  resumes_.fetch_add(1, std::memory_order_seq_cst);
  wake_idle();
}

void Engine::runner() {
  runners_.load(std::memory_order_acquire);  // what whoever woke us did before, however TBB has handed this over
  run_while_busy();
  const std::lock_guard lock(drain_mutex_);  // so that ~Engine does not end between the count and the notification
  const bool last = runners_.fetch_sub(1, std::memory_order_seq_cst) == 1;
  if (work_left()) wake();
  if (last && runners_.load() == 0) drained_.notify_all();
}

void Engine::run_while_busy() {
  const RunnerStack stack;
  const bool in_worker = inside_worker();
  bool searching = true;  // counted by whoever woke us
  bool patient = true;
  detail::Clock::time_point idle_since{};
  for (;;) {
    Node* node = next_node(this_thread());
    if (!node && !patient) node = steal_rest(this_thread());
    if (node) {
      if (std::exchange(searching, false)) {
        patient = true;
        // The last to find something makes another look: there may be more.
        if (searching_.fetch_sub(1, std::memory_order_seq_cst) == 1 && work_left()) wake();
      }
      run_chain(node);
      if (resumes_.load(std::memory_order_relaxed) > 0) break;
      continue;
    }
    if (resumes_.load(std::memory_order_relaxed) > 0) break;
    if (!searching) {
      searching = true;
      searching_.fetch_add(1, std::memory_order_seq_cst);
      idle_since = detail::Clock::now();
      continue;
    }
    if (idle_since == detail::Clock::time_point{}) idle_since = detail::Clock::now();
    const auto idle = detail::Clock::now() - idle_since;
    patient = idle < kPatience;
    if (idle < kSearchTime) {
      rest(idle, runners_.load(std::memory_order_relaxed) > searching_.load(std::memory_order_relaxed));
      continue;
    }
    searching_.fetch_sub(1, std::memory_order_seq_cst);
    searching = false;
    idle_since = {};
    const auto called = [this] { return resumes_.load(std::memory_order_seq_cst) > 0 || work_left(); };
    if (in_worker && idle_.sleep(kSleepInWorker, called)) {
      searching = true;  // counted by whoever woke us
      continue;
    }
    if (!work_left()) break;
    searching = true;
    searching_.fetch_add(1, std::memory_order_seq_cst);
  }
  if (searching) searching_.fetch_sub(1, std::memory_order_seq_cst);
}

void Engine::runner_suspended() {
  runners_.fetch_sub(1, std::memory_order_seq_cst);
  if (work_left()) wake();
}

void Engine::runner_resumed() {
  runners_.fetch_add(1, std::memory_order_seq_cst);
  resumes_.fetch_sub(1, std::memory_order_seq_cst);
}

bool Engine::work_left() {
  if (special_count_.load(std::memory_order_seq_cst) > 0 || held_count_.load(std::memory_order_seq_cst) > 0) return true;
  Threads& all = threads_table();
  for (std::size_t i = 0; i < all.count(); ++i) {
    if (!all.at(i)->deque.empty() || all.at(i)->rest.load(std::memory_order_seq_cst)) return true;
  }
  return false;
}

Node* Engine::next_node(ThreadState& self) {
  if (memory_.is_short() || held_count_.load(std::memory_order_relaxed) != 0) [[unlikely]] return next_when_short(self);
  return next_in_queues(self);
}

Node* Engine::next_in_queues(ThreadState& self) {
  if (Node* node = next_special(true)) return node;
  if (Node* node = self.owner_pops ? self.deque.pop() : self.deque.steal()) {
    if (self.owner_pops) self.deque.prefetch();
    return node;
  }
  if (Node* node = steal(self)) return node;
  return next_special(false);
}

/// From the nodes that go by rank: urgent ones run before all others, those of low priority when there are no others.
Node* Engine::next_special(bool only_urgent) {
  if (special_count_.load(std::memory_order_relaxed) == 0) return nullptr;
  const std::lock_guard lock(special_mutex_);
  Node* node = nullptr;
  if (!shuffled_.empty()) {
    const std::size_t i = random_() % shuffled_.size();
    node = std::exchange(shuffled_[i], shuffled_.back());
    shuffled_.pop_back();
  } else if (!ranked_.empty() && (ranked_.top().priority > 0 || !only_urgent)) {
    node = ranked_.top().node;
    ranked_.pop();
  }
  if (node) special_count_.fetch_sub(1, std::memory_order_relaxed);
  return node;
}

Node* Engine::steal(ThreadState& self) {
  Threads& all = threads_table();
  const std::size_t count = all.count();
  self.random = self.random * 6364136223846793005u + 1442695040888963407u;
  const std::size_t start = (self.random >> 33) % count;
  for (std::size_t i = 0; i < count; ++i) {
    ThreadState* victim = all.at((start + i) % count);
    if (victim == &self) continue;
    if (victim->owner_pops || !self.owner_pops) {
      if (Node* node = victim->deque.steal()) return node;
      continue;
    }
    std::array<Node*, kMostStolen> nodes;
    const std::size_t taken = victim->deque.steal_many(nodes);
    for (std::size_t k = 1; k < taken; ++k) self.deque.push(nodes[taken - k]);  // popped in their order
    if (taken > 0) return nodes[0];
  }
  return nullptr;
}

Node* Engine::steal_rest(ThreadState& self) {
  Threads& all = threads_table();
  for (std::size_t i = 0; i < all.count(); ++i) {
    if (all.at(i) == &self) continue;
    std::atomic<Node*>& rest = all.at(i)->rest;
    Node* node = rest.load(std::memory_order_acquire);
    if (!node || node == ThreadState::between()) continue;
    if (rest.compare_exchange_strong(node, nullptr, std::memory_order_acq_rel)) return node;
  }
  return nullptr;
}

void Engine::run_chain(Node* node) {
  while (node) {
    if (LaunchItem::is(node)) node = visit(node);
    else if (node->next_in_chunk()) execute_all(*std::exchange(node, nullptr));
    else node = execute(*node);
  }
}

/// What is left of the chunk lies where idle runners find it: a chunk never keeps a task from running whose turn it would
/// have been without chunks. Consumers go into the queue for the same reason.
void Engine::execute_all(Node& first) {
  Held held{.chunk = set_aside_rest(), .work = nullptr, .outer = this_thread().context->held};
  this_thread().context->held = &held;
  for (Node* node = &first; node; node = next_of_rest()) {
    Node* rest = node->next_in_chunk();
    this_thread().rest.store(rest, std::memory_order_release);
    if (rest) node->next = nullptr;
    if (node == &first && !options_.serial) wake();
    if (Node* ready = execute(*node)) hand_on(ready);
  }
  this_thread().context->held = held.outer;
  if (held.chunk) this_thread().rest.store(held.chunk, std::memory_order_release);
}

/// The next task of the chunk that runs here; null if it is over, or somebody else has taken what was left. Each time on
/// perhaps another thread than before.
Node* Engine::next_of_rest() {
  std::atomic<Node*>& rest = this_thread().rest;
  if (!rest.load(std::memory_order_relaxed)) return nullptr;
  Node* node = rest.exchange(ThreadState::between(), std::memory_order_acq_rel);
  if (!node) rest.store(nullptr, std::memory_order_relaxed);
  return node;
}

/// A body that runs a chunk of its own lies on this stack: what was left of the chunk around it.
Node* Engine::set_aside_rest() {
  Node* rest = this_thread().rest.exchange(nullptr, std::memory_order_acq_rel);
  if (!rest || options_.serial) return rest;
  push(*rest);
  wake();
  return nullptr;
}

void Engine::release_held() {
  bool pushed = false;
  const auto give = [&](Node* node) {
    if (!node) return;
    push(*node);
    pushed = true;
  };
  give(this_thread().rest.exchange(nullptr, std::memory_order_acq_rel));
  for (Held* held = this_thread().context->held; held; held = held->outer) {
    if (held->work) give_away(*held->work);
    pushed = pushed || held->work;
    give(std::exchange(held->chunk, nullptr));
  }
  if (pushed) wake();
}

}  // namespace dflow::local
