// Tasks of a launch that may run only so long, and values in the place of those that failed.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

#include <dflow/detail/launch_work.h>
#include <dflow/detail/value.h>

namespace dflow::inline v0::detail {

/// A body under its time limit, which counts from here. Either its end or the limit is first. If the limit is, its thread fails
/// the task, and has another visit tell the consumers; the body's own visit then only lets go of what the body has used. So the
/// body writes its result to a place of its own.
class DFLOW_EXPORT TimedBody {
 public:
  struct Limit {
    const Site* site;
    std::int64_t ns;
    bool cancels;  ///< As a failure of the task does.
  };
  /// `output`: the task's, or null.
  TimedBody(Launch& launch, TaskId id, Node* output, const Limit& limit);
  TimedBody(const TimedBody&) = delete;
  TimedBody& operator=(const TimedBody&) = delete;
  ~TimedBody();

  /// The limit was first: the body is not tried again.
  bool is_over() const noexcept;
  /// The body has ended; false if the limit was first.
  bool settle() noexcept;

 private:
  struct Race;
  std::shared_ptr<Race> race_;
  std::uint64_t timer_;
};

/// OnFailure::ignore: the value of a task that failed. False if there is none: its type has no default, or that throws.
template <class T>
[[gnu::cold]] bool made_by_default([[maybe_unused]] void* place) noexcept {
  if constexpr (std::is_void_v<T>) {
    return true;
  } else if constexpr (std::is_default_constructible_v<T>) {
    try {
      ::new (place) T();
      return true;
    } catch (...) {
    }
  }
  return false;
}

}  // namespace dflow::inline v0::detail
