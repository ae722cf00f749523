// What launches are given: how they come to know of its end.
#include <dflow/detail/launch_given.h>

#include <new>

#include <dflow/errors.h>

#include "runtime/local/current.h"
#include "runtime/local/local_session.h"

namespace dflow::inline v0::detail {
namespace {

/// Waits for a future in a launch's place, as a task does: so it is swept up and cancelled like one. However it ends, the
/// launch hears of it.
class Watch final : public Value<void> {
 public:
  static void start(Launch& launch, TaskId id, Node& producer) {
    auto* watch = ::new (allocate(sizeof(Watch))) Watch(launch, id, producer);
    watch->scope = launch.scope;
    watch->session_id = launch.session_id;
    watch->where = launch.where;
    launch.scope->count_submitted(local::this_thread().index, 1);
    local::active().local->engine().submit(*watch);
    watch->release();
  }

  void run() override {}
  void release_arguments() noexcept override {
    released = true;
    local::active().local->engine().push_task(*launch_, id_);
  }
  void adopt_inner() override {}
  const std::type_info& callable_type() const noexcept override { return typeid(Watch); }
  void destroy() noexcept override {
    this->~Watch();
    deallocate(this, sizeof(Watch));
  }

 private:
  Watch(Launch& launch, TaskId id, Node& producer) : edge_{.next = nullptr, .consumer = this, .producer = &producer}, launch_(&launch), id_(id) {
    edges = &edge_;
    edge_count = 1;
  }

  Edge edge_;
  Launch* launch_;
  TaskId id_;
};

}  // namespace

void GivenStore::reserve(TaskId instances, TaskId& next) {
  base = next;
  end = next += instances;
  if (next > kMostTasks) throw std::bad_alloc();
  slots_.reset(new Slot[instances]);
}

GivenStore::~GivenStore() {
  for (TaskId id = base; slots_ && id < end; ++id)
    if (slot(id).node) slot(id).node->release();
}

bool GivenStore::put(const Launch& launch, TaskId id, Node* node, std::uint32_t readers) {
  if (!node || node->session_id != launch.session_id) return false;
  node->retain();
  slot(id).node = node;
  slot(id).readers.store(readers, std::memory_order_relaxed);
  return true;
}

void GivenStore::watch(Launch& launch) {
  for (TaskId id = base; id < end; ++id) {
    // Read before its readers are told: they may be done with it at once.
    Node* const node = slot(id).node;
    if (!node || slot(id).readers.load(std::memory_order_relaxed) == 0) continue;
    if (node->ended()) local::active().local->engine().push_task(launch, id);
    else Watch::start(launch, id, *node);
  }
}

void GivenStore::arrived(TaskId id, Launch& launch) {
  Node& node = *slot(id).node;
  const State state = node.state();
  if (state == State::done) return;
  std::exception_ptr error = state == State::failed ? node.error() : nullptr;
  if (!error) error = std::make_exception_ptr(CancelledError(describe(node) + " was cancelled"));
  launch.fail(id, state == State::failed ? State::failed : State::cancelled, std::move(error), node.marked(kSuccessorsCancel));
}

}  // namespace dflow::inline v0::detail
