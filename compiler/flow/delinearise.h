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

struct Delinearised {
  Records records;
  bool renumbered = false;  ///< Tasks, ranges or results are counted by two indices where the program has one.
};
/// Throws Refusal where a product has no such meaning.
Delinearised delinearised(Records records);

}  // namespace dflow::compiler::flow
