#include "compiler/frontend/checks/checks.h"

#include <set>

#include "clang/AST/DeclTemplate.h"
#include "clang/Lex/Lexer.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;

constexpr Check kChecks[] = {
    {{"captured-this", Warning::Group::cluster}, check_captures},
    {{"dangling-capture", Warning::Group::on_by_default}, check_captures},
    {{"get-in-loop", Warning::Group::on_by_default}, check_gets_in_loops},
    {{"not-replicable", Warning::Group::off_by_default}, check_replicable},
    {{"not-serialisable", Warning::Group::cluster}, check_serialisable},
    {{"reads-global", Warning::Group::cluster}, check_globals},
    {{"reference-capture", Warning::Group::cluster}, check_captures},
    {{"shared-mutable", Warning::Group::on_by_default}, check_shared_objects},
    {{"unused-future", Warning::Group::on_by_default}, check_unused_futures},
    {{"writes-global", Warning::Group::on_by_default}, check_globals},
};

class Walker {
 public:
  explicit Walker(const std::function<void(const clang::Stmt&, Around)>& see) : see_(see) {}

  void visit(const clang::Stmt& statement) {
    see_(statement, around_);
    around_.push_back(&statement);
    for (const auto* part : evaluated_parts(statement)) visit(*part);
    around_.pop_back();
  }

 private:
  const std::function<void(const clang::Stmt&, Around)>& see_;
  std::vector<const clang::Stmt*> around_;
};

void add_with_lambdas(const clang::FunctionDecl& function,
                      std::vector<const clang::FunctionDecl*>& functions) {
  functions.push_back(&function);
  walk(function, [&functions](const clang::Stmt& statement, Around) {
    const auto* lambda = dyn_cast<clang::LambdaExpr>(&statement);
    if (lambda == nullptr) return;
    for (const auto* inner : lambda_operators(*lambda)) add_with_lambdas(*visible_body(*inner), functions);
  });
}

}  // namespace

std::span<const Check> all_checks() {
  return kChecks;
}

WarningFlags warning_flags(const std::vector<std::string>& arguments) {
  static const auto names = [] {
    std::vector<Warning> result;
    for (const Check& check : kChecks) result.push_back(check.warning);
    return result;
  }();
  return WarningFlags(names, arguments);
}

void run_checks(const Project& project, const Definitions& definitions,
                const std::vector<GraphFunction>& graphs, const WarningFlags& flags, Reporter& reporter) {
  std::vector<const clang::FunctionDecl*> functions;
  for (const auto* function : definitions.functions) add_with_lambdas(*function, functions);
  const CheckInput input{.project = project, .functions = functions, .graphs = graphs};
  std::set<decltype(Check::run)> done;  // some look for several things
  for (const Check& check : all_checks()) {
    if (flags.level(check.warning.name) != Level::off && done.insert(check.run).second)
      check.run(input, reporter);
  }
}

void walk(const clang::FunctionDecl& function, const std::function<void(const clang::Stmt&, Around)>& see) {
  Walker walker(see);
  if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(&function)) {
    for (const auto* init : constructor->inits()) {
      if (init->isWritten()) walker.visit(*init->getInit());
    }
  }
  walker.visit(*function.getBody());
}

void walk(const clang::Stmt& part, const std::function<void(const clang::Stmt&, Around)>& see) {
  Walker(see).visit(part);
}

clang::QualType awaited_type(clang::QualType type) {
  type = type.getNonReferenceType();
  const bool container =
      is_std_class(type, {"vector", "array", "deque", "list", "map", "unordered_map", "optional"});
  if (!container && !is_future(type)) return {};
  const auto* instance = dyn_cast_or_null<clang::ClassTemplateSpecializationDecl>(type->getAsCXXRecordDecl());
  if (instance == nullptr || instance->getTemplateArgs().size() == 0) return {};
  for (const auto& argument : instance->getTemplateArgs().asArray()) {
    if (argument.getKind() != clang::TemplateArgument::Type) continue;
    if (is_future(type)) return argument.getAsType();
    if (const auto inner = awaited_type(argument.getAsType()); !inner.isNull()) return inner;
  }
  return {};
}

const clang::Expr& root_of(const clang::Expr& expression) {
  const clang::Expr& bare = stripped(expression);
  if (const auto* member = dyn_cast<clang::MemberExpr>(&bare);
      member != nullptr && llvm::isa<clang::FieldDecl>(member->getMemberDecl())) {
    return root_of(*member->getBase());
  }
  if (const auto* subscript = dyn_cast<clang::ArraySubscriptExpr>(&bare))
    return root_of(*subscript->getBase());
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(&bare)) {
    const bool through = unary->getOpcode() == clang::UO_Deref || unary->getOpcode() == clang::UO_AddrOf;
    return through ? root_of(*unary->getSubExpr()) : bare;
  }
  if (const auto* op = dyn_cast<clang::CXXOperatorCallExpr>(&bare)) {
    const auto* method = llvm::dyn_cast_or_null<clang::CXXMethodDecl>(op->getDirectCallee());
    return method != nullptr && only_looks(*method) ? root_of(*op->getArg(0)) : bare;
  }
  if (const auto* call = dyn_cast<clang::CXXMemberCallExpr>(&bare)) {
    const auto* method = call->getMethodDecl();
    return method != nullptr && only_looks(*method) ? root_of(*call->getImplicitObjectArgument()) : bare;
  }
  return bare;
}

std::vector<const clang::FunctionDecl*> task_functions(const clang::Expr& callable) {
  const clang::Expr* bare = &stripped(callable);
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(bare)) return task_functions(*unary->getSubExpr());
  if (const auto* call = dyn_cast<clang::CallExpr>(bare); call != nullptr && call->isCallToStdMove()) {
    return task_functions(*call->getArg(0));
  }
  if (const auto* name = dyn_cast<clang::DeclRefExpr>(bare)) {
    if (const auto* function = dyn_cast<clang::FunctionDecl>(name->getDecl())) return {function};
  }
  if (is_functor(bare->getType()))
    return call_operators(*bare->getType().getNonReferenceType()->getAsCXXRecordDecl());
  return {};
}

std::vector<clang::FixItHint> wrap(const clang::Expr& expression, const std::string& before,
                                   const std::string& after, const Project& project) {
  const auto end = clang::Lexer::getLocForEndOfToken(expression.getEndLoc(), 0, project.sources(),
                                                     project.context().getLangOpts());
  if (!project.owns(expression.getBeginLoc()) || !project.owns(end)) return {};
  return {clang::FixItHint::CreateInsertion(expression.getBeginLoc(), before),
          clang::FixItHint::CreateInsertion(end, after)};
}

}  // namespace dflow::compiler
