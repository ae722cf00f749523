// What a pass is: it takes a plan and returns one that means the same, and says what it did. passes.h lists
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/flow/relations.h"
#include "compiler/ir/plan.h"

namespace dflow::compiler::passes {

/// For the user, at a call.
struct Remark {
  std::uint32_t node = 0;
  std::string text;
  std::optional<std::uint32_t> other = {};  ///< Another call that it is about.
  bool operator==(const Remark&) const = default;
};

/// What a pass is given besides the plan.
struct Context {
  const flow::Relations& relations;
  std::vector<Remark>& remarks;
  std::vector<formats::Change>& changes;  ///< For the plan in the executable.
};

}  // namespace dflow::compiler::passes
