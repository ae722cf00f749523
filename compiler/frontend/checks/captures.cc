// What a task's lambda refers to instead of holding it.
//   -Wdflow-dangling-capture   a local that ends before anybody has waited for the task
//   -Wdflow-reference-capture  any other object: another process does not have it
//   -Wdflow-captured-this      the same of the object whose member function submits
#include <algorithm>

#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/checks/checks.h"
#include "compiler/frontend/checks/waits.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/type_text.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

bool is_scope(const clang::Stmt& statement) {
  return isa<clang::CompoundStmt, clang::ForStmt, clang::CXXForRangeStmt, clang::IfStmt, clang::WhileStmt,
             clang::SwitchStmt>(statement);
}

bool can_be_copied(clang::QualType type) {
  const auto* record = type.getNonReferenceType()->getAsCXXRecordDecl();
  if (record == nullptr) return !type->isArrayType();
  if (is_executor(type) ||
      is_std_class(type, {"unique_ptr", "mutex", "atomic", "thread", "condition_variable"}))
    return false;
  return record->hasDefinition() &&
         (record->hasSimpleCopyConstructor() || record->hasCopyConstructorWithConstParam());
}

/// One lambda that becomes a task.
struct Capturing {
  const clang::LambdaExpr* lambda;
  const clang::CallExpr* site;
  Around around;
};

class Captures {
 public:
  Captures(const CheckInput& input, Reporter& reporter) : project_(input.project), reporter_(reporter) {}

  void enter(const clang::FunctionDecl& function) {
    scopes_.clear();
    guards_.clear();
    for (const auto* parameter : function.parameters()) scopes_[parameter] = function.getBody();
  }

  void look(const clang::Stmt& statement, Around around) {
    if (const auto* declarations = dyn_cast<clang::DeclStmt>(&statement)) declare(*declarations, around);
    if (const auto* loop = dyn_cast<clang::CXXForRangeStmt>(&statement))
      scopes_[loop->getLoopVariable()] = loop;
    const auto* call = dyn_cast<clang::CallExpr>(&statement);
    const auto site = call == nullptr ? std::nullopt : as_site(*call);
    if (!site) return;
    if (const auto* lambda = lambda_of(*site->callable)) look_at({lambda, call, around});
    look_at_arguments(*site);
  }

 private:
  void declare(const clang::DeclStmt& declarations, Around around) {
    const auto scope =
        std::find_if(around.rbegin(), around.rend(), [](const auto* each) { return is_scope(*each); });
    for (const auto* decl : declarations.decls()) {
      const auto* variable = dyn_cast<clang::VarDecl>(decl);
      if (variable == nullptr || scope == around.rend()) continue;
      scopes_[variable] = *scope;
      if (may_wait_at_its_end(*variable)) guards_.push_back(variable);
    }
  }

  static bool may_wait_at_its_end(const clang::VarDecl& variable) {
    if (is_executor(variable.getType())) return !variable.getType()->isReferenceType();
    const auto* record = variable.getType()->getAsCXXRecordDecl();
    if (record == nullptr || !record->hasDefinition() || in_std_namespace(*record) ||
        in_dflow_namespace(*record))
      return false;
    return record->hasUserDeclaredDestructor();
  }

  static const clang::LambdaExpr* lambda_of(const clang::Expr& callable) {
    const clang::Expr* bare = &stripped(callable);
    if (const auto* call = dyn_cast<clang::CallExpr>(bare); call != nullptr && call->isCallToStdMove())
      return lambda_of(*call->getArg(0));
    if (const auto* lambda = dyn_cast<clang::LambdaExpr>(bare)) return lambda;
    const auto* made = dyn_cast<clang::CXXConstructExpr>(bare);
    if (made != nullptr && made->getNumArgs() == 1) return lambda_of(*made->getArg(0));
    const auto* variable = named_variable(*bare);
    const bool holds = variable != nullptr && variable->hasInit() &&
                       variable->getType()->getAsCXXRecordDecl() != nullptr &&
                       variable->getType()->getAsCXXRecordDecl()->isLambda();
    return holds ? dyn_cast<clang::LambdaExpr>(written(*variable->getInit()).IgnoreParenCasts()) : nullptr;
  }

