#pragma once

#include <string>
#include <vector>

#include "compiler/driver/options.h"
#include "compiler/frontend/frontend.h"
#include "formats/result.h"

namespace dflow::compiler {

/// Collects what --dflow-plan and --dflow-emit-cpp write: the sources of one command go to one file.
class Outputs {
 public:
  /// `source` as named on the command line. A result without files means that it is compiled as it is.
  void add(const std::string& source, const FrontendResult& result);

  /// Writes the files that were asked for, each whole or not at all.
  formats::Result<void> write(const Options& options) const;

 private:
  formats::Result<std::string> plan() const;
  std::string code() const;

  struct Source {
    std::string name;
    std::string plan_json;
    std::string text;  // what the host compiler gets to see
  };
  std::vector<Source> sources_;
};

}  // namespace dflow::compiler
