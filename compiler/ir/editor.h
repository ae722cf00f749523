// A plan that is being changed, with its families and uses found by their numbers. What is dropped is gone
// for those who look, and leaves the plan at the end. Pointers stay valid until then.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/ir/plan.h"

namespace dflow::compiler::ir {

class Editor {
 public:
  explicit Editor(Plan plan);

  const Plan& plan() const { return plan_; }
  /// Null: none, or it was dropped.
  Family* find(std::uint32_t node);
  Family& family(std::uint32_t node);
  /// Those left, in the plan's order.
  std::vector<Family*> families();
  std::vector<Use*> uses();
  const std::vector<Use*>& readers_of(std::uint32_t node) const;
  const std::vector<Use*>& inputs_of(std::uint32_t node) const;
  const std::vector<formats::ElementRange*>& ranges_of(std::uint32_t node) const;
  bool is_returned(std::uint32_t node) const { return returned_.contains(node); }

  void set_producer(Use& use, std::uint32_t node);
  void set_consumer(Use& use, std::uint32_t node);
  void set_consumer(formats::ElementRange& range, std::uint32_t node);
  void drop(Use& use);
  /// With all that it reads.
  void drop(Family& family);

  Plan finish() &&;

 private:
  struct Entry {
    Family* family = nullptr;
    std::vector<Use*> readers, inputs;
    std::vector<formats::ElementRange*> ranges;
  };
  const Entry& entry(std::uint32_t node) const;

  Plan plan_;
  std::unordered_map<std::uint32_t, Entry> entries_;
  std::unordered_set<std::uint32_t> returned_;
  std::vector<bool> family_dropped_, use_dropped_, range_dropped_;
};

}  // namespace dflow::compiler::ir
