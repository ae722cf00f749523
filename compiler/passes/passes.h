// All passes, and running those that are wanted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/passes/pass.h"
#include "formats/result.h"

namespace dflow::compiler::passes {

struct Optimised {
  ir::Plan plan;
  std::vector<Remark> remarks;
  std::vector<formats::Change> changes;
};

/// `switches`: names of passes, with '-' in front to switch one off; "all" and "-all"; later ones win. All
/// are on at first.
bool is_on(std::string_view pass, const std::vector<std::string>& switches);

/// Fails where a plan is not valid, before or after some pass.
formats::Result<Optimised> optimise(ir::Plan plan, const std::vector<std::string>& switches);

}  // namespace dflow::compiler::passes
