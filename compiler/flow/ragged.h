// Containers that hold rows of several lengths, one behind the other, as what they mean.
//
//     for (i < n) for (j < i) v.push_back(f(i, j));       s0(i, j) writes v[0 + 1 + ... + (i - 1) + j]
//
//     after: s0(i, j) writes v[i, j], provided that 0 <= j < i
//
// The sum is never computed: what was in each row's place before it says which row it is. With the proviso, and since no row
// is shorter than nothing, a place is a row and a place in it in one way only, so equal pairs are equal subscripts. Loops
// over all such places, as copies and ranges of whole containers have, become two. What stands before the rows is a row of
// its own, the first; what comes behind them, one as well, the last.
#pragma once

#include "compiler/flow/delinearise.h"
#include "compiler/flow/records.h"

namespace dflow::compiler::flow {

/// Without such sums, and without products (delinearise.h). Throws Refusal where one has no such meaning.
Delinearised plain_subscripts(Records records);

}  // namespace dflow::compiler::flow
