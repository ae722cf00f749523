#pragma once

#include <sys/types.h>

#include <array>
#include <csignal>

namespace dflow::tools {

/// While it lives, SIGINT, SIGTERM and SIGHUP kill the program that dflow runs instead of dflow itself; at its end dflow
/// dies of them as it would have at once. What is declared after it is cleaned up in between. One at a time.
class HeldSignals {
 public:
  HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals();

  /// The program that dflow waits for now; 0 for none.
  static void set_child(pid_t child);

 private:
  std::array<struct sigaction, 3> before_{};
};

}  // namespace dflow::tools
