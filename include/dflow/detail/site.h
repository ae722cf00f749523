// What dflowc knows about a call site, written into the rewritten source as a template's arguments, so that no
// declaration has to be added and the same header rewritten in two translation units stays one definition.
#pragma once

#include <cstddef>

namespace dflow::inline v0::detail {

/// One `submit`, `map`, `reduce` or `then` in the user's source. All strings are static.
struct Site {
  const char* task;  ///< The label's name, or "" where only the run time can tell.
  const char* file;
  int line;
  int column;
  int level = 0;  ///< Of tasks that become ready together, those of a higher one should run first.
};

/// A `[[dflow::graph]]` function.
struct GraphSite {
  const char* name;
  const char* file;
  int line;
};

template <std::size_t N>
struct FixedString {
  char text[N];
  consteval FixedString(const char (&source)[N]) {  // NOLINT: implicit by design
    for (std::size_t i = 0; i < N; ++i) text[i] = source[i];
  }
};

template <FixedString Task, FixedString File, int Line, int Column, int Level = 0>
inline constexpr Site site{Task.text, File.text, Line, Column, Level};

template <FixedString Name, FixedString File, int Line>
inline constexpr GraphSite graph_site{Name.text, File.text, Line};

}  // namespace dflow::inline v0::detail
