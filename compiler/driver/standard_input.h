#pragma once

namespace dflow::compiler {

/// A path under which a source that comes from standard input can be read as often as wanted.
inline constexpr const char* kStandardInput = "/dev/stdin";

/// Reads a pipe on standard input to its end and puts a file with the same bytes in its place, so that dflowc
/// can look at the text before the host compiler reads it. Does nothing with a file.
void keep_standard_input();

}  // namespace dflow::compiler
