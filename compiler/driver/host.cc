#include "compiler/driver/host.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "formats/file.h"

namespace dflow::compiler {
namespace fs = std::filesystem;

formats::Result<Host> find_host(const std::string& name, const std::string& self) {
  const std::string program = find_program(name);
  std::error_code error;
  if (program.empty() || !fs::exists(program, error)) {
    return formats::Error{"the host compiler '" + name + "' was not found" +
                          (name.find('/') == std::string::npos ? " in PATH" : "") +
                          "; install it, or name another with --dflow-host=g++ or $DFLOWC_HOST"};
  }
  if (fs::equivalent(program, self, error)) {
    return formats::Error{"the host compiler '" + name +
                          "' is dflowc itself; name another with --dflow-host="};
  }
  return Host{.program = program};
}

HostKind kind_of_host(const std::string& program, TemporaryDirectory& directory) {
  const std::string name = fs::path(program).filename();
  if (name.find("clang") != std::string::npos) return HostKind::clang;
  if (name.find("g++") != std::string::npos || name.find("gcc") != std::string::npos) return HostKind::gcc;
  const Command question{.program = program,
                         .arguments = {"--version"},
                         .output = directory.new_path(".version"),
                         .errors = directory.new_path(".err")};
  run(question);
  const auto answer = formats::read_file(question.output);
  return answer && answer.value().find("clang") != std::string::npos ? HostKind::clang : HostKind::gcc;
}

Outcome run_host(const Host& host, std::vector<std::string> arguments, const std::string& output,
                 const std::string& errors) {
  const Command command{
      .program = host.program, .arguments = std::move(arguments), .output = output, .errors = errors};
  if (host.verbose) std::cerr << "dflowc: running " << shown(command) << std::endl;
  const Outcome outcome = run(command);
  if (outcome.spawn_error != 0) {
    std::cerr << "dflowc: error: cannot start the host compiler '" << host.program
              << "': " << std::strerror(outcome.spawn_error) << "\n";
  } else if (outcome.signal != 0 && !interrupted()) {
    std::cerr << "dflowc: error: the host compiler '" << host.program << "' was killed by signal "
              << outcome.signal << " (" << strsignal(outcome.signal) << ")\n";
  }
  return outcome;
}

std::vector<std::string> with_flags(std::vector<std::string> words, const std::vector<std::string>& flags) {
  words.insert(std::find(words.begin(), words.end(), "--"), flags.begin(), flags.end());
  return words;
}

std::string first_error_line(const std::string& output) {
  std::istringstream lines(output);
  std::string first;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("error:") != std::string::npos) return line;
    if (first.empty()) first = line;
  }
  return first;
}

}  // namespace dflow::compiler
