#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "formats/result.h"

namespace dflow::tools {

/// A program to run, with what it reads and what is different in its environment (empty: taken out).
struct Command {
  std::vector<std::string>
      arguments;  ///< the program first: a path, or a name that is looked for on the PATH
  std::string input;
  std::map<std::string, std::string> environment;
};

/// How a program ended. What it wrote is cut at a bound, its end kept for `errors`.
struct Outcome {
  int exit_code = 0;
  int signal = 0;  ///< that killed it, or 0
  std::string output;
  std::string errors;

  bool succeeded() const { return exit_code == 0 && signal == 0; }
};

/// Runs a program to its end. Fails if it cannot be started.
formats::Result<Outcome> run(const Command& command);

/// "signal 11 (Segmentation fault)".
std::string describe_signal(int signal);

}  // namespace dflow::tools
