// Which task the code on this stack belongs to.
#pragma once

#include "runtime/local/thread_state.h"

namespace dflow::local {

/// While it lives, `node` is the current task of this stack.
class CurrentTask {
 public:
  explicit CurrentTask(Node& node) : before_(this_thread().context) {
    ThreadState& self = this_thread();
    self.context.task = &node;
    self.context.scope = node.scope;
    self.context.graph = nullptr;
    show(self, node);
  }
  ~CurrentTask() {
    ThreadState& self = this_thread();  // perhaps another thread than before
    const char* base = self.context.stack_base;
    self.context = before_;
    self.context.stack_base = base;
    if (before_.task) show(self, *before_.task);
    else self.shown_type.store(nullptr, std::memory_order_relaxed);
  }
  CurrentTask(const CurrentTask&) = delete;
  CurrentTask& operator=(const CurrentTask&) = delete;

 private:
  static void show(ThreadState& self, const Node& node) {
    self.shown_where.store(node.where, std::memory_order_relaxed);
    self.shown_address.store(node.has(detail::kReturnAddress), std::memory_order_relaxed);
    self.shown_type.store(&node.callable_type(), std::memory_order_relaxed);
  }

  Context before_;
};

}  // namespace dflow::local
