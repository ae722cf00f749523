// dflow's checks of the user's program: the one list of them, and what each gets to see.
#pragma once

#include <functional>

#include "compiler/frontend/checks/reporter.h"
#include "compiler/frontend/definitions.h"
#include "compiler/frontend/graph_functions.h"

namespace dflow::compiler {

struct CheckInput {
  const Project& project;
  const std::vector<const clang::FunctionDecl*>& functions;  ///< The user's, those of lambdas too.
  const std::vector<GraphFunction>& graphs;
};

/// -Wdflow-NAME. `run` sees the whole translation unit and says what it finds under that name.
struct Check {
  Warning warning;
  void (*run)(const CheckInput& input, Reporter& reporter);
};

std::span<const Check> all_checks();

/// What the command line says of them.
WarningFlags warning_flags(const std::vector<std::string>& arguments);

/// Runs those that are on.
void run_checks(const Project& project, const Definitions& definitions,
                const std::vector<GraphFunction>& graphs, const WarningFlags& flags, Reporter& reporter);

// One function a check, or for those that look at the same; the docs are docs/diagnostics/NAME.md.
void check_captures(const CheckInput& input, Reporter& reporter);
void check_gets_in_loops(const CheckInput& input, Reporter& reporter);
void check_globals(const CheckInput& input, Reporter& reporter);
void check_replicable(const CheckInput& input, Reporter& reporter);
void check_serialisable(const CheckInput& input, Reporter& reporter);
void check_shared_objects(const CheckInput& input, Reporter& reporter);
void check_unused_futures(const CheckInput& input, Reporter& reporter);

// --- what checks have in common
// -----------------------------------------------------------------------------------

/// The statements around one, outermost first.
using Around = llvm::ArrayRef<const clang::Stmt*>;

/// Shows each statement and expression that a function evaluates, not those of lambdas inside, with what is
/// around it.
void walk(const clang::FunctionDecl& function, const std::function<void(const clang::Stmt&, Around)>& see);
/// The same of a part of one; nothing is said of what stands around it.
void walk(const clang::Stmt& part, const std::function<void(const clang::Stmt&, Around)>& see);

/// What the futures in a value give: of a future, or of a standard container of futures; null if there are
/// none.
clang::QualType awaited_type(clang::QualType type);

/// The object that an lvalue is a part of or is looked at through: `x` of `x.a[i]`, `*x`, `x->a`, `x.at(i)`.
const clang::Expr& root_of(const clang::Expr& expression);

/// The functions that run when this is submitted, as far as they are seen: of a function, a lambda or a
/// functor.
std::vector<const clang::FunctionDecl*> task_functions(const clang::Expr& callable);

/// Text around an expression.
std::vector<clang::FixItHint> wrap(const clang::Expr& expression, const std::string& before,
                                   const std::string& after, const Project& project);

}  // namespace dflow::compiler
