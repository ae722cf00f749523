// The order between those who read a move-only result and the one who takes it.

#include <dflow/detail/readers.h>

#include <mutex>

#include <dflow/detail/make_task.h>

namespace dflow::inline v0::detail {

namespace {

/// One for all: move-only results are few and large, and it is held for a few instructions.
std::mutex& readers_mutex() {
  static auto* mutex = new std::mutex;  // never destroyed: tasks may end during static destruction
  return *mutex;
}

void end(Node* taker) noexcept {
  if (!taker) return;
  if (claim_external(*taker)) end_external(*taker, State::done);
}

}  // namespace

void begin_reading(Node& node, Readers& readers) {
  const std::lock_guard lock(readers_mutex());
  if (node.marked(kConsumed)) throw_consumed();
  ++readers.count;
}

void end_reading(Readers& readers) noexcept {
  Node* taker = nullptr;
  {
    const std::lock_guard lock(readers_mutex());
    if (--readers.count == 0) taker = std::exchange(readers.taker, nullptr);
  }
  end(taker);
}

NodeRef begin_taking(Node& node, Readers& readers) {
  const std::lock_guard lock(readers_mutex());
  if (node.marked(kConsumed)) throw_consumed();
  NodeRef others;
  if (readers.count > 0) {
    HeldNode<void>* taker = HeldNode<void>::make();
    NewTask<void> task(taker);
    start_external(*taker);
    taker->set();
    readers.taker = taker;
    others = NodeRef(std::exchange(task.node, nullptr));
  }
  node.mark(kConsumed);
  return others;
}

void cancel_taking(Node& node, Readers& readers) noexcept {
  Node* taker = nullptr;
  {
    const std::lock_guard lock(readers_mutex());
    taker = std::exchange(readers.taker, nullptr);
    node.marks_.fetch_and(static_cast<std::uint8_t>(~kConsumed));
  }
  end(taker);
}

void take_from_readers(Node& node, Readers& readers, Deadline deadline) {
  const NodeRef others = begin_taking(node, readers);
  if (!others) return;
  try {
    wait_or_throw(others.get(), deadline);
  } catch (...) {
    cancel_taking(node, readers);
    throw;
  }
}

}  // namespace dflow::inline v0::detail
