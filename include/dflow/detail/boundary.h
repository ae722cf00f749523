// Where a graph stops being knowable: dflowc puts `boundary<...>()` before what a dry run must not do or cannot know.
#pragma once

#include <dflow/detail/session.h>
#include <dflow/detail/site.h>

namespace dflow::inline v0::detail {

/// Ends a dry run; does nothing otherwise.
template <FixedString File, int Line, FixedString Reason>
void boundary() {
  static constexpr auto file = File;
  static constexpr auto reason = Reason;
  if (in_dry_run()) [[unlikely]] end_dry_run(file.text, Line, reason.text);
}
/// The same once `value` is there, which goes through.
template <FixedString File, int Line, FixedString Reason, class T>
T&& boundary(T&& value) {
  boundary<File, Line, Reason>();
  return static_cast<T&&>(value);
}

}  // namespace dflow::inline v0::detail
