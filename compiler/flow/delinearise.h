// Containers that stand for rows one behind the other, `a[i * n + j]`, as what they mean.
//
//     before: s0(i, j) writes a[i * n + j]      after: s0(i, j) writes a[i, j], provided that 0 <= j < n
//
// With that proviso a place is a row and a place in it in one way only, so equal pairs are equal subscripts. Loops over
// all such places, as copies and ranges of whole containers have, become two.
#pragma once

#include "compiler/flow/records.h"

namespace dflow::compiler::flow {

/// Two numbers that vary.
bool multiplies(const Expr& expr);
/// Some subscript does.
bool multiplies(const Records& records);

/// A loop whose variable is `outer * width + inner`.
struct Split {
  std::size_t loop = 0, outer = 0, inner = 0;
  Expr width;
};
struct Delinearised {
  Records records;
  bool renumbered = false;  ///< Tasks, ranges or results are counted by two indices where the program has one.
  std::vector<Split> splits = {};  ///< All of rows of one length, in order.
  bool uneven = false;             ///< Rows of several lengths are counted so, too.
};
/// Throws Refusal where a product has no such meaning.
Delinearised delinearised(Records records);

}  // namespace dflow::compiler::flow
