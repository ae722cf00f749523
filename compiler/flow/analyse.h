// Records to exact dependences: which instance of which task feeds which, for all parameters at once.
//
// By isl's dataflow analysis (Feautrier, "Dataflow analysis of array and scalar references", 1991): of all
// writes to what a read sees, the last one before it. Copies of futures are followed to the task that made
// them.
#pragma once

#include "compiler/flow/flat_rows.h"
#include "compiler/flow/records.h"
#include "formats/plan.h"
#include "formats/result.h"

namespace dflow::compiler::flow {

using formats::Dependence;
using formats::Dependences;
using formats::ElementRange;
using formats::Family;
using Line = formats::DependenceCase;

/// What is handed to the caller: a future, or the elements of containers, nested or not. Of records each member is one.
struct Returned {
  std::string domain;                     ///< "[n] -> { out[e] : 0 <= e < n }"
  std::vector<std::string> from;          ///< "[n] -> { out[e] -> n3[e] : ... }", one a producer; others are empty futures.
  std::vector<std::uint32_t> producers;   ///< Of `from`, one by one.
  std::vector<std::string> passed = {};   ///< Like `from`, of what was given,
  std::vector<std::uint32_t> givers = {}; ///< and the nodes of that.
  std::size_t leaf = 0;                   ///< Which of the futures that the result's type holds, depth first.
  std::vector<std::string> levels = {};   ///< Elements of the containers, outermost first; the last are the futures.
};

/// What is given is a family, too, with numbers from here on.
inline constexpr std::uint32_t kFirstGiven = 1u << 20;

struct Analysed : Dependences {
  std::vector<Family> given;          ///< What of it is used.
  std::vector<Dependence> given_edges;
  std::vector<Returned> returns;
  std::string flags = "{ : }";        ///< What is true of parameters that are 0 or 1, and that the rest does not repeat.
  std::optional<Flattened> flat = Flattened();  ///< How the program's indices and the plan's are one another's; none: they are not.
};

/// Exact, or the reason why not.
formats::Result<Analysed> analyse(const Records& records);

/// Those of a function's segments as one: none of them feeds another. What is assumed must hold for all of them.
Dependences together(const std::vector<Analysed>& segments);

}  // namespace dflow::compiler::flow
