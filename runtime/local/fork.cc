#include "runtime/local/fork.h"

#include <pthread.h>

#include <system_error>

#include <dflow/errors.h>

namespace dflow::local {

void notice_forks() {
  static const int failed = ::pthread_atfork(nullptr, nullptr, [] { is_forked.store(true, std::memory_order_relaxed); });
  if (failed != 0) throw std::system_error(failed, std::generic_category(), "dflow: pthread_atfork");
}

void throw_forked() {
  throw SessionError(
      "dflow: this process was forked from one that had an Executor, whose threads stayed behind: fork() before the first "
      "Executor is made, or let the child exec() another program");
}

}  // namespace dflow::local
