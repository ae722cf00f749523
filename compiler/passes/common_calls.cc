#include "compiler/passes/common_calls.h"

#include <algorithm>
#include <unordered_map>

#include "compiler/ir/editor.h"

namespace dflow::compiler::passes {
namespace {

class CommonCalls {
 public:
  CommonCalls(ir::Plan plan, const Context& context) : editor_(std::move(plan)), context_(context) {}

  /// Calls that became one may make those equal that take their results.
  ir::Plan run() && {
    while (merge_some()) {
    }
    return std::move(editor_).finish();
  }

 private:
  bool merge_some() {
    bool changed = false;
    std::unordered_map<std::string, std::vector<ir::Family*>> alike;
    for (ir::Family* family : editor_.families()) {
      if (!may_merge(*family)) continue;
      std::vector<ir::Family*>& others = alike[likeness(*family)];
      if (place(*family, others))
        changed = true;
      else
        others.push_back(family);
    }
    return changed;
  }

  bool may_merge(const ir::Family& family) const {
    return family.pure() && family.steps.size() == 1 && !editor_.is_returned(family.node) && !family.call().ends_alone();
  }

  /// What calls have in common if they may be the same: the function, the values, what becomes of a failure, the
  /// families that they read.
  std::string likeness(const ir::Family& family) const {
    const ir::Call& call = family.call();
    std::string text = std::to_string(static_cast<int>(call.op));
    const auto add = [&text](const std::string& part) { text += '\0' + part; };
    add(call.callable);
    add(call.result);
    add(std::to_string(call.retries) + (call.cancels ? " cancels" : ""));
    for (const ir::Argument& argument : call.arguments) {
      add(argument.type);
      add(argument.is_future ? "future" : "value " + argument.value);
    }
    std::vector<std::pair<std::uint32_t, std::uint32_t>> producers;
    for (const ir::Use* use : editor_.inputs_of(family.node))
      producers.emplace_back(use->argument, use->producer);
    std::ranges::sort(producers);
    for (const auto& [argument, producer] : producers)
      add(std::to_string(argument) + "<-" + std::to_string(producer));
    return text;
  }

  /// Whether the family became one with one of those that are alike, of which each stays in its place.
  bool place(ir::Family& family, std::vector<ir::Family*>& others) {
    for (ir::Family*& other : others) {
      if (merge(*other, family)) return true;
      if (merge(family, *other)) {
        other = &family;
        return true;
      }
    }
    return false;
  }

  flow::Reading reading(const ir::Family& family) const {
    const auto& uses = editor_.inputs_of(family.node);
    const auto& ranges = editor_.ranges_of(family.node);
    return {family, {uses.begin(), uses.end()}, {ranges.begin(), ranges.end()}};
  }

  /// Lets `earlier` stand for `later`, too, if it may.
  bool merge(const ir::Family& earlier, ir::Family& later) {
    if (!context_.relations.repeats(reading(earlier), reading(later))) return false;
    const std::vector<ir::Use*> readers = editor_.readers_of(later.node);
    std::vector<ir::Use> redirected;
    for (const ir::Use* use : readers) {
      auto made = context_.relations.redirected(*use, earlier.node);
      if (!made) return false;
      redirected.push_back(std::move(*made));
    }
    for (std::size_t i = 0; i < readers.size(); ++i) {
      editor_.set_producer(*readers[i], earlier.node);
      *readers[i] = std::move(redirected[i]);
    }
    tell(earlier, later);
    editor_.drop(later);
    return true;
  }

  void tell(const ir::Family& earlier, const ir::Family& later) const {
    context_.remarks.push_back(
        {later.node,
         "'" + later.call().task + "' is not run again: it is pure, and called with the same arguments",
         earlier.node});
    if (auto twins = context_.relations.same_indices(later, earlier))
      context_.changes.push_back(
          {later.node, formats::Change::Kind::merged, earlier.node, std::move(*twins)});
  }

  ir::Editor editor_;
  const Context& context_;
};

}  // namespace

ir::Plan common_calls(ir::Plan plan, const Context& context) {
  return CommonCalls(std::move(plan), context).run();
}

}  // namespace dflow::compiler::passes
