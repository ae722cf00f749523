// exit() in a worker. It would destroy the program's static objects while other tasks use them, and so end in a crash that
// tells of anything but exit(). The library stands before the C library in the search for it, as for __libc_start_main.

#include <dlfcn.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include <dflow/detail/session.h>

#include "runtime/local/cluster_library.h"
#include "runtime/local/fork.h"
#include "runtime/local/output.h"

namespace dflow::local {

namespace {

/// A task's arguments are read by another task, of dflow's own.
std::string who() {
  const detail::Node* task = detail::current_task();
  if (!task) return "a thread of the program's";
  std::string name = detail::describe(*task);
  return name.starts_with("dflow::cluster::") ? "what reads a task's argument" : name;
}

/// Whoever has to know why the worker has died is told its last words.
[[noreturn]] void end_worker(int code) {
  flush_output();
  std::cerr << "dflow: " + who() + " called exit(" +
                   std::to_string(code) +
                   "), which ends the worker that runs it: to fail a task, throw; to end the program, return from main\n"
            << std::flush;
  std::_Exit(code);
}

/// A child that a task has forked has the task's thread and no other: what TBB has of it cannot be taken down there.
[[noreturn]] void end_child(int code) {
  flush_output();
  std::_Exit(code);
}

}  // namespace

}  // namespace dflow::local

extern "C" DFLOW_EXPORT void exit(int code) noexcept {
  using namespace dflow;
  if (local::forked() && detail::current_task()) local::end_child(code);
  if (local::inside_worker() && !local::forked()) local::end_worker(code);
  reinterpret_cast<void (*)(int)>(::dlsym(RTLD_NEXT, "exit"))(code);
  __builtin_unreachable();
}
