#pragma once

#include <string>
#include <vector>

#include "compiler/driver/temporary_directory.h"
#include "compiler/frontend/frontend.h"

namespace dflow::compiler {

/// What a compiler says on standard error about a changed text, held back until it is known whether the user
/// should see it.
class Captured {
 public:
  explicit Captured(TemporaryDirectory& directory) : path_(directory.new_path(".err")) {}

  const std::string& path() const { return path_; }
  std::string text() const;

  /// `flags` and what keeps colours where standard error is a terminal, which the compiler can no longer see.
  std::vector<std::string> flags(std::vector<std::string> flags) const;

  /// Prints it with the user's own lines and columns in place of the changed ones.
  void print(const std::vector<RewrittenFile>& files) const;

 private:
  std::string path_;
};

}  // namespace dflow::compiler
