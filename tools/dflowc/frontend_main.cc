// dflowc-frontend JOB RESULT: runs dflow's frontend on one job that dflowc wrote, and leaves its result in a
// file.

#include <sys/resource.h>

#include <exception>
#include <iostream>

#include "compiler/driver/exchange.h"
#include "compiler/frontend/frontend.h"
#include "formats/file.h"

namespace {

using namespace dflow;

int fail(const std::string& message) {
  std::cerr << "dflowc-frontend: error: " << message << "\n";
  return 1;
}

/// An analysis that fails must cost the user nothing but a warning: no core file, and an end in any case.
void limit_this_process() {
  constexpr rlim_t kSeconds = 600;
  const rlimit no_core{0, 0}, time{kSeconds, kSeconds};
  setrlimit(RLIMIT_CORE, &no_core);
  setrlimit(RLIMIT_CPU, &time);
}

int analyse(const std::string& job_file, const std::string& result_file) {
  const auto text = formats::read_file(job_file);
  if (!text) return fail(text.message());
  const auto job = compiler::job_from_text(text.value());
  if (!job) return fail("'" + job_file + "' is no job: " + job.message());
  const compiler::FrontendResult result = compiler::run_frontend(job.value());
  const auto written = formats::write_file_atomically(result_file, compiler::to_text(result));
  return written ? 0 : fail(written.message());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail("usage: dflowc-frontend JOB RESULT (dflowc runs it)");
  limit_this_process();
  try {
    return analyse(argv[1], argv[2]);
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}
