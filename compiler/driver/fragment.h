#pragma once

#include <string>
#include <vector>

#include "compiler/driver/command_line.h"
#include "compiler/driver/installation.h"
#include "compiler/driver/options.h"
#include "compiler/driver/temporary_directory.h"
#include "compiler/frontend/frontend.h"
#include "formats/result.h"
#include "formats/unit.h"

namespace dflow::compiler {

/// dflowc's words for the object of one source alone, as the object is to tell them: without outputs, without
/// what is for the linker, and without --dflow-whole-program. `host`: the host compiler's path.
std::vector<std::string> unit_command(const CommandLine& line, const Argument& source, const Options& options,
                                      const std::string& host);

/// What the frontend is asked about a unit, as it was when its object was compiled. An error if its words
/// mean nothing to this dflowc.
formats::Result<FrontendJob> job_of(const formats::Unit& unit, const Installation& installation,
                                    TemporaryDirectory& directory);

/// The jobs of several units as one text, for --dflow-neighbours.
std::string to_text(const std::vector<FrontendJob>& jobs);
formats::Result<std::vector<FrontendJob>> jobs_in(const std::string& file);

/// The first of the unit's files that is not what it was when the object was compiled, or "".
std::string changed_file(const formats::Unit& unit);

}  // namespace dflow::compiler
