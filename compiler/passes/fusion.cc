#include "compiler/passes/fusion.h"

#include <algorithm>
#include <ranges>

#include "compiler/ir/editor.h"

namespace dflow::compiler::passes {
namespace {

std::uint32_t count_arguments(const ir::Family& family) {
  std::uint32_t count = 0;
  for (const ir::Step& step : family.steps) count += static_cast<std::uint32_t>(step.call.arguments.size());
  return count;
}

class Fusion {
 public:
  Fusion(ir::Plan plan, const Context& context) : editor_(std::move(plan)), context_(context) {}

  /// The ends of chains first: then what is put in front of one is a single call.
  ir::Plan run() && {
    for (bool changed = true; changed;) {
      changed = false;
      for (ir::Use* use : editor_.uses() | std::views::reverse) changed |= may_fuse(*use) && fuse(*use);
    }
    return std::move(editor_).finish();
  }

 private:
  /// Reduces are trees of tasks.
  bool may_fuse(const ir::Use& use) {
    const ir::Family &consumer = editor_.family(use.consumer), &producer = editor_.family(use.producer);
    const bool trees =
        consumer.call().op == formats::NodeOp::reduce || producer.call().op == formats::NodeOp::reduce;
    if (trees || use.elements != 0 || editor_.is_returned(producer.node)) return false;
    if (consumer.node == producer.node || producer.call().result == "void") return false;
    if (ends_alone(consumer) || ends_alone(producer)) return false;
    return editor_.readers_of(producer.node).size() == 1 && waits_for_one(consumer) &&
           context_.relations.pairs(use, consumer, producer);
  }

  static bool ends_alone(const ir::Family& family) {
    return std::ranges::any_of(family.steps, [](const ir::Step& step) { return step.call.ends_alone(); });
  }

  /// A container of futures may hold some that come from outside.
  bool waits_for_one(const ir::Family& family) const {
    return editor_.inputs_of(family.node).size() == 1 && editor_.ranges_of(family.node).empty();
  }

  /// What the producer reads, as its reader will.
  struct Moved {
    std::vector<ir::Use> uses;
    std::vector<formats::ElementRange> ranges;
    std::vector<std::string> at;  ///< Of its steps.
  };
  std::optional<Moved> moved(const ir::Use& link, const ir::Family& producer) const {
    Moved made;
    const auto add = [](auto& all, auto one) {
      if (one) all.push_back(std::move(*one));
      return one.has_value();
    };
    for (const ir::Step& step : producer.steps)
      if (!add(made.at, context_.relations.through(link, step.at))) return std::nullopt;
    for (const ir::Use* use : editor_.inputs_of(producer.node))
      if (!add(made.uses, context_.relations.through(link, *use))) return std::nullopt;
    for (const formats::ElementRange* range : editor_.ranges_of(producer.node))
      if (!add(made.ranges, context_.relations.through(link, *range))) return std::nullopt;
    return made;
  }

  bool fuse(ir::Use& link) {
    ir::Family &consumer = editor_.family(link.consumer), &producer = editor_.family(link.producer);
    auto made = moved(link, producer);
    auto ends = context_.relations.reversed(link);
    if (!made || !ends) return false;
    context_.changes.push_back(
        {producer.node, formats::Change::Kind::fused, consumer.node, std::move(*ends)});
    context_.remarks.push_back({consumer.steps.front().call.node,
                                "'" + consumer.steps.front().call.task + "' runs in one task with '" +
                                    producer.call().task +
                                    "', the only one that it waits for, and which feeds no other",
                                producer.node});
    put_before(consumer, producer, link.argument, std::move(made->at));
    hand_on(consumer.node, producer.node, std::move(*made));
    editor_.drop(link);
    editor_.drop(producer);
    return true;
  }

  /// The producer's steps, then the consumer's, whose arguments are counted behind them.
  static void put_before(ir::Family& consumer, ir::Family& producer, std::uint32_t fed,
                         std::vector<std::string> at) {
    const std::uint32_t before = count_arguments(producer);
    for (std::size_t i = 0; i < at.size(); ++i) producer.steps[i].at = std::move(at[i]);
    consumer.steps.front().fed = fed;
    for (ir::Step& step : consumer.steps) step.first_argument += before;
    consumer.steps.insert(consumer.steps.begin(), std::make_move_iterator(producer.steps.begin()),
                          std::make_move_iterator(producer.steps.end()));
  }

  void hand_on(std::uint32_t consumer, std::uint32_t producer, Moved made) {
    const std::vector<ir::Use*> uses = editor_.inputs_of(producer);
    const std::vector<formats::ElementRange*> ranges = editor_.ranges_of(producer);
    for (std::size_t i = 0; i < uses.size(); ++i) {
      editor_.set_consumer(*uses[i], consumer);
      *uses[i] = std::move(made.uses[i]);
    }
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      editor_.set_consumer(*ranges[i], consumer);
      *ranges[i] = std::move(made.ranges[i]);
    }
  }

  ir::Editor editor_;
  const Context& context_;
};

}  // namespace

ir::Plan fusion(ir::Plan plan, const Context& context) {
  return Fusion(std::move(plan), context).run();
}

}  // namespace dflow::compiler::passes
