#pragma once

#include <string>

#include "compiler/driver/temporary_directory.h"
#include "compiler/frontend/frontend.h"
#include "formats/result.h"

namespace dflow::compiler {

/// Runs the frontend in a process of its own: the driver starts without Clang's libraries (they cost tens of
/// milliseconds, which files without dflow code must not pay), and a crash of the parser takes nothing else
/// down. An error: it could not be started, crashed or answered nonsense; a reason in a few words. What it
/// says on standard error is printed if it could parse the file.
formats::Result<FrontendResult> run_frontend_process(const std::string& program, const FrontendJob& job,
                                                     TemporaryDirectory& directory, bool verbose);

}  // namespace dflow::compiler
