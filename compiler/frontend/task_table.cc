#include "compiler/frontend/task_table.h"

#include <map>
#include <set>

#include "clang/AST/PrettyPrinter.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/neighbours.h"
#include "compiler/frontend/positions.h"
#include "llvm/Support/raw_ostream.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;

clang::PrintingPolicy policy_of(const clang::ASTContext& context) {
  clang::PrintingPolicy policy(context.getLangOpts());
  policy.AnonymousTagLocations = false;  // lines may move
  policy.FullyQualifiedName = true;
  return policy;
}

/// What is compiled, without comments, blank space and places; macros are expanded, templates instantiated.
std::string code_of(const clang::FunctionDecl& function) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  const auto policy = policy_of(function.getASTContext());
  if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(&function)) {
    for (const auto* init : constructor->inits()) {
      if (init->isMemberInitializer()) stream << init->getMember()->getName() << '=';
      init->getInit()->printPretty(stream, nullptr, policy);
      stream << ';';
    }
  }
  function.getBody()->printPretty(stream, nullptr, policy);
  return text;
}

/// Adds what a piece of code names: functions to follow, and the values of constants.
class Named {
 public:
  std::set<const clang::FunctionDecl*> functions;
  std::map<std::string, std::string> constants;

  void look(const clang::Stmt* code) {
    visit(code, [this](const clang::Stmt& part) {
      if (const auto* expression = dyn_cast<clang::Expr>(&part)) {
        if (const auto* callee = callee_of(*expression)) functions.insert(callee);
      }
      const auto* name = dyn_cast<clang::DeclRefExpr>(&part);
      if (name == nullptr) return true;
      if (const auto* function = dyn_cast<clang::FunctionDecl>(name->getDecl())) functions.insert(function);
      const auto* variable = dyn_cast<clang::VarDecl>(name->getDecl());
      if (variable != nullptr && variable->hasGlobalStorage()) add(*variable);
      return true;
    });
  }

 private:
  void add(const clang::VarDecl& variable) {
    const clang::VarDecl* defined = nullptr;
    const auto* value = variable.getAnyInitializer(defined);
    const bool first = constants.try_emplace(variable.getQualifiedNameAsString()).second;
    if (!first || value == nullptr || value->isValueDependent() || in_std_namespace(variable)) return;
    llvm::raw_string_ostream stream(constants[variable.getQualifiedNameAsString()]);
    value->printPretty(stream, nullptr, policy_of(variable.getASTContext()));
    look(value);
  }
};

/// The code of the function and of all it calls, those by the names that files share.
std::uint64_t body_hash(const clang::FunctionDecl& function, const Project& project) {
  std::map<std::string, std::string> codes;
  std::set<const clang::FunctionDecl*> seen;
  std::vector<const clang::FunctionDecl*> open{&function};
  Named named;
  while (!open.empty()) {
    const auto* next = open.back();
    open.pop_back();
    if (!seen.insert(next).second) continue;
    const auto* body = in_std_namespace(*next) || in_dflow_namespace(*next) ? nullptr : visible_body(*next);
    const bool own = body != nullptr && project.owns(project.sources().getExpansionLoc(body->getLocation()));
    const auto* method = dyn_cast<clang::CXXMethodDecl>(next);
    const bool unnamed = method != nullptr && method->getParent()->isLambda();  // its text stands in another's, too
    const std::string name = next == &function || unnamed ? "" : entity_of(*next);
    codes[name] += own ? code_of(*body) : "";
    if (!own) continue;
    named.functions.clear();
    named.look(body->getBody());
    if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(body))
      for (const auto* init : constructor->inits()) named.look(init->getInit());
    open.insert(open.end(), named.functions.begin(), named.functions.end());
  }
  std::string all;
  for (const auto& parts : {codes, named.constants})
    for (const auto& [name, text] : parts) all += name + '\1' + text + '\2';
  return formats::task_hash(all);
}

/// The function that a call runs, if it is known here.
const clang::FunctionDecl* function_of(const clang::Expr& callable) {
  const clang::Expr* bare = &stripped(callable);
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(bare); unary != nullptr && unary->getOpcode() != clang::UO_Deref)
    return function_of(*unary->getSubExpr());
  if (const auto* name = dyn_cast<clang::DeclRefExpr>(bare))
    if (const auto* function = dyn_cast<clang::FunctionDecl>(name->getDecl())) return function;
  const auto* record = bare->getType().getNonReferenceType()->getAsCXXRecordDecl();
  if (record == nullptr || !record->hasDefinition()) return nullptr;
  if (record->isLambda()) return record->isGenericLambda() ? nullptr : record->getLambdaCallOperator();
  const clang::CXXMethodDecl* found = nullptr;
  for (const auto* method : record->methods()) {
    if (method->getOverloadedOperator() != clang::OO_Call) continue;
    if (found != nullptr) return nullptr;  // which one it is depends on the arguments
    found = method;
  }
  return found;
}

class Table {
 public:
  explicit Table(const Project& project) : project_(project) {}

  std::vector<formats::TaskFunction> tasks;

  void add(const clang::FunctionDecl& named, const std::string& name) {
    const auto* function = visible_body(named);
    if (function == nullptr || name.empty() || function->isDependentContext()) return;
    if (!project_.owns(project_.sources().getExpansionLoc(function->getLocation())) || !seen_.insert(function).second) return;
    const auto place = user_place(function->getLocation(), project_.sources());
    const std::string signature = function->getType().getCanonicalType().getAsString(policy_of(project_.context()));
    tasks.push_back({.name = name,
                     .signature = signature,
                     .file = place.file,
                     .line = static_cast<std::uint32_t>(place.line),
                     .id = formats::task_hash(name + ' ' + signature),
                     .body = body_hash(*function, project_)});
  }

 private:
  const Project& project_;
  std::set<const clang::FunctionDecl*> seen_;
};

}  // namespace

std::vector<formats::TaskFunction> task_table(const Project& project, const Definitions& definitions) {
  Table table(project);
  for (const auto* function : definitions.functions) {
    visit(function->getBody(), [&](const clang::Stmt& part) {
      const auto* call = dyn_cast<clang::CallExpr>(&part);
      const auto site = call == nullptr ? std::nullopt : as_site(*call);
      const auto* run = site ? function_of(*site->callable) : nullptr;
      if (run != nullptr) table.add(*run, callable_name(*site->callable, project.sources()));
      return true;
    });
    if (is_task(*function)) table.add(*function, qualified_name(*function));
  }
  return formats::sorted(std::move(table.tasks));
}

}  // namespace dflow::compiler
