// Where a graph stops being knowable: dflowc puts `boundary<...>()` before what a dry run must not do or cannot know.
#pragma once

#include <dflow/detail/session.h>
#include <dflow/detail/site.h>

namespace dflow::inline v0::detail {

/// A boundary that dflowc foresaw. All strings are static.
struct [[gnu::visibility("default")]] BoundaryAt : BoundaryReached {
  BoundaryAt(const char* where, int at_line, const char* why) : file(where), line(at_line), reason(why) {}

  const char* file;
  int line;
  const char* reason;
};

/// Ends a dry run; does nothing otherwise.
template <FixedString File, int Line, FixedString Reason>
void boundary() {
  static constexpr auto file = File;
  static constexpr auto reason = Reason;
  if (in_dry_run()) [[unlikely]] throw BoundaryAt(file.text, Line, reason.text);
}

}  // namespace dflow::inline v0::detail
