#include "compiler/frontend/rewrite.h"

#include <algorithm>

#include "clang/AST/DeclTemplate.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/graph_functions.h"
#include "compiler/frontend/positions.h"
#include "compiler/frontend/site_levels.h"
#include "compiler/frontend/throws.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

constexpr std::string_view kInOrder = "::dflow::detail::in_order([&](auto&&... dflow_in_order_) -> decltype(auto) { return ";
constexpr std::string_view kForward = "static_cast<decltype(dflow_in_order_)&&>(dflow_in_order_)...); }, ::dflow::detail::Ordered{";

/// One function's walk.
struct Scope {
  bool in_function = false;
  bool in_instantiation = false;
  bool lazy = false;
  int rescues = 0;  ///< Handlers around it that stop an exception.
};

class Walker {
 public:
  Walker(const Project& project, Proposals& proposals) : project_(project), proposals_(proposals) {}

  void function(const clang::FunctionDecl& function) {
    scope_ = {.in_function = true,
              .in_instantiation = function.getTemplateInstantiationPattern() != nullptr,
              .lazy = !function.isMain() && !function.isConstexpr()};
    // Instantiations share their text.
    levels_ = scope_.in_instantiation ? Levels() : site_levels(function);
    if (is_graph(function)) graph_scope(function);
    if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(&function)) {
      for (const auto* init : constructor->inits()) {
        if (init->isWritten()) walk(*init->getInit());
      }
    }
    walk(*function.getBody());
  }

  void variable(const clang::VarDecl& variable) {
    scope_ = {};
    walk(*variable.getInit());
  }

 private:
  void walk(const clang::Stmt& statement) {
    if (const auto* call = dyn_cast<clang::CallExpr>(&statement)) visit(*call);
    if (const auto* made = dyn_cast<clang::CXXTemporaryObjectExpr>(&statement)) order_construction(*made);
    if (const auto* declarations = dyn_cast<clang::DeclStmt>(&statement)) order_declarations(*declarations);
    if (const auto* lambda = dyn_cast<clang::LambdaExpr>(&statement)) walk_lambda(*lambda);
    if (const auto* attempt = dyn_cast<clang::CXXTryStmt>(&statement)) return walk_try(*attempt);
    for (const auto* part : evaluated_parts(statement)) walk(*part);
  }

  void walk_try(const clang::CXXTryStmt& attempt) {
    const int rescues = handlers_that_stop(attempt);
    scope_.rescues += rescues;
    walk(*attempt.getTryBlock());
    scope_.rescues -= rescues;
    for (unsigned i = 0; i < attempt.getNumHandlers(); ++i) walk(*attempt.getHandler(i)->getHandlerBlock());
  }

  void walk_lambda(const clang::LambdaExpr& lambda) {
    const Scope outer = scope_;
    scope_.in_function = true;
    scope_.rescues = 0;  // whoever calls it stands elsewhere
    for (const auto* function : lambda_operators(lambda)) {
      scope_.in_instantiation = outer.in_instantiation || lambda.isGenericLambda();
      walk(*function->getBody());
    }
    scope_ = outer;
  }

  void visit(const clang::CallExpr& call) {
    if (!project_.owns(call.getBeginLoc()) || !project_.owns(call.getRParenLoc())) return;
    if (const auto site = as_site(call)) {
      rewrite_site(*site);
    } else {
      refuse_homonym(call);
    }
    order_call(call);
  }

  // --- ids -------------------------------------------------------------------------------------------------------

  /// The offset behind the parenthesis that opens the arguments.
  std::optional<TextRange> after_parenthesis(clang::SourceLocation callee_end) const {
    if (!project_.owns(callee_end)) return std::nullopt;
    const auto token = clang::Lexer::findNextToken(callee_end, project_.sources(), project_.context().getLangOpts());
    if (!token || token->isNot(clang::tok::l_paren)) return std::nullopt;
    return point(token->getLocation().getLocWithOffset(1));
  }

  std::optional<TextRange> point(clang::SourceLocation location) const {
    if (!project_.owns(location)) return std::nullopt;
    const unsigned offset = project_.sources().getFileOffset(location);
    return TextRange{file_path(location, project_), offset, offset};
  }

  void rewrite_site(const SiteCall& site) {
    const auto at = after_parenthesis(site.call->getCallee()->getEndLoc());
    if (!at) return;
    const auto place = user_place(site.call->getExprLoc(), project_.sources());
    proposals_.propose_site(*at, callable_name(*site.callable, project_.sources()), place.file, place.line, place.column);
    if (const auto level = levels_.find(site.call); level != levels_.end() && !scope_.in_instantiation)
      proposals_.propose(*at, "level", {{at->begin, at->begin, std::to_string(level->second), ""}});
    if (site.operation != Operation::submit || !scope_.lazy) return;
    for (const auto* argument : site.arguments) make_lazy(*argument);
  }

  /// In one instantiation of a template the same text may call dflow, in another something of the same name.
  void refuse_homonym(const clang::CallExpr& call) {
    if (!scope_.in_instantiation) return;
    const auto* member = dyn_cast<clang::MemberExpr>(call.getCallee()->IgnoreParens());
    if (member == nullptr) return;
    if (const auto at = after_parenthesis(call.getCallee()->getEndLoc())) proposals_.refuse(*at, "site");
    for (const auto* argument : call.arguments()) {
      const auto range = text_range(written(*argument).getSourceRange(), project_);
      if (range) proposals_.refuse(*range, "lazy");
    }
  }

  // --- arguments that wait -----------------------------------------------------------------------------------------

  void make_lazy(const clang::Expr& argument) {
    const clang::Expr& expression = written(argument);
    const auto range = text_range(expression.getSourceRange(), project_);
    if (!range) return;
    const auto form = submits_.may_submit(expression) ? LazyForm::none : lazy_form(argument, scope_.rescues);
    if (form == LazyForm::none || is_expanded(expression)) {
      if (scope_.in_instantiation) proposals_.refuse(*range, "lazy");
      return;
    }
    std::string before = "::dflow::detail::lazy([&]() -> ";
    before += form == LazyForm::copy ? "auto { return " : "decltype(auto) { return ";
    if (form == LazyForm::reference) before += '(';
    proposals_.propose(*range, "lazy", {{range->begin, range->end, before, form == LazyForm::reference ? "); })" : "; })"}});
  }

  /// The pattern of a pack expansion: in an instantiation only the dots behind it show that.
  bool is_expanded(const clang::Expr& expression) const {
    const auto token =
        clang::Lexer::findNextToken(expression.getEndLoc(), project_.sources(), project_.context().getLangOpts());
    return token && token->is(clang::tok::ellipsis);
  }

  // --- left to right -------------------------------------------------------------------------------------------------

  void order_call(const clang::CallExpr& call) {
    const auto* callee = call.getCallee()->IgnoreParenImpCasts();
    const auto* op = dyn_cast<clang::CXXOperatorCallExpr>(&call);
    if (op != nullptr && op->getOperator() != clang::OO_Call) return order_operator(*op);
    llvm::ArrayRef<const clang::Expr*> arguments(call.getArgs(), call.getNumArgs());
    if (op != nullptr) {
      callee = arguments.front()->IgnoreParenImpCasts();
      arguments = arguments.drop_front();
    }
    const bool safe = as_site(call).has_value() ? simple_base(*callee) : simple_callee(*callee) && forwardable(call, arguments);
    propose_order({.call = &call, .callee_end = callee->getEndLoc(), .closing = call.getRParenLoc()}, arguments, safe);
  }

  void order_construction(const clang::CXXTemporaryObjectExpr& made) {
    const auto parentheses = made.getParenOrBraceRange();
    if (made.isListInitialization() || parentheses.isInvalid() || !project_.owns(made.getBeginLoc())) return;
    const llvm::ArrayRef<const clang::Expr*> arguments(made.getArgs(), made.getNumArgs());
    const auto* type = made.getTypeSourceInfo();
    propose_order({.call = &made, .callee_end = type->getTypeLoc().getEndLoc(), .closing = parentheses.getEnd()}, arguments,
                  forwardable(made, arguments));
  }

  /// `T x(a, b);`
  void order_declarations(const clang::DeclStmt& declarations) {
    for (const auto* decl : declarations.decls()) {
      const auto* variable = dyn_cast<clang::VarDecl>(decl);
      if (variable == nullptr || !variable->hasInit() || variable->getInitStyle() != clang::VarDecl::CallInit) continue;
      const auto* made = dyn_cast<clang::CXXConstructExpr>(written(*variable->getInit()).IgnoreParens());
      if (made != nullptr && !isa<clang::CXXTemporaryObjectExpr>(made)) order_variable(*variable, *made);
    }
  }

  void order_variable(const clang::VarDecl& variable, const clang::CXXConstructExpr& made) {
    const llvm::ArrayRef<const clang::Expr*> arguments(made.getArgs(), made.getNumArgs());
    const auto submitting = count_submitting(arguments);
    const auto parentheses = made.getParenOrBraceRange();
    if (!scope_.in_function || submitting < 2 || !variable.isLocalVarDecl() || parentheses.isInvalid()) return;
    const auto open = point(parentheses.getBegin());
    const auto close = point(parentheses.getEnd());
    if (!open || !close || !forwardable(made, arguments)) return;
    const unsigned inside = open->begin + 1;
    proposals_.propose(*open, "order",
                       {{inside, inside,
                         std::string(kInOrder) + "::std::remove_cvref_t<decltype(" + variable.getNameAsString() + ")>(" +
                             std::string(kForward),
                         ""},
                        {close->begin, close->begin, "})", ""}});
  }

  /// `a + b` of classes is a call. The operator is put into a comment, so that the text only grows.
  void order_operator(const clang::CXXOperatorCallExpr& call) {
    if (!scope_.in_function || !call.isInfixBinaryOp() || is_sequenced(call.getOperator())) return;
    const llvm::ArrayRef<const clang::Expr*> arguments(call.getArgs(), call.getNumArgs());
    if (arguments.size() != 2 || count_submitting(arguments) < 2 || !forwardable(call, arguments)) return;
    const auto whole = text_range(call.getSourceRange(), project_);
    const auto op = text_range(call.getOperatorLoc(), project_);
    if (!whole || !op || whole->file != op->file) return;
    const std::string spelling = clang::getOperatorSpelling(call.getOperator());
    proposals_.propose(
        *whole, "order",
        {{whole->begin, whole->end,
          "::dflow::detail::in_order([&](auto&& dflow_left_, auto&& dflow_right_) -> decltype(auto) { return "
          "static_cast<decltype(dflow_left_)&&>(dflow_left_) " + spelling +
              " static_cast<decltype(dflow_right_)&&>(dflow_right_); }, ::dflow::detail::Ordered{",
          "})"},
         {op->begin, op->end, "/* ", " */, "}});
  }

  /// Operators whose operands the language itself puts in order.
  static bool is_sequenced(clang::OverloadedOperatorKind op) {
    return op == clang::OO_LessLess || op == clang::OO_GreaterGreater || op == clang::OO_Comma || op == clang::OO_AmpAmp ||
           op == clang::OO_PipePipe || op == clang::OO_ArrowStar || op == clang::OO_Subscript || op == clang::OO_Equal ||
           clang::CXXOperatorCallExpr::isAssignmentOp(op);
  }

  std::ptrdiff_t count_submitting(llvm::ArrayRef<const clang::Expr*> arguments) {
    return std::ranges::count_if(arguments, [this](const auto* argument) { return submits_.may_submit(*argument); });
  }

  struct Parenthesised {
    const clang::Expr* call;
    clang::SourceLocation callee_end;
    clang::SourceLocation closing;
  };

  void propose_order(const Parenthesised& what, llvm::ArrayRef<const clang::Expr*> arguments, bool safe) {
    if (!scope_.in_function) return;
    const auto submitting = count_submitting(arguments);
    if (submitting < 2 && !(scope_.in_instantiation && arguments.size() > 1)) return;
    const auto whole = text_range(what.call->getSourceRange(), project_);
    const auto open = after_parenthesis(what.callee_end);
    const auto close = point(what.closing);
    if (!whole || !open || !close || whole->end != close->begin + 1 || close->file != whole->file) return;
    if (!safe) {
      proposals_.refuse(*whole, "order");
    } else if (submitting >= 2) {
      proposals_.propose(*whole, "order",
                         {{whole->begin, whole->end, std::string(kInOrder), ""},
                          {open->begin, open->begin, std::string(kForward), ""},
                          {close->begin, close->begin, "}", ""}});
    }
  }

  /// What stands before the parenthesis goes into a lambda and is evaluated after the arguments: names only.
  static bool simple_callee(const clang::Expr& callee) {
    const clang::Expr& bare = *callee.IgnoreParenImpCasts();
    if (const auto* member = dyn_cast<clang::MemberExpr>(&bare)) return simple_callee(*member->getBase());
    if (const auto* name = dyn_cast<clang::DeclRefExpr>(&bare)) return !isa<clang::BindingDecl>(name->getDecl());
    return isa<clang::CXXThisExpr>(bare);
  }

  bool simple_base(const clang::Expr& callee) {
    const auto* member = dyn_cast<clang::MemberExpr>(callee.IgnoreParenImpCasts());
    return member != nullptr && !submits_.may_submit(*member->getBase()) && !changes_state(*member->getBase());
  }

  /// The arguments may go through forwarding references first and mean the same.
  static bool forwardable(const clang::Expr& call, llvm::ArrayRef<const clang::Expr*> arguments) {
    const auto* callee = callee_of(call);
    if (callee == nullptr || callee->isConsteval() || callee->isVariadic()) return false;
    return std::ranges::all_of(arguments, forwardable_argument);
  }

  static bool forwardable_argument(const clang::Expr* argument) {
    if (isa<clang::CXXDefaultArgExpr>(argument)) return true;
    const clang::Expr& expression = written(*argument);
    if (isa<clang::InitListExpr, clang::CXXStdInitializerListExpr>(expression.IgnoreParenImpCasts())) return false;
    if (expression.refersToBitField() || isa<clang::IntegerLiteral>(expression.IgnoreParenImpCasts())) return isa<clang::IntegerLiteral>(expression.IgnoreParenImpCasts()) && !argument->getType()->isPointerType();
    const auto* name = dyn_cast<clang::DeclRefExpr>(expression.IgnoreParenImpCasts());
    if (name != nullptr && name->hadMultipleCandidates()) return false;
    const auto* record = expression.getType()->getAsCXXRecordDecl();
    if (record == nullptr || !expression.isPRValue()) return true;
    return record->hasDefinition() && (record->hasSimpleMoveConstructor() || record->hasMoveConstructor() || record->hasSimpleCopyConstructor() || record->hasCopyConstructorWithConstParam());
  }

  // --- graph functions -------------------------------------------------------------------------------------------------

  void graph_scope(const clang::FunctionDecl& function) {
    const auto* coroutine = dyn_cast<clang::CoroutineBodyStmt>(function.getBody());
    const auto* attempt = dyn_cast<clang::CXXTryStmt>(function.getBody());
    const auto* body = dyn_cast<clang::CompoundStmt>(coroutine != nullptr ? coroutine->getBody() : attempt != nullptr ? attempt->getTryBlock() : function.getBody());
    if (body == nullptr || function.isConstexpr() || !opens_scope(function)) return;
    const auto at = point(body->getLBracLoc());
    if (!at) return;
    const auto place = user_place(function.getLocation(), project_.sources());
    const unsigned inside = at->begin + 1;
    proposals_.propose({at->file, inside, inside}, "scope",
                       {{inside, inside,
                         std::string(coroutine != nullptr ? " co_await ::dflow::detail::EnterGraph{" : " ::dflow::detail::GraphScope dflow_graph_scope_{") +
                             "::dflow::detail::graph_site<" + cpp_literal(qualified_name(function)) + ", " + cpp_literal(place.file) + ", " +
                             std::to_string(place.line) + ">};",
                         ""}});
  }

  const Project& project_;
  Proposals& proposals_;
  SubmitSearch submits_;
  Scope scope_;
  using Levels = std::map<const clang::CallExpr*, int>;
  Levels levels_;
};

}  // namespace

void propose_edits(const Project& project, const Definitions& definitions, Proposals& proposals) {
  Walker walker(project, proposals);
  for (const auto* function : definitions.functions) walker.function(*function);
  for (const auto* variable : definitions.variables) walker.variable(*variable);
}

}  // namespace dflow::compiler