  void look_at(const Capturing& what) {
    std::vector<const clang::LambdaCapture*> dangling, others;
    for (const auto& capture : what.lambda->captures()) {
      if (capture.capturesThis() && capture.getCaptureKind() == clang::LCK_This)
        report_this(*what.lambda, capture);
      if (!capture.capturesVariable() || capture.getCaptureKind() != clang::LCK_ByRef) continue;
      (dangles(capture, what) ? dangling : others).push_back(&capture);
    }
    report("dangling-capture", *what.lambda, dangling,
           ", which may be gone when it runs: nothing waits for it in this scope",
           {dangling.size() == 1 ? "capture it by value" : "capture them by value",
            by_value(*what.lambda, dangling)});
    report("reference-capture", *what.lambda, others,
           " of the process that submits it, but may run in another one",
           {others.size() == 1 ? "give it to the task as an argument" : "give them to the task as arguments",
            as_arguments(what, others)});
  }

  // --- dangling
  // ----------------------------------------------------------------------------------------------------

  bool dangles(const clang::LambdaCapture& capture, const Capturing& what) {
    const auto* captured = dyn_cast<clang::VarDecl>(capture.getCapturedVar());
    const auto* variable = captured == nullptr ? nullptr : whole_of(*captured);
    if (variable == nullptr || is_executor(variable->getType())) return false;
    const auto scope = scopes_.find(variable);
    if (scope == scopes_.end() || std::ranges::find(what.around, scope->second) == what.around.end())
      return false;
    return !is_guarded(*variable, *scope->second, what) && !is_waited_for(*scope->second, what);
  }

  /// The variable itself, or the one that holds what a reference was made of; null if none is known to.
  const clang::VarDecl* whole_of(const clang::VarDecl& variable, int most_steps = 16) const {
    if (!variable.getType()->isReferenceType()) return &variable;
    if (most_steps == 0) return nullptr;  // of itself
    const auto scope = scopes_.find(&variable);
    const auto* loop = scope == scopes_.end() ? nullptr : dyn_cast<clang::CXXForRangeStmt>(scope->second);
    const bool walks = loop != nullptr && loop->getLoopVariable() == &variable;
    const auto* from = walks ? loop->getRangeInit() : variable.getInit();
    if (from == nullptr || isa<clang::ParmVarDecl>(variable)) return nullptr;
    const auto* name = dyn_cast<clang::DeclRefExpr>(from->IgnoreParenImpCasts());
    const auto* whole = name == nullptr ? nullptr : dyn_cast<clang::VarDecl>(name->getDecl());
    if (whole == nullptr || (walks && !holds_its_elements(whole->getType()))) return nullptr;
    return whole_of(*whole, most_steps - 1);
  }

  static bool holds_its_elements(clang::QualType type) {
    type = type.getNonReferenceType();
    return type->isArrayType() || is_std_class(type, {"vector", "array", "deque", "list", "forward_list", "set", "map", "multiset", "multimap",
                                                      "unordered_set", "unordered_map", "basic_string"});
  }

  /// An executor, or an object of some class of the user's, ends before the variable and may wait.
  bool is_guarded(const clang::VarDecl& variable, const clang::Stmt& scope, const Capturing& what) const {
    return std::ranges::any_of(guards_, [&](const clang::VarDecl* guard) {
      const bool inside = std::ranges::find(what.around, scopes_.at(guard)) != what.around.end();
      return inside &&
             (precedes(variable.getLocation(), guard->getLocation()) || scopes_.at(guard) != &scope) &&
             precedes(scope.getBeginLoc(), guard->getLocation());
    });
  }

