#include "compiler/passes/last_use.h"

#include <algorithm>

namespace dflow::compiler::passes {
namespace {

class LastUse {
 public:
  LastUse(ir::Plan plan, const Context& context) : plan_(std::move(plan)), context_(context) {
    for (const ir::Returned& returned : plan_.returned)
      outputs_.insert(outputs_.end(), returned.outputs.begin(), returned.outputs.end());
  }

  ir::Plan run() && {
    for (const ir::Family& family : plan_.families) decide(family.node);
    for (const ir::Use& use : plan_.uses) tell(use);
    return std::move(plan_);
  }

 private:
  void decide(std::uint32_t producer) {
    std::vector<ir::Use*> readers;
    for (ir::Use& use : plan_.uses)
      if (use.producer == producer) readers.push_back(&use);
    std::vector<const ir::Use*> last;
    for (ir::Use* use : readers) {
      use->reader = is_last(*use, readers) ? ir::Reader::last : ir::Reader::counted;
      if (use->reader == ir::Reader::last) last.push_back(use);
    }
    for (ir::Use* use : readers)
      if (use->reader == ir::Reader::counted && context_.relations.covered(*use, last, outputs_))
        use->reader = ir::Reader::never;
  }

  bool is_last(const ir::Use& use, const std::vector<ir::Use*>& readers) const {
    if (!context_.relations.one_to_one(use) || !context_.relations.kept_inside(use, outputs_)) return false;
    // The tasks of a reduce's tree do not all wait for all that it reads.
    static const std::vector<ir::Use> kNone;
    const bool tree = plan_.family(use.consumer).call().op == formats::NodeOp::reduce;
    return std::ranges::all_of(readers, [&](const ir::Use* other) {
      return other == &use || context_.relations.after(use, *other, tree ? kNone : plan_.uses);
    });
  }

  void tell(const ir::Use& use) const {
    for (const ir::Step& step : plan_.family(use.consumer).steps) {
      const std::size_t place = use.argument - step.first_argument;
      if (use.argument < step.first_argument || place >= step.call.arguments.size()) continue;
      if (step.call.arguments[place].by_reference || use.reader == ir::Reader::counted) continue;
      const bool moved = use.reader == ir::Reader::last;
      const std::string what = "what '" + plan_.family(use.producer).call().task + "' gives ";
      context_.remarks.push_back(
          {step.call.node, what + (moved ? "is moved into '" : "is copied for '") + step.call.task +
                               "': " + (moved ? "it is read last here" : "it is read elsewhere later")});
    }
  }

  ir::Plan plan_;
  const Context& context_;
  std::vector<ir::Output> outputs_;
};

}  // namespace

ir::Plan last_use(ir::Plan plan, const Context& context) {
  return LastUse(std::move(plan), context).run();
}

}  // namespace dflow::compiler::passes
