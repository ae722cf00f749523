// Where a task failed.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <vector>

#include <dflow/detail/export.h>
#include <dflow/future.h>

namespace dflow::inline v0 {

/// Where the body of a task threw what its future rethrows.
struct Origin {
  std::string worker = {};  ///< Empty: this process.
  /// The calls that led to the `throw`, innermost first: `name at MODULE+0xOFFSET`, without the name where the module does not
  /// export it (link programs with `-rdynamic`, so that they do). `addr2line -Cfe MODULE 0xOFFSET` tells file and line.
  std::vector<std::string> stack = {};

  /// A line for each call, for people.
  DFLOW_EXPORT std::string text() const;
};

/// Of an exception that a task's body threw, here or on a worker, as long as a future of a task that failed with it is there;
/// nothing for others. Thread-safe.
///
///     try { result.get(); }
///     catch (...) { if (const auto origin = dflow::origin_of(std::current_exception())) std::cerr << origin->text(); }
DFLOW_EXPORT std::optional<Origin> origin_of(const std::exception_ptr& error);

/// Why the task failed, if it has, and that began in a body. Does not wait.
template <class T>
std::optional<Origin> origin_of(const Future<T>& future) {
  const detail::Node* node = detail::node_of(future);
  return node && node->state() == detail::State::failed ? origin_of(node->error()) : std::nullopt;
}

}  // namespace dflow::inline v0