  /// Something behind the call, or in a loop around it, may wait while the scope lasts.
  bool is_waited_for(const clang::Stmt& scope, const Capturing& what) {
    const auto from = std::ranges::find(what.around, &scope);
    const clang::Stmt* loop = nullptr;
    for (auto each = from + 1; each != what.around.end(); ++each) {
      if (waits_.waits_here(**each)) return true;
      const bool repeats =
          isa<clang::ForStmt, clang::WhileStmt, clang::DoStmt, clang::CXXForRangeStmt>(**each);
      if (repeats && loop == nullptr) loop = *each;
    }
    bool found = false;
    visit_evaluated(scope, [&](const clang::Stmt& part) {
      if (&part == what.site) return false;
      const bool behind = precedes(what.site->getEndLoc(), place_of(part));
      const bool again = loop != nullptr && precedes(loop->getBeginLoc(), place_of(part)) &&
                         precedes(place_of(part), loop->getEndLoc());
      found |= (behind || again) && waits_.waits_here(part);
      return !found;
    });
    return found;
  }

  static clang::SourceLocation place_of(const clang::Stmt& part) {
    const auto* expression = dyn_cast<clang::Expr>(&part);
    return expression == nullptr ? part.getBeginLoc() : expression->getExprLoc();
  }

  bool precedes(clang::SourceLocation left, clang::SourceLocation right) const {
    return project_.sources().isBeforeInTranslationUnit(left, right);
  }

  // --- what is said
  // ------------------------------------------------------------------------------------------------

  struct Mend {
    std::string text;
    std::vector<clang::FixItHint> fixes;  ///< None: it cannot be done so.
  };

  void report(std::string_view name, const clang::LambdaExpr& lambda,
              const std::vector<const clang::LambdaCapture*>& captures, const std::string& why,
              const Mend& mend) {
    if (captures.empty()) return;
    std::string names;
    for (const auto* capture : captures) {
      names += (names.empty()                ? "'"
                : capture == captures.back() ? " and '"
                                             : ", '") +
               capture->getCapturedVar()->getNameAsString() + "'";
    }
    Finding finding{.at = captures.front()->getLocation(), .text = "the task refers to " + names + why};
    const bool executor = std::ranges::any_of(
        captures, [](const auto* capture) { return is_executor(capture->getCapturedVar()->getType()); });
    if (executor) {
      finding.notes.push_back({.at = lambda.getBeginLoc(),
                               .text = "an executor is filled in for a first parameter 'dflow::Executor&'"});
    } else if (!mend.fixes.empty()) {
      finding.notes.push_back({.at = lambda.getBeginLoc(), .text = mend.text, .fixes = mend.fixes});
    } else {
      finding.notes.push_back(
          {.at = lambda.getBeginLoc(),
           .text = "let the task take what it reads as arguments, and return what it changes"});
    }
    reporter_.warn(name, std::move(finding));
  }

  /// Without `&`, where the body means the same then.
  std::vector<clang::FixItHint> by_value(const clang::LambdaExpr& lambda,
                                         const std::vector<const clang::LambdaCapture*>& captures) const {
    std::vector<clang::FixItHint> fixes;
    bool implicit = false;
    for (const auto* capture : captures) {
      const auto* variable = dyn_cast<clang::VarDecl>(capture->getCapturedVar());
      if (variable == nullptr || variable->isInitCapture() || !can_be_copied(variable->getType()) ||
          !only_reads(lambda, *variable))
        return {};
      implicit |= capture->isImplicit();
      if (capture->isImplicit()) continue;
      const auto ampersand = before(capture->getLocation());
      if (ampersand.isInvalid()) return {};
      fixes.push_back(clang::FixItHint::CreateRemoval(
          clang::CharSourceRange::getCharRange(ampersand, capture->getLocation())));
    }
    if (!implicit) return fixes;
    for (const auto& other : lambda.captures()) {  // `[=]` is for all that is not named
      const auto* variable =
          other.capturesVariable() ? dyn_cast<clang::VarDecl>(other.getCapturedVar()) : nullptr;
      if (!other.isImplicit()) continue;
      if (variable == nullptr || !can_be_copied(variable->getType()) || !only_reads(lambda, *variable))
        return {};
    }
    if (lambda.getCaptureDefault() != clang::LCD_ByRef || !project_.owns(lambda.getCaptureDefaultLoc()))
      return {};
    if (std::ranges::any_of(lambda.explicit_captures(),
                            [](const auto& each) { return each.getCaptureKind() == clang::LCK_ByCopy; }))
      return {};
    fixes.push_back(clang::FixItHint::CreateReplacement(lambda.getCaptureDefaultLoc(), "="));
    return fixes;
  }

