// Futures that a skeleton is given as arguments: of tasks outside of its graph, which a dry run does not know.
#pragma once

#include <array>
#include <optional>
#include <type_traits>
#include <vector>

#include <dflow/executor.h>

namespace dflow::inline v0::detail {

/// Fills in a future that can be used but stands for no task.
template <class T>
void stand_in(const Executor& executor, Future<T>& future) {
  if constexpr (!std::is_void_v<T> && std::is_default_constructible_v<T>) future = executor.scatter(T{});
}
template <class T>
void stand_in(const Executor& executor, std::vector<T>& elements) {
  for (T& element : elements) stand_in(executor, element);
}
template <class T, std::size_t N>
void stand_in(const Executor& executor, std::array<T, N>& elements) {
  for (T& element : elements) stand_in(executor, element);
}
/// Of anything else there is nothing to fill in.
void stand_in(const Executor&, const auto&) {}

}  // namespace dflow::inline v0::detail
