// Who waits for whom: printed on SIGQUIT.
#pragma once

#include <string>
#include <thread>

namespace dflow::local {

class Engine;

/// While it lives, SIGQUIT (Ctrl-\) prints the report to stderr instead of ending the program. If the program has a
/// handler of its own for SIGQUIT, that one stays.
class Report {
 public:
  explicit Report(Engine& engine);
  ~Report();
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  /// The report's text.
  static std::string text(Engine& engine);

 private:
  Engine& engine_;
  int pipe_[2] = {-1, -1};
  bool installed_ = false;
  std::thread thread_;
};

}  // namespace dflow::local
