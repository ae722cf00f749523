#include "compiler/passes/last_use.h"

#include <algorithm>

#include "compiler/ir/editor.h"

namespace dflow::compiler::passes {
namespace {

class LastUse {
 public:
  LastUse(ir::Plan plan, const Context& context) : editor_(std::move(plan)), context_(context) {
    for (const ir::Returned& returned : editor_.plan().returned)
      outputs_.insert(outputs_.end(), returned.outputs.begin(), returned.outputs.end());
  }

  ir::Plan run() && {
    // Who else holds what is given is found out at run time.
    for (const ir::Family* family : editor_.families())
      if (!family->given) decide(family->node);
    for (const ir::Use* use : editor_.uses()) tell(*use);
    return std::move(editor_).finish();
  }

 private:
  void decide(std::uint32_t producer) {
    const std::vector<ir::Use*>& readers = editor_.readers_of(producer);
    std::vector<const ir::Use*> last;
    for (ir::Use* use : readers) {
      use->reader = is_last(*use, readers) ? ir::Reader::last : ir::Reader::counted;
      if (use->reader == ir::Reader::last) last.push_back(use);
    }
    if (last.empty() && !editor_.is_returned(producer)) return;
    for (ir::Use* use : readers)
      if (use->reader == ir::Reader::counted && context_.relations.covered(*use, last, outputs_))
        use->reader = ir::Reader::never;
  }

  bool is_last(const ir::Use& use, const std::vector<ir::Use*>& readers) {
    if (!context_.relations.one_to_one(use) || !context_.relations.kept_inside(use, outputs_)) return false;
    // The tasks of a reduce's tree do not all wait for all that it reads.
    const bool tree = editor_.family(use.consumer).call().op == formats::NodeOp::reduce;
    const auto waits_for = [this, tree](std::uint32_t node) {
      const auto& inputs = editor_.inputs_of(node);
      return tree ? std::vector<const ir::Use*>{} : std::vector<const ir::Use*>{inputs.begin(), inputs.end()};
    };
    return std::ranges::all_of(readers, [&](const ir::Use* other) {
      // Who waits for a task over its limit does not wait for its body.
      return other == &use ||
             (!editor_.family(other->consumer).call().limited && context_.relations.after(use, *other, waits_for));
    });
  }

  void tell(const ir::Use& use) {
    for (const ir::Step& step : editor_.family(use.consumer).steps) {
      const std::size_t place = use.argument - step.first_argument;
      if (use.argument < step.first_argument || place >= step.call.arguments.size()) continue;
      if (step.call.arguments[place].by_reference || use.reader == ir::Reader::counted) continue;
      const bool moved = use.reader == ir::Reader::last;
      const std::string what = "what '" + editor_.family(use.producer).call().task + "' gives ";
      context_.remarks.push_back(
          {step.call.node, what + (moved ? "is moved into '" : "is copied for '") + step.call.task +
                               "': " + (moved ? "it is read last here" : "it is read elsewhere later")});
    }
  }

  ir::Editor editor_;
  const Context& context_;
  std::vector<ir::Output> outputs_;
};

}  // namespace

ir::Plan last_use(ir::Plan plan, const Context& context) {
  return LastUse(std::move(plan), context).run();
}

}  // namespace dflow::compiler::passes
