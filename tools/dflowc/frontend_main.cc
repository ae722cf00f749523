// dflowc-frontend JOB RESULT: runs dflow's frontend on one job that dflowc wrote, and leaves its result in a
// file.

#include <sys/resource.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>

#include "compiler/driver/exchange.h"
#include "compiler/driver/overlay.h"
#include "compiler/frontend/frontend.h"
#include "compiler/frontend/memory_limit.h"
#include "compiler/frontend/shared_parse.h"
#include "formats/file.h"

namespace {

using namespace dflow;

int fail(const std::string& message) {
  std::cerr << "dflowc-frontend: error: " << message << "\n";
  return 1;
}

void limit_time(rlim_t seconds) {
  rlimit time{};
  getrlimit(RLIMIT_CPU, &time);
  time.rlim_cur = std::min(seconds, time.rlim_max);
  setrlimit(RLIMIT_CPU, &time);
}

/// An analysis that fails must cost the user nothing but a warning: no core file, and an end in any case.
void limit_this_process() {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  limit_time(600);
  compiler::limit_memory();
}

/// The main file as Clang is to see it, if the analysis ended well and no other file is changed.
std::optional<std::string> to_compile(const std::string& result_file, const compiler::FrontendJob& job) {
  const auto text = formats::read_file(result_file);
  if (!text) return std::nullopt;
  const auto result = compiler::result_from_text(text.value());
  if (!result || !result.value().parsed || result.value().fatal) return std::nullopt;
  const auto& files = result.value().files;
  std::error_code error;
  if (files.size() > 1 || (files.size() == 1 && !std::filesystem::equivalent(files.front().path, job.main_file, error))) {
    return std::nullopt;
  }
  limit_time(RLIM_INFINITY);  // how long a compilation may take, and how much, is the user's affair
  compiler::lift_memory_limit();
  if (!files.empty()) return compiler::with_quiet_tail(files.front());
  auto original = formats::read_file(job.main_file);
  return original ? std::optional(std::move(original).value()) : std::nullopt;
}

int analyse(const std::string& job_file, const std::string& result_file) {
  const auto text = formats::read_file(job_file);
  if (!text) return fail(text.message());
  const auto job = compiler::job_from_text(text.value());
  if (!job) return fail("'" + job_file + "' is no job: " + job.message());
  const auto publish = [&result_file](const compiler::FrontendResult& result) {
    const auto written = formats::write_file_atomically(result_file, compiler::to_text(result));
    return written ? 0 : fail(written.message());
  };
  const compiler::Exchange exchange{.publish = publish, .changed_text = [&] { return to_compile(result_file, job.value()); }};
  switch (compiler::run_shared(job.value(), exchange)) {
    case compiler::SharedParse::compiled:
      return compiler::kCompiledToo;
    case compiler::SharedParse::analysed:
      return 0;
    case compiler::SharedParse::impossible:
      return publish(compiler::run_frontend(job.value()));
  }
  return 1;
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
