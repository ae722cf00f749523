#include "compiler/driver/frontend_process.h"

#include <cstring>
#include <iostream>

#include "compiler/driver/exchange.h"
#include "compiler/driver/process.h"
#include "compiler/frontend/memory_limit.h"
#include "formats/file.h"

namespace dflow::compiler {
namespace {

std::string how_it_ended(const Outcome& outcome) {
  if (outcome.spawn_error != 0)
    return std::string("cannot be started: ") + std::strerror(outcome.spawn_error);
  if (outcome.exit_code == kOutOfMemory) return "ran out of memory (it takes half of the machine's, or of its control group's, at most)";
  if (outcome.signal != 0) return "crashed (" + std::string(strsignal(outcome.signal)) + ")";
  return "failed with exit code " + std::to_string(outcome.exit_code);
}

}  // namespace

formats::Result<FrontendResult> run_frontend_process(const std::string& program, const FrontendJob& job,
                                                     TemporaryDirectory& directory, bool verbose) {
  const auto job_file = directory.new_file(".job", to_text(job));
  if (!job_file) return job_file.error();
  const std::string result_file = directory.new_path(".result");
  const Command command{.program = program,
                        .arguments = {job_file.value(), result_file},
                        .output = {},
                        .errors = directory.new_path(".err")};
  if (verbose) std::cerr << "dflowc: running " << shown(command) << " for " << job.main_file << "\n";
  const Outcome outcome = run(command);
  if (!outcome.ok() && outcome.exit_code != kCompiledToo) return formats::Error{"dflow's frontend " + how_it_ended(outcome)};
  const auto text = formats::read_file(result_file);
  if (!text) return formats::Error{"dflow's frontend left no result"};
  auto result = result_from_text(text.value());
  if (!result) return formats::Error{"dflow's frontend left an unreadable result: " + result.message()};
  result.value().compiled = outcome.exit_code == kCompiledToo;
  // What does not parse is the host compiler's to report.
  const auto said =
      result.value().parsed ? formats::read_file(command.errors) : formats::Result<std::string>("");
  if (said) std::cerr << said.value() << std::flush;
  return result;
}

}  // namespace dflow::compiler