  /// `submit([&x](int i) {...}, n)` -> `submit([](const X& x, int i) {...}, x, n)`, where it captures nothing
  /// else.
  std::vector<clang::FixItHint> as_arguments(const Capturing& what,
                                             const std::vector<const clang::LambdaCapture*>& captures) const {
    const clang::LambdaExpr& lambda = *what.lambda;
    const clang::CXXMethodDecl& body = *lambda.getCallOperator();
    const bool in_call = precedes(what.site->getBeginLoc(), lambda.getBeginLoc()) &&
                         precedes(lambda.getBeginLoc(), what.site->getEndLoc());
    const bool filled_in =
        !body.param_empty() && (is_executor(body.getParamDecl(0)->getType()) ||
                                is_std_class(body.getParamDecl(0)->getType(), {"stop_token"}));
    if (as_site(*what.site)->operation != Operation::submit || !in_call || filled_in ||
        captures.size() != lambda.capture_size())
      return {};
    std::string parameters, arguments;
    for (const auto* capture : captures) {
      const auto* variable = dyn_cast<clang::VarDecl>(capture->getCapturedVar());
      if (variable == nullptr || variable->isInitCapture() || !can_be_copied(variable->getType()) ||
          !only_reads(lambda, *variable))
        return {};
      const auto type = variable->getType().getNonReferenceType().getUnqualifiedType();
      const std::string text = type.getAsString(clang::PrintingPolicy(project_.context().getLangOpts()));
      if (!is_writable(text)) return {};
      parameters += (parameters.empty() ? "const " : ", const ") + text + "& " + variable->getNameAsString();
      arguments += ", " + variable->getNameAsString();
    }
    return around_lambda(lambda, parameters, arguments);
  }

  std::vector<clang::FixItHint> around_lambda(const clang::LambdaExpr& lambda, const std::string& parameters,
                                              const std::string& arguments) const {
    const auto end = clang::Lexer::getLocForEndOfToken(lambda.getEndLoc(), 0, project_.sources(),
                                                       project_.context().getLangOpts());
    if (!project_.owns(lambda.getBeginLoc()) || !project_.owns(end)) return {};
    std::string introducer = "[]";
    std::vector<clang::FixItHint> fixes;
    if (lambda.hasExplicitParameters()) {
      const clang::CXXMethodDecl& body = *lambda.getCallOperator();
      const auto written = body.getFunctionTypeLoc();
      if (written.isNull() || !project_.owns(written.getLParenLoc())) return {};
      fixes.push_back(clang::FixItHint::CreateInsertion(written.getLParenLoc().getLocWithOffset(1),
                                                        parameters + (body.param_empty() ? "" : ", ")));
    } else {
      introducer += "(" + parameters + ")";
    }
    fixes.push_back(clang::FixItHint::CreateReplacement(lambda.getIntroducerRange(), introducer));
    fixes.push_back(clang::FixItHint::CreateInsertion(end, arguments));
    return fixes;
  }

  clang::SourceLocation before(clang::SourceLocation name) const {
    if (!project_.owns(name)) return {};
    const auto at = name.getLocWithOffset(-1);
    return *project_.sources().getCharacterData(at) == '&' ? at : clang::SourceLocation();
  }

  static bool only_reads(const clang::LambdaExpr& lambda, const clang::VarDecl& variable) {
    const bool constant = variable.getType().getNonReferenceType().isConstQualified();
    return constant || std::ranges::all_of(lambda_operators(lambda), [&](const auto* function) {
             return reads_only(*function, &variable);
           });
  }

