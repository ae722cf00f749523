#pragma once

#include <string>
#include <string_view>

#include "compiler/frontend/frontend.h"
#include "formats/result.h"

// How dflowc and the process that runs its frontend talk: one file each way, a sequence of fields
//   NAME SIZE '\n' BYTES '\n'
// so that texts travel as they are. Both programs are always of one build; nothing else reads these files.

namespace dflow::compiler {

/// What the frontend's process ends with if it has compiled as well; 0: the result is all there is.
constexpr int kCompiledToo = 10;

std::string to_text(const FrontendJob& job);
formats::Result<FrontendJob> job_from_text(std::string_view text);

std::string to_text(const FrontendResult& result);
/// Ends with a field "end": a truncated file is an error.
formats::Result<FrontendResult> result_from_text(std::string_view text);

}  // namespace dflow::compiler
