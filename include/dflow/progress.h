// Bars that show how far tasks are.
#pragma once

#include <string>
#include <vector>

#include <dflow/future.h>

namespace dflow::inline v0 {

namespace detail {
DFLOW_EXPORT void show_progress(const std::vector<Node*>& nodes);
}

/// Shows on standard error how many of the futures have ended, one bar for each name (TaskOptions::name, else the function's
/// where dflowc told it), and returns when all have; failed and cancelled ones count, and are told of. Where standard error
/// is no terminal it shows nothing and waits. Throws InvalidStateError for an empty future. Results and exceptions are left
/// to `get()`.
///
///     auto parts = ex.map(simulate, cases);
///     dflow::progress(parts);
inline void progress(const std::vector<AnyFuture>& futures) {
  std::vector<detail::Node*> nodes;
  for (const AnyFuture& future : futures) nodes.push_back(future.node());
  detail::show_progress(nodes);
}
template <class T>
void progress(const std::vector<Future<T>>& futures) {
  progress(std::vector<AnyFuture>(futures.begin(), futures.end()));
}

}  // namespace dflow::inline v0
