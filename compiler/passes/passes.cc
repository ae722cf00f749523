#include "compiler/passes/passes.h"

#include <algorithm>
#include <span>

#include "compiler/passes/common_calls.h"
#include "compiler/passes/critical_path.h"
#include "compiler/passes/dead_tasks.h"
#include "compiler/passes/fusion.h"
#include "compiler/passes/last_use.h"
#include "compiler/passes/names.h"
#include "compiler/passes/verify.h"

namespace dflow::compiler::passes {
namespace {

struct Pass {
  std::string_view name;
  ir::Plan (*run)(ir::Plan plan, const Context& context);
};

constexpr std::string_view kVerify = kNames[0];

/// Those that change the plan, in order.
constexpr Pass kPasses[] = {
    {"dead-tasks", dead_tasks}, {"common-calls", common_calls},   {"fusion", fusion},
    {"last-use", last_use},     {"critical-path", critical_path},
};
static_assert(std::ranges::equal(kPasses, std::span(kNames).subspan(1), {}, &Pass::name));

}  // namespace

bool is_on(std::string_view pass, const std::vector<std::string>& switches) {
  bool on = true;
  for (const std::string_view each : switches) {
    const bool off = each.starts_with('-');
    const std::string_view name = off ? each.substr(1) : each;
    if (name == pass || name == "all") on = !off;
  }
  return on;
}

formats::Result<Optimised> optimise(ir::Plan plan, const std::vector<std::string>& switches) {
  const flow::Relations relations(plan.assumptions);
  const bool verified = is_on(kVerify, switches);
  Optimised made{std::move(plan), {}, {}};
  const Context context{relations, made.remarks, made.changes};
  Verifier verifier(relations);
  if (verified)
    if (const auto checked = verifier.verify(made.plan); !checked) return checked.error();
  for (const Pass& pass : kPasses) {
    if (!is_on(pass.name, switches)) continue;
    made.plan = pass.run(std::move(made.plan), context);
    if (!verified) continue;
    if (const auto checked = verifier.verify(made.plan); !checked)
      return formats::Error{"after pass '" + std::string(pass.name) + "': " + checked.message()};
  }
  return made;
}

}  // namespace dflow::compiler::passes
