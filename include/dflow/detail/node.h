// The task as the runtime sees it: one block that holds its edges, its arguments and its result.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <typeinfo>
#include <utility>

#include <dflow/detail/export.h>
#include <dflow/detail/site.h>

namespace dflow::inline v0::detail {

class Node;
class Scope;
struct CallForm;
struct Extras;
enum class Crossing : bool;
struct ValueForm;

/// A node's place in the list of those who wait for a producer's end. Lives in its consumer.
struct Edge {
  Edge* next = nullptr;
  Node* consumer = nullptr;  ///< Null: the edge is an Observer.
  Node* producer = nullptr;  ///< Not owned; valid as long as the consumer has its arguments.
};

/// Called once, on the thread that ended the producer, or at once if it had ended. Must not throw.
class Observer : public Edge {
 public:
  virtual void ended(Node& task) noexcept = 0;

 protected:
  ~Observer() = default;
};

/// `ending`: one of the body and its time limit has won, and writes the outcome.
enum class State : std::uint8_t { pending, running, ending, done, failed, cancelled };

/// Facts about a node that several threads may add.
enum Mark : std::uint8_t {
  kInputFailed = 1,       ///< A producer failed or was cancelled: the body must not run.
  kConsumed = 2,          ///< A move-only result is promised to one who takes it.
  kWatched = 4,           ///< Somebody waits in the table of watchers.
  kElsewhere = 8,         ///< Done, and the value is in another process.
  kSuccessorsCancel = 16, ///< Failed with OnFailure::cancel_successors, itself or through a producer.
  kAwaitsInner = 32,      ///< The body returned a future whose task has not ended, or not been noticed to have.
  kTimedOut = 64,         ///< The time limit has ended the task, and told everybody.
  kBodyReturned = 128     ///< Of tasks with a time limit: the body is over.
};

/// Facts about a node that are fixed before anybody else sees it.
enum Trait : std::uint8_t {
  kNeverMove = 1,        ///< Inputs are copied: the body may run again.
  kReturnAddress = 2,    ///< `where` is a code address, not a Site.
  kExternal = 4,         ///< Ended by a promise or a coroutine, never by a worker.
  kForwards = 8,         ///< The body returns a future, whose result becomes this one's.
  kTakesStopToken = 16,  ///< The body's first parameters include a std::stop_token.
  kHasExtras = 32,
  kTimed = 64,           ///< How long the body takes is noted, for the size of chunks.
  kRemote = 128,         ///< Known to other processes: its session is told when it is destroyed.
};

/// One task. Invariants:
/// (1) `pending` counts the edges whose producer has not ended, and those not yet found to have ended at submission;
/// (2) `state` leaves `pending` exactly once, by compare-and-swap: whoever wins runs, cancels or fails the task, and
///     owns callable and arguments from then on;
/// (3) `dependents` is closed exactly once, after `state` has reached its end and value or error are written;
/// (4) `refs` = handles + consumers that still hold their arguments + kRuntime as long as the runtime may touch the
///     node. The runtime does not read the value, so its share does not keep others from moving it out.
class DFLOW_EXPORT Node {
 public:
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Runs the body and writes the value. Throws what the body throws; then there is no value.
  virtual void run() = 0;
  /// Destroys callable and arguments, which drops the references to producers.
  virtual void release_arguments() noexcept = 0;
  /// Destroys a value that was written but may not be shown (the task timed out meanwhile).
  virtual void discard_value() noexcept = 0;
  /// Writes `R{}` (OnFailure::ignore); false if there is no such value.
  virtual bool write_default() = 0;
  /// Claims the value of the node that the body returned; true if somebody still reads it, and `inner()` now leads to
  /// a node that ends when nobody does.
  virtual bool claim_inner_value() { return false; }
  /// Takes that value, by move if nobody else can see it.
  virtual void adopt_inner() = 0;
  /// The edge from the node that the body returned, if it returns a future.
  virtual Edge* inner() noexcept { return nullptr; }
  /// DFLOW_SERIALIZE: arguments that the task owns, before it runs, or its value pass through their bytes. Throws
  /// SerializeError, leaving the value, if they `must` and cannot be sent.
  virtual void pass_through_bytes(Crossing, bool /*must*/) {}
  /// How the value crosses to another process; null for what is no value.
  virtual const ValueForm* value_form() const noexcept { return nullptr; }
  /// How the call crosses; null for what is no call.
  virtual const CallForm* call_form() const noexcept { return nullptr; }
  /// What is called: for names in traces and reports.
  virtual const std::type_info& callable_type() const noexcept = 0;
  virtual const void* callable_address() const noexcept { return nullptr; }
  /// Size of the result's own object, in bytes.
  virtual std::size_t value_size() const noexcept = 0;
  /// Ends the node's life and gives its memory back.
  virtual void destroy() noexcept = 0;

