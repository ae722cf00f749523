#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/frontend/frontend.h"

namespace dflow::compiler {

/// Puts rewritten lines into a text that g++ -E -fdirectives-only made of the originals:
///
///     # 3 "app.cpp" 2                                # 3 "app.cpp" 2
///     auto f = ex.submit(work, 1);           ==>     auto f = ex.submit(site<...>, work, 1);
///
/// g++ has no overlay for files. This way includes, macros, __FILE__, debug information and dependency files
/// are made from the user's own files, headers included, whichever of them were rewritten. What a rewritten
/// file has after the user's last line comes at the end of the text, marked as a system header's: no warning
/// is wanted for generated code.
std::string splice(std::string_view preprocessed, const std::vector<RewrittenFile>& files);

}  // namespace dflow::compiler
