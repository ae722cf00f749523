// A worker's process whose scheduler a test speaks for.
#pragma once

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/net/stream.h"

namespace dflow::cluster {

/// A program that is told that it is a worker; killed in the end.
class WorkerProgram {
 public:
  explicit WorkerProgram(const net::Address& scheduler, std::vector<std::string> more = {}) {
    std::vector<std::string> variables = std::move(more);
    variables.insert(variables.end(), {"DFLOW_WORKER=" + scheduler.text(), "DFLOW_WORKER_NAME=w", "DFLOW_THREADS=1"});
    for (char** each = environ; *each; ++each) {
      if (!std::string_view(*each).starts_with("DFLOW_")) variables.emplace_back(*each);
    }
    std::vector<char*> environment;
    for (std::string& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);
    std::string program = DFLOW_TEST_APP;
    std::array<char*, 2> arguments{program.data(), nullptr};
    if (::posix_spawn(&process_, program.c_str(), nullptr, nullptr, arguments.data(), environment.data()) != 0) std::abort();
  }
  ~WorkerProgram() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  WorkerProgram(const WorkerProgram&) = delete;
  WorkerProgram& operator=(const WorkerProgram&) = delete;

  pid_t process() const { return process_; }

 private:
  pid_t process_ = 0;
};

}  // namespace dflow::cluster