  State state() const noexcept { return state_.load(std::memory_order_acquire); }
  bool ended() const noexcept { return state() >= State::done; }
  bool marked(Mark mark) const noexcept { return (marks_.load(std::memory_order_acquire) & mark) != 0; }
  /// Adds a mark; true if it was not there.
  bool mark(Mark mark) noexcept { return (marks_.fetch_or(mark, std::memory_order_acq_rel) & mark) == 0; }
  bool has(Trait trait) const noexcept { return (traits & trait) != 0; }

  void retain() noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    // The last holder needs no locked instruction: nobody else can add a reference any more.
    if (refs_.load(std::memory_order_acquire) == 1 || refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      reclaim(*this);
    }
  }
  void release_from_runtime() noexcept {
    if (refs_.load(std::memory_order_acquire) == kRuntime ||
        refs_.fetch_sub(kRuntime, std::memory_order_acq_rel) == kRuntime) {
      reclaim(*this);
    }
  }
  /// No other handle and no other task can see the value: the caller, who holds a reference, may move it out.
  bool sole_reader() const noexcept { return (refs_.load(std::memory_order_acquire) & ~kRuntime) == 1; }

  static constexpr std::uint32_t kRuntime = 1u << 31;  ///< The runtime's share in `refs_`.

  std::atomic<Edge*> dependents{nullptr};
  std::atomic<std::uint32_t> pending{0};
  std::atomic<std::uint32_t> refs_{kRuntime + 1};
  std::atomic<State> state_{State::pending};
  std::atomic<std::uint8_t> marks_{0};
  std::uint8_t traits = 0;
  bool released = false;  ///< Callable and arguments are gone.
  std::uint32_t edge_count = 0;
  std::uint32_t session_id = 0;
  std::uint32_t record = 0;  ///< The recorder's id, 0 if nothing is recorded.
  union {
    Edge* edges = nullptr;  ///< Where there are any.
    Node* next;             ///< Otherwise: the next node of its chunk. Of a node about to be destroyed: the next one.
  };
  Scope* scope = nullptr;  ///< Valid until the node has ended.
  const void* where = nullptr;

  /// What few nodes need, null if this one does not.
  Extras* extras() const noexcept { return has(kHasExtras) ? extras_ : nullptr; }
  /// Makes the extras if there are none; before anybody else sees the node.
  Extras& make_extras();
  /// Why the task failed, null if it did not. Written before `state_`, by the owner of the task.
  const std::exception_ptr& error() const noexcept;
  void set_error(std::exception_ptr error) noexcept;

  Node* next_in_chunk() const noexcept { return edge_count == 0 ? next : nullptr; }

 protected:
  Node() : error_() {}
  virtual ~Node() {
    if (has(kHasExtras)) destroy_extras();
    else error_.~exception_ptr();
  }

 private:
  static void reclaim(Node& node) noexcept;
  void destroy_extras() noexcept;

  union {
    std::exception_ptr error_;  ///< Without extras, which otherwise hold it: memory is most of a small task's cost.
    Extras* extras_;
  };
};

/// The value that stands in `dependents` of a node that has ended.
inline Edge* closed() noexcept { return reinterpret_cast<Edge*>(std::uintptr_t{1}); }

/// Puts the edge into its producer's list; false if the producer has ended.
inline bool attach(Edge& edge) noexcept {
  std::atomic<Edge*>& list = edge.producer->dependents;
  Edge* head = list.load(std::memory_order_acquire);
  do {
    if (head == closed()) return false;
    edge.next = head;
  } while (!list.compare_exchange_weak(head, &edge, std::memory_order_release, std::memory_order_acquire));
  return true;
}

/// The same edges, first attached first: attaching puts the last in front.
inline Edge* reversed(Edge* list) noexcept {
  Edge* result = nullptr;
  while (list) {
    Edge* next = std::exchange(list->next, result);
    result = std::exchange(list, next);
  }
  return result;
}

/// An owning reference to a node.
class NodeRef {
 public:
  NodeRef() = default;
  /// Takes over a reference that the caller has.
  explicit NodeRef(Node* node) noexcept : node_(node) {}
  NodeRef(const NodeRef& other) noexcept : node_(other.node_) {
    if (node_) node_->retain();
  }
  NodeRef(NodeRef&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  NodeRef& operator=(NodeRef other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~NodeRef() {
    if (node_) node_->release();
  }

  Node* get() const noexcept { return node_; }
  explicit operator bool() const noexcept { return node_ != nullptr; }

 private:
  Node* node_ = nullptr;
};

/// Memory for nodes, from slabs that each thread keeps. Returned memory is aligned to 16 bytes.
DFLOW_EXPORT void* allocate(std::size_t bytes);
DFLOW_EXPORT void deallocate(void* memory, std::size_t bytes) noexcept;

}  // namespace dflow::inline v0::detail
