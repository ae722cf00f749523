// A process that was forked from one with an Executor: the threads that run tasks are not in it.
#pragma once

#include <atomic>

namespace dflow::local {

inline std::atomic<bool> is_forked{false};

/// From now on it is noticed when this process is forked.
void notice_forks();

/// True in a process that was forked since then.
inline bool forked() noexcept { return is_forked.load(std::memory_order_relaxed); }

[[noreturn]] void throw_forked();

/// Throws SessionError in such a process, where a wait would never end.
inline void refuse_if_forked() {
  if (forked()) [[unlikely]] throw_forked();
}

}  // namespace dflow::local
