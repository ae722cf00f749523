#pragma once

#include <string>
#include <vector>

#include "formats/result.h"

namespace dflow::tools {

/// A process of this same tool in the background, in a session of its own; it goes on when this one ends.
class Daemon {
 public:
  /// What it prints goes to `log`, which is begun anew.
  static formats::Result<Daemon> start(const std::vector<std::string>& arguments, const std::string& log);
  Daemon(Daemon&& other) noexcept : pid_(other.pid_), log_(std::move(other.log_)) { other.pid_ = 0; }
  Daemon& operator=(Daemon&&) = delete;
  /// Ends the process, unless it was let go.
  ~Daemon();

  /// "" while it runs, else how it ended and what it said last.
  std::string ended();
  /// It may go on by itself.
  void let_go() noexcept { pid_ = 0; }

 private:
  Daemon(int pid, std::string log) : pid_(pid), log_(std::move(log)) {}
  int pid_ = 0;
  std::string log_;
};

}  // namespace dflow::tools
