// Values of arguments that are made before a launch starts, by who asks for it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include <dflow/detail/launch_work.h>

namespace dflow::inline v0::detail {

/// One for each instance of a call. Each is written before the launch starts, and then belongs to its task.
template <class T>
class KeptValues {
 public:
  /// Throws std::bad_alloc.
  void reserve(TaskId instances) { values_.reset(new std::optional<T>[instances]); }
  template <class... A>
  void put(TaskId instance, A&&... made) {
    values_[instance].emplace(std::forward<A>(made)...);
  }
  const T& at(TaskId instance) const { return *values_[instance]; }
  T take(TaskId instance) const { return std::move(*values_[instance]); }
  void drop(TaskId instance) const { values_[instance].reset(); }

 private:
  std::unique_ptr<std::optional<T>[]> values_;
};

}  // namespace dflow::inline v0::detail
