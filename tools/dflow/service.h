#pragma once

/// What long-running subcommands have in common.
namespace dflow::tools {

/// SIGINT, SIGTERM and SIGHUP wait for `wait_for_end` from here on, in all threads that are started later. Take it first.
class EndSignals {
 public:
  EndSignals();
  /// Blocks until one of them comes.
  void wait_for_end() const;
  /// Ends the wait, from any thread.
  static void end();
};

/// As many files as the system lets this process open: each connection is one.
void raise_file_limit();

}  // namespace dflow::tools
