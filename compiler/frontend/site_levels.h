// How much waits behind each call that submits, as far as a function's text tells: for graphs that are built at run time, where
// of several tasks that become ready together the one with the longest way behind it should run first.
//
//     auto x = ex.submit(load);
//     log.push_back(ex.submit(note, x));    // nobody waits for it: no level
//     auto y = ex.submit(step, x);          // level 3
//     if (ex.submit(good, y).get()) ...     // what the program itself waits for counts as several calls
#pragma once

#include <map>

#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

/// Of those calls whose tasks may become ready together with others that have less behind them.
std::map<const clang::CallExpr*, int> site_levels(const clang::FunctionDecl& function);

}  // namespace dflow::compiler
