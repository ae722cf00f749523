// Records to exact dependences: which instance of which task feeds which, for all parameters at once.
//
// By isl's dataflow analysis (Feautrier, "Dataflow analysis of array and scalar references", 1991): of all
// writes to what a read sees, the last one before it. Copies of futures are followed to the task that made
// them.
#pragma once

#include "compiler/flow/records.h"
#include "formats/result.h"

namespace dflow::compiler::flow {

/// One case of a dependence, for people: `trsm[k,i] <- gemm[k-1,i,k]   0 < k < i < n` without the names.
struct Line {
  std::string consumer;   ///< "k,i"
  std::string producer;   ///< "k-1,i,k"
  std::string condition;  ///< "0 < k < i < n"
  bool operator==(const Line&) const = default;
};

/// A task's instances.
struct Family {
  std::size_t node = 0;
  std::vector<std::string> variables;
  std::string domain;  ///< isl: "[n] -> { n3[k, i] : ... }"
  std::string
      order;  ///< isl: "[n] -> { n3[k, i] -> [1, k, 0, i, 0] }": lexicographic order is that of submission.
  std::vector<std::string> conditions;  ///< For people: the domain is where one of them holds.
};

/// "[n] -> { n3[k, i] -> n1[k] : ... }" from each instance to its one producer. Where an argument is a
/// container, its elements' places follow the consumer's own indices.
struct Dependence {
  std::size_t consumer = 0;
  std::size_t argument = 0;
  std::size_t producer = 0;
  std::size_t elements = 0;  ///< How many of the relation's first dimensions count the argument's elements.
  std::string relation;
  std::vector<Line> lines;
};

/// An argument's elements whether or not a task makes them: what a `reduce` needs to know its tree.
struct Range {
  std::size_t node = 0;
  std::size_t argument = 0;
  std::string domain;  ///< isl: "[n] -> { n4[i, e] : 0 <= e < n }"
};

struct Dependences {
  std::vector<std::string> symbols;  ///< The parameters' names as isl's texts have them.
  std::vector<Family> families;      ///< In order of nodes.
  std::vector<Dependence> edges;     ///< In order of consumers, arguments, producers.
  std::vector<Range> ranges;
  std::string assumptions;  ///< isl: "[n] -> { : n >= 0 }", the parameters for which all this is exact.
  std::vector<std::string> assumed;  ///< For people: it is exact where one of them holds; none: everywhere.
};

/// Exact, or the reason why not.
formats::Result<Dependences> analyse(const Records& records);

}  // namespace dflow::compiler::flow
