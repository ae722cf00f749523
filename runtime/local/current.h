// Which task the code on this stack belongs to.
#pragma once

#include "runtime/local/thread_state.h"

namespace dflow::local {

/// While it lives, `node` is the current task of this stack.
class CurrentTask {
 public:
  explicit CurrentTask(Node& node) {
    ThreadState& self = this_thread();
    outer_ = self.context;
    context_.task = &node;
    context_.scope = node.scope;
    context_.held = outer_->held;
    context_.stack_base = outer_->stack_base;
    self.context = &context_;
    show(self, node);
  }
  ~CurrentTask() {
    ThreadState& self = this_thread();  // perhaps another thread than before
    self.context = outer_;
    if (outer_->task) show(self, *outer_->task);
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

  Context context_;
  Context* outer_;
};

/// While it lives, nodes run on this stack.
class RunnerStack {
 public:
  RunnerStack() {
    ThreadState& self = this_thread();
    if (self.context != &self.outside) outer_ = self.context;
    context_.stack_base = reinterpret_cast<const char*>(this);
    self.context = &context_;
  }
  ~RunnerStack() {
    ThreadState& self = this_thread();  // perhaps another thread than before
    self.context = outer_ ? outer_ : &self.outside;
  }
  RunnerStack(const RunnerStack&) = delete;
  RunnerStack& operator=(const RunnerStack&) = delete;

 private:
  Context context_;
  Context* outer_ = nullptr;  ///< On this stack too: a task whose body let TBB run other work here.
};

}  // namespace dflow::local