  void report_this(const clang::LambdaExpr& lambda, const clang::LambdaCapture& capture) {
    Finding finding{
        .at = capture.getLocation(),
        .text = "the task refers to '*this' of the process that submits it, but may run in another one"};
    if (auto fixes = by_copy(lambda, capture); !fixes.empty()) {
      finding.notes.push_back(
          {.at = lambda.getBeginLoc(), .text = "capture a copy of the object", .fixes = std::move(fixes)});
    } else {
      finding.notes.push_back(
          {.at = lambda.getBeginLoc(), .text = "let the task take the members that it reads as arguments"});
    }
    reporter_.warn("captured-this", std::move(finding));
  }

  std::vector<clang::FixItHint> by_copy(const clang::LambdaExpr& lambda,
                                        const clang::LambdaCapture& capture) const {
    const auto operators = lambda_operators(lambda);
    const bool reads =
        std::ranges::all_of(operators, [](const auto* function) { return reads_only(*function, nullptr); });
    const auto* record = object_class(lambda);
    if (!reads || record == nullptr || !can_be_copied(project_.context().getRecordType(record)) ||
        record->isAbstract())
      return {};
    if (!capture.isImplicit()) return {clang::FixItHint::CreateInsertion(capture.getLocation(), "*")};
    if (lambda.getCaptureDefault() != clang::LCD_ByCopy || !project_.owns(lambda.getCaptureDefaultLoc()))
      return {};
    return {clang::FixItHint::CreateReplacement(lambda.getCaptureDefaultLoc(), "=, *this")};
  }

  static const clang::CXXRecordDecl* object_class(const clang::LambdaExpr& lambda) {
    for (const auto* init : lambda.capture_inits()) {
      const auto* object =
          init == nullptr ? nullptr : dyn_cast<clang::CXXThisExpr>(init->IgnoreParenImpCasts());
      if (object != nullptr) return object->getType()->getPointeeCXXRecordDecl();
    }
    return nullptr;
  }

  /// `ex.submit(&Model::fit, this)`.
  void look_at_arguments(const SiteCall& site) {
    for (const auto* argument : site.arguments) {
      const auto* object = dyn_cast<clang::CXXThisExpr>(argument->IgnoreParenImpCasts());
      if (object == nullptr) continue;
      Finding finding{
          .at = argument->getBeginLoc(),
          .text = "the task refers to '*this' of the process that submits it, but may run in another one"};
      const auto* record = object->getType()->getPointeeCXXRecordDecl();
      const auto* member = dyn_cast<clang::UnaryOperator>(site.callable->IgnoreParenCasts());
      const auto* name =
          member == nullptr ? nullptr : dyn_cast<clang::DeclRefExpr>(member->getSubExpr()->IgnoreParens());
      const auto* method = name == nullptr ? nullptr : dyn_cast<clang::CXXMethodDecl>(name->getDecl());
      if (method != nullptr && method->isConst() && record != nullptr &&
          can_be_copied(project_.context().getRecordType(record))) {
        finding.notes.push_back({.at = argument->getBeginLoc(),
                                 .text = "give it a copy of the object",
                                 .fixes = {clang::FixItHint::CreateInsertion(argument->getBeginLoc(), "*")}});
      }
      reporter_.warn("captured-this", std::move(finding));
    }
  }

  const Project& project_;
  Reporter& reporter_;
  WaitSearch waits_;
  std::map<const clang::VarDecl*, const clang::Stmt*> scopes_;
  std::vector<const clang::VarDecl*> guards_;
};

}  // namespace

void check_captures(const CheckInput& input, Reporter& reporter) {
  Captures check(input, reporter);
  for (const auto* function : input.functions) {
    check.enter(*function);
    walk(*function, [&check](const clang::Stmt& statement, Around around) { check.look(statement, around); });
  }
}

}  // namespace dflow::compiler
