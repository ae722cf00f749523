// Argument expressions as a launcher repeats them: written anew from the syntax tree, with names that mean the same wherever
// they stand. Only what means the same whenever it is evaluated, cannot throw and changes nothing.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/codegen/launcher.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/fixed_fields.h"
#include "compiler/frontend/launch_objects.h"
#include "compiler/frontend/launch_types.h"

namespace dflow::compiler {

/// What all sites of a function share.
struct LaunchedFunction {
  const Project& project;
  const clang::FunctionDecl& function;
  FixedFields fixed{project};
  std::set<std::string> kept = {};                 ///< Parameters that tasks need.
  std::map<std::string, LaunchParameter> fields = {};  ///< Of the object that the function is called on, as parameters.
};

/// The expressions at one call that submits. Throws NotLaunched for what it does not repeat.
class LaunchValues {
 public:
  /// When the texts are evaluated: in a task, or when the launch is asked for, by the function's caller.
  enum class When { later, now };
  LaunchValues(LaunchedFunction& shared, const std::vector<AffineFrame>& frames, When when = When::later);

  /// Next come expressions inside of this loop, whose rounds are counted by `index`.
  void enter(const clang::Stmt& loop, const std::string& index);
  std::string text(const clang::Expr& expression);
  /// All that it may have left behind is forgotten if `what` throws NotLaunched.
  template <class What>
  bool attempt(What what) {
    const auto names = names_;
    const auto taken = taken_;
    const auto count = declared_.size();
    const auto kept = shared_.kept;
    const auto fields = shared_.fields;
    try {
      what();
      return true;
    } catch (const NotLaunched&) {
      names_ = names;
      taken_ = taken;
      declared_.resize(count);
      shared_.kept = kept;
      shared_.fields = fields;
      return false;
    }
  }
  /// Of a container.
  std::string element(const clang::Expr& container, const std::string& index);
  /// An object that is called, made anew; "" if nothing says how.
  std::string object(const clang::Expr& expression);
  /// Variables that the texts so far mention, each in terms of those before it.
  std::vector<LaunchVariable> variables() && { return std::move(declared_); }

  /// What a parameter of a function that was walked in place stands for, or the initial value of a constant: behind all of
  /// these.
  const clang::Expr& origin(const clang::Expr& expression) const;

 private:
  struct Loop {
    std::string type, index;
    const clang::Expr* range = nullptr;
  };

  std::string element_of(const clang::VarDecl& variable, const Loop& loop);
  std::string name(const clang::ValueDecl& decl, clang::SourceLocation where);
  std::string parameter(const clang::ParmVarDecl& parameter, clang::SourceLocation where);
  std::string field(const clang::MemberExpr& member);
  std::string made_member(const clang::FieldDecl& field, const LaunchObjects::Initial& initial,
                          clang::SourceLocation where);
  /// Where an expression stands.
  struct Context {
    std::optional<LaunchObjects::Level> level;  ///< Of the function on the way; none: it is not known.
    std::optional<LaunchObjects::Initial> object = {};  ///< Whose constructor's parameters are named.
  };
  std::string text_at(const Context& context, const clang::Expr& expression);
  template <class Write>
  std::string within(const Context& context, Write write);
  std::string literal(const clang::Expr& literal) const;
  std::string number(const clang::Expr& constant) const;
  std::string converted(const clang::CastExpr& convert);
  std::string call(const clang::CallExpr& call);
  std::string any_call(const clang::CallExpr& call);
  std::string made(const clang::CXXConstructExpr& made);
  std::string aggregate(const clang::InitListExpr& braces);
  std::string all(llvm::ArrayRef<const clang::Expr*> arguments);
  std::string as_type(clang::QualType type, const std::string& text, clang::SourceLocation where) const;
  const std::string& declare(const clang::VarDecl& variable, const std::string& type, const std::string& value);
  std::string type_of(const clang::VarDecl& variable, clang::SourceLocation where) const;

  void keep(const clang::ParmVarDecl& parameter, clang::SourceLocation where);
  /// Its value is the same wherever it is asked, as far as `body` says.
  static void require_constant(const clang::VarDecl& variable, const clang::Stmt& body, clang::SourceLocation where);
  const clang::Expr* argument_for(const clang::ParmVarDecl& parameter) const;
  bool is_constructors(const clang::ParmVarDecl& parameter) const;
  const clang::ASTContext& context() const { return shared_.project.context(); }

  LaunchedFunction& shared_;
  const std::vector<AffineFrame>& frames_;
  LaunchObjects objects_;
  Context context_;
  When when_;
  std::map<const clang::VarDecl*, Loop> loops_;
  std::map<const clang::VarDecl*, std::string> names_;
  std::set<std::string> taken_;
  std::vector<LaunchVariable> declared_;
};

}  // namespace dflow::compiler
