#pragma once

#include <string>
#include <vector>

namespace dflow::compiler {

struct Command {
  std::string program;  ///< a path
  std::vector<std::string> arguments;
  std::string output;  ///< a file that takes standard output; empty: this process's
  std::string errors;  ///< a file that takes standard error; empty: this process's
  std::string directory = {};  ///< where it runs; empty: where this process does
};

struct Outcome {
  int exit_code = 0;    ///< 128 + n after a signal n, as shells have it
  int signal = 0;       ///< the signal that ended the process, or 0
  int spawn_error = 0;  ///< errno if it could not be started; exit_code is then 126 or 127

  bool ok() const { return exit_code == 0; }
};

/// Runs a program to its end. SIGINT, SIGTERM and SIGHUP that arrive meanwhile are passed on to it.
Outcome run(const Command& command);

/// Makes this process survive SIGINT, SIGTERM and SIGHUP until `finish_interrupted()`, so that temporary
/// files can be removed.
void hold_termination_signals();

/// If such a signal has come: dies of it, as if it had not been held.
void finish_interrupted();
bool interrupted();

/// The path of a program: `name` itself if it holds a slash, else the first executable of that name in PATH;
/// empty if there is none.
std::string find_program(const std::string& name);

/// A command as one line for a person, quoted so that a shell would take it.
std::string shown(const Command& command);

}  // namespace dflow::compiler
