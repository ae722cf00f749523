// Lambdas that hold copies, written as classes, so that a task that is one can be sent to another process.
//
//     [n, s = std::move(text)](int x) { return n * x; }
//
// becomes, on the same lines,
//
//     [&] { using T0 = ...; using T1 = ...; struct L { T0 n; T1 s; /* its parts, for the serialiser */
//       auto operator() /* [n, s = std::move(text)] */ (int x) const { return n * x; }; }; return L{n,
//       std::move(text)}; }()
//
// A closure's own members have no names, and no other process could make one from them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clang/AST/ExprCXX.h"
#include "compiler/frontend/edits.h"
#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

/// One copy that a lambda holds.
struct CarriedCapture {
  std::string name;
  clang::QualType type;
  std::string initial;  ///< As it is written behind `=`; empty for a plain name.
};

struct CarriedLambda {
  std::vector<CarriedCapture> captures;
  TextRange whole;
  std::vector<Edit> edits;
};

/// None for a lambda that holds nothing or more than copies, that is a template, or whose text a class would
/// not mean the same by. `constant`: constant expressions may call it.
std::optional<CarriedLambda> carried_lambda(const clang::LambdaExpr& lambda, const Project& project,
                                            bool constant = false);

}  // namespace dflow::compiler
