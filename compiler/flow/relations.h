// What isl has to decide or compute for the passes, on the texts of a plan. An answer "true" is proved for
// all parameters that the plan allows; what isl cannot decide within bounds is "false", or nothing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ir/plan.h"

namespace dflow::compiler::flow {

/// A family with all that it reads.
struct Reading {
  const ir::Family& family;
  std::vector<const ir::Use*> uses;
  std::vector<const formats::ElementRange*> ranges;
};

class Relations {
 public:
  /// Of a plan's parameters: "[n] -> { : n >= 0 }". Each question has bounds of its own.
  explicit Relations(const std::string& assumptions);
  ~Relations();

  // --- one use
  /// Each instance reads one result at most, and no two (nor two elements of a container) the same one.
  bool one_to_one(const ir::Use& use) const;
  /// All of it lies in the two families.
  bool within(const ir::Use& use, const ir::Family& consumer, const ir::Family& producer) const;
  /// Each consumer comes after its producers in the program.
  bool forward(const ir::Use& use, const ir::Family& consumer, const ir::Family& producer) const;
  /// All of the consumer's instances read by it.
  bool by_all(const ir::Use& use, const ir::Family& consumer) const;
  /// Consumer and producer have the same first index, wherever both have one.
  bool same_round(const ir::Use& use) const;

  // --- several
  /// No instance has the argument from both.
  bool separate(const ir::Use& left, const ir::Use& right) const;
  /// What `use` reads is read by one of the others, too, or handed to the caller.
  bool covered(const ir::Use& use, const std::vector<const ir::Use*>& others,
               const std::vector<ir::Output>& outputs) const;
  /// Nothing that `use` reads is handed to the caller.
  bool kept_inside(const ir::Use& use, const std::vector<ir::Output>& outputs) const;
  using InputsOf = std::function<std::vector<const ir::Use*>(std::uint32_t node)>;
  /// Whoever reads by `last` what another instance or argument reads by `other` depends on that one:
  /// directly, or through one more task, as `inputs_of` says.
  bool after(const ir::Use& last, const ir::Use& other, const InputsOf& inputs_of) const;

  // --- dead tasks
  /// The instances whose results are read or handed to the caller, if those are not all.
  std::optional<std::string> needed(const ir::Family& family, const std::vector<const ir::Use*>& readers,
                                    const std::vector<ir::Returned>& returned) const;
  /// What becomes of a family that has these instances only.
  struct Narrowed {
    std::string order;
    std::vector<std::string> uses, ranges;  ///< In the order of Reading's.
  };
  std::optional<Narrowed> narrowed(const Reading& reading, const std::string& domain) const;

  // --- common calls
  /// Each instance of `later` has one of `earlier` with the same indices, which is submitted before it and
  /// takes the same futures.
  bool repeats(const Reading& earlier, const Reading& later) const;
  /// From the instances of one family to those of another with the same indices.
  std::optional<std::string> same_indices(const ir::Family& from, const ir::Family& to) const;
  /// The use, of `producer` in the place of its own.
  std::optional<ir::Use> redirected(const ir::Use& use, std::uint32_t producer) const;

  // --- fusion
  /// Each of the consumer's instances reads one of the producer's, each of those is read by one, and which
  /// one is said by the same expressions everywhere.
  bool pairs(const ir::Use& use, const ir::Family& consumer, const ir::Family& producer) const;
  /// From the consumer's instances of `link` to what its producer reads by `use`.
  std::optional<ir::Use> through(const ir::Use& link, const ir::Use& use) const;
  std::optional<formats::ElementRange> through(const ir::Use& link, const formats::ElementRange& range) const;
  /// From the producer's instances to the consumer's.
  std::optional<std::string> reversed(const ir::Use& link) const;
  /// From a family's indices to those that `at` says of its producer's.
  std::optional<std::string> through(const ir::Use& link, const std::string& at) const;

 private:
  struct Access;
  std::unique_ptr<Access> access_;
};

}  // namespace dflow::compiler::flow
