// What of the AST is dflow's: its calls, its types; and what is the user's to rewrite.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/Expr.h"
#include "clang/AST/ExprCXX.h"

namespace dflow::compiler {

enum class Operation { submit, map, reduce, then };
const char* to_string(Operation operation);

/// A call that makes tasks.
struct SiteCall {
  Operation operation{};
  const clang::CallExpr* call = nullptr;
  const clang::Expr* callable = nullptr;
  std::vector<const clang::Expr*> arguments;  ///< after the callable
};
std::optional<SiteCall> as_site(const clang::CallExpr& call);

/// The name of a member function of `dflow::Future` that is called: "get", "done", ...; else "".
std::string future_query(const clang::CallExpr& call);

bool is_executor(clang::QualType type);
bool is_future(clang::QualType type);

/// A future, or something that holds futures: containers, pairs, the user's aggregates and lambdas that capture some.
bool holds_future(clang::QualType type);
/// An executor, or an object that keeps one.
bool holds_executor(clang::QualType type);

/// The dflow class of that name behind references and typedefs.
bool is_dflow_class(clang::QualType type, llvm::StringRef name);
/// One of these classes of the standard library.
bool is_std_class(clang::QualType type, std::initializer_list<llvm::StringRef> names);
bool in_dflow_namespace(const clang::Decl& decl);
bool in_std_namespace(const clang::Decl& decl);

/// Without parentheses, casts, and what the compiler has put around it.
const clang::Expr& stripped(const clang::Expr& expression);

class Neighbours;

/// In a file of the user's that may be rewritten: no system header, none of dflow's own, no macro expansion.
class Project {
 public:
  /// `neighbours`: the files that are linked with it, if they are known.
  explicit Project(const clang::ASTContext& context, const Neighbours* neighbours = nullptr);
  bool owns(clang::SourceLocation location) const;
  /// True once dflow's header was seen at all.
  bool uses_dflow() const { return uses_dflow_; }
  const clang::ASTContext& context() const { return context_; }
  const clang::SourceManager& sources() const { return context_.getSourceManager(); }
  const Neighbours* neighbours() const { return neighbours_; }

 private:
  const clang::ASTContext& context_;
  const Neighbours* neighbours_;
  bool uses_dflow_ = false;
  std::string dflow_include_;  ///< The folder of dflow's own headers.
};

/// The qualified name without template arguments and parameters.
std::string qualified_name(const clang::NamedDecl& decl);

/// The label's name of what is submitted, or "" where only the run time can tell.
std::string callable_name(const clang::Expr& callable, const clang::SourceManager& sources);

/// As it stands in the source, on one line.
std::string source_text(const clang::Expr& expression, const clang::ASTContext& context);

}  // namespace dflow::compiler
