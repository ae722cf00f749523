// Runs records for concrete parameters, statement by statement, as the program would: what the analysis must
// agree with. Shares no code with it but the records themselves.
#pragma once

#include <set>
#include <string>

#include "compiler/flow/analyse.h"
#include "compiler/flow/points.h"

namespace dflow::compiler::flow::test {

/// (consumer's node, argument, producer's node, consumer's indices with the element's, producer's indices)
using Edge = std::tuple<std::size_t, std::size_t, std::size_t, Point, Point>;

struct Run {
  std::vector<std::pair<std::size_t, Point>> tasks;  ///< In order.
  std::set<Edge> edges;
  bool fine = true;  ///< Nothing was read before it was filled, no obligation was broken.
};

/// Values by Records::parameters. Copies of whole containers look at elements 0 to `horizon`.
Run interpret(const Records& records, const Point& parameters, std::int64_t horizon);

/// The same from the analysis.
Run enumerate(const Dependences& dependences, const std::vector<Parameter>& names, const Point& parameters);

/// The analysis and the interpreter agree at these parameters. "" or what differs.
std::string difference(const Records& records, const Dependences& dependences, const Point& parameters,
                       std::int64_t horizon);

}  // namespace dflow::compiler::flow::test
