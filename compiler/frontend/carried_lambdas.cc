#include "compiler/frontend/carried_lambdas.h"

#include <algorithm>
#include <set>

#include "clang/AST/ASTContext.h"
#include "clang/Lex/Lexer.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/positions.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

std::string text_of(clang::SourceRange range, const Project& project) {
  return clang::Lexer::getSourceText(clang::CharSourceRange::getTokenRange(range), project.sources(),
                                     project.context().getLangOpts())
      .str();
}

/// One of the library's functions without effects, around which nothing is written for dry runs.
bool is_harmless(const clang::CallExpr& call) {
  const auto* callee = call.getDirectCallee();
  return callee != nullptr && in_std_namespace(*callee) && callee->isConstexpr();
}

/// Evaluated elsewhere on the same line, and in a declaration of its type, it means the same.
bool is_repeatable(const clang::Expr& initial) {
  if (isa<clang::InitListExpr, clang::CXXStdInitializerListExpr>(initial))
    return false;  // braces have no type of their own
  return !any_part(initial, [](const clang::Stmt& part) {
    const auto* call = dyn_cast<clang::CallExpr>(&part);
    return (call != nullptr && !is_harmless(*call)) ||
           isa<clang::LambdaExpr, clang::CoroutineSuspendExpr>(part);
  });
}

std::optional<CarriedCapture> carried_capture(const clang::LambdaExpr& lambda,
                                              const clang::LambdaCapture& capture, const Project& project) {
  if (!capture.capturesVariable() || capture.getCaptureKind() != clang::LCK_ByCopy ||
      capture.isPackExpansion())
    return std::nullopt;
  const auto* variable = capture.getCapturedVar();
  const auto type = variable->getType().getNonReferenceType();
  // A class has its constants as variables: other functions of them could be called.
  if (type->isArrayType() || type.isVolatileQualified() || (lambda.isMutable() && type.isConstQualified()))
    return std::nullopt;
  if (holds_future(type) || is_executor(type)) return std::nullopt;
  CarriedCapture found{.name = variable->getNameAsString(), .type = type.getUnqualifiedType(), .initial = ""};
  if (!lambda.isInitCapture(&capture)) return found;
  const auto* own = dyn_cast<clang::VarDecl>(variable);
  if (own == nullptr || own->getInitStyle() != clang::VarDecl::CInit || own->getInit() == nullptr)
    return std::nullopt;
  const clang::Expr& initial = written(*own->getInit());
  if (!is_repeatable(initial) || !text_range(initial.getSourceRange(), project)) return std::nullopt;
  found.initial = text_of(initial.getSourceRange(), project);
  return found.initial.find('\n') == std::string::npos ? std::optional(found) : std::nullopt;
}

std::optional<std::vector<CarriedCapture>> carried_captures(const clang::LambdaExpr& lambda,
                                                            const Project& project) {
  std::vector<CarriedCapture> captures;
  std::set<std::string> names;
  for (const auto& capture : lambda.captures()) {
    auto found = carried_capture(lambda, capture, project);
    if (!found || !names.insert(found->name).second) return std::nullopt;
    captures.push_back(std::move(*found));
  }
  if (captures.empty()) return std::nullopt;
  return captures;
}

bool is_within(const clang::Decl& decl, const clang::FunctionDecl& function) {
  for (const auto* at = decl.getDeclContext(); at != nullptr; at = at->getParent())
    if (at == &function) return true;
  return false;
}

/// A member cannot be captured as a variable can, but `[&]` within refers to either.
bool is_captured_again(const clang::LambdaExpr& lambda) {
  const auto& function = *lambda.getCallOperator();
  bool found = false;
  visit(function.getBody(), [&](const clang::Stmt& part) {
    if (const auto* inner = dyn_cast<clang::LambdaExpr>(&part))
      found = found || std::ranges::any_of(inner->captures(), [&](const clang::LambdaCapture& each) {
                return each.capturesVariable() && !is_within(*each.getCapturedVar(), function) &&
                       (each.isExplicit() || each.getCaptureKind() != clang::LCK_ByRef);
              });
    return !found;
  });
  return found;
}

/// Variables of the function around it that a lambda names without holding them, but for the values of
/// constants: classes may name those as well.
bool names_others(const clang::LambdaExpr& lambda, const std::vector<CarriedCapture>& captures) {
  const auto& function = *lambda.getCallOperator();
  bool found = false;
  visit(function.getBody(), [&](const clang::Stmt& part) {
    const auto* name = dyn_cast<clang::DeclRefExpr>(&part);
    const auto* variable =
        name == nullptr || name->isNonOdrUse() == clang::NOUR_Constant ? nullptr : name->getDecl();
    const auto* local = variable == nullptr ? nullptr : dyn_cast<clang::VarDecl>(variable);
    const bool automatic = local != nullptr ? local->hasLocalStorage()
                                            : variable != nullptr && isa<clang::BindingDecl>(variable);
    const auto is_it = [&](const CarriedCapture& each) { return each.name == variable->getNameAsString(); };
    found = found || (automatic && !is_within(*variable, function) && std::ranges::none_of(captures, is_it));
    return !found;
  });
  return found;
}

/// What would tell a class from a lambda, or end the comment that its captures are put into.
bool has_odd_words(const clang::LambdaExpr& lambda, const Project& project) {
  const std::string introducer = text_of(lambda.getIntroducerRange(), project),
                    all = text_of(lambda.getSourceRange(), project);
  return introducer.find("/*") != std::string::npos || introducer.find("//") != std::string::npos ||
         introducer.find("...") != std::string::npos || introducer.find('\\') != std::string::npos ||
         all.find("decltype") != std::string::npos || all.find("__PRETTY_FUNCTION__") != std::string::npos;
}

std::string class_text(const std::vector<CarriedCapture>& captures, const std::string& name, bool constant) {
  std::string types, members, parts;
  for (std::size_t i = 0; i < captures.size(); ++i) {
    const CarriedCapture& each = captures[i];
    const std::string type = name + "type_" + std::to_string(i);
    types += "using " + type + " = " +
             (each.initial.empty() ? "::std::remove_cvref_t<decltype(" + each.name
                                   : "::std::decay_t<decltype(" + each.initial) +
             ")>; ";
    members += type + " " + each.name + "; ";
    parts += (i == 0 ? "" : ", ") + ("::dflow::detail::Member<&" + name + "::" + each.name) + ">";
  }
  return "[&] { " + types + "struct " + name + " { " + members +
         "static auto dflow_parts_() { return ::dflow::detail::Types<" + parts + ">(); } " +
         (constant ? "constexpr " : "") + "auto operator()/* ";
}

std::string made_text(const std::vector<CarriedCapture>& captures, const std::string& name) {
  std::string values;
  for (const CarriedCapture& each : captures)
    values += (values.empty() ? "" : ", ") + (each.initial.empty() ? each.name : each.initial);
  return " }; return " + name + "{" + values + "}; }()";
}

/// A lambda is constexpr by itself where it can be; a class must say so, and compilers refuse that where it
/// cannot be: g++ also where only one way through it cannot.
bool may_be_constant(const clang::FunctionDecl& function) {
  llvm::SmallVector<clang::PartialDiagnosticAt, 4> objections;
  bool calls_others = false;
  visit(function.getBody(), [&](const clang::Stmt& part) {
    const auto* call = dyn_cast<clang::CallExpr>(&part);
    const auto* made = dyn_cast<clang::CXXConstructExpr>(&part);
    const auto* callee = made != nullptr   ? made->getConstructor()
                         : call != nullptr ? call->getDirectCallee()
                                           : nullptr;
    calls_others = calls_others ||
                   ((call != nullptr || made != nullptr) && (callee == nullptr || !callee->isConstexpr()));
    return !calls_others;
  });
  return !calls_others && function.isConstexpr() &&
         clang::Expr::isPotentialConstantExpr(&function, objections);
}

Edit at(unsigned offset, std::string text) {
  return {.begin = offset, .end = offset, .before = std::move(text), .after = ""};
}

/// From the captures to the body: a class's function is `const` where a lambda's is not `mutable`.
std::optional<std::vector<Edit>> declarator_edits(const clang::LambdaExpr& lambda, const Project& project) {
  const auto introducer = text_range(lambda.getIntroducerRange(), project);
  if (!introducer) return std::nullopt;
  const std::string quote_end = " */";
  if (!lambda.hasExplicitParameters()) return std::vector{at(introducer->end, quote_end + "() const")};
  const auto function =
      lambda.getCallOperator()->getTypeSourceInfo()->getTypeLoc().getAsAdjusted<clang::FunctionTypeLoc>();
  const auto closing = function ? text_range(function.getRParenLoc(), project) : std::nullopt;
  const auto next = closing ? clang::Lexer::findNextToken(function.getRParenLoc(), project.sources(),
                                                          project.context().getLangOpts())
                            : std::nullopt;
  if (!next) return std::nullopt;
  const std::string word = next->is(clang::tok::raw_identifier) ? next->getRawIdentifier().str() : "";
  if (word == "constexpr" || word == "consteval" || word == "static" ||
      (word == "mutable") != lambda.isMutable())
    return std::nullopt;
  std::vector<Edit> edits{at(introducer->end, quote_end)};
  if (!lambda.isMutable()) {
    edits.push_back(at(closing->end, " const"));
  } else {
    const auto range = text_range(next->getLocation(), project);
    if (!range) return std::nullopt;
    edits.push_back({.begin = range->begin, .end = range->end, .before = "/* ", .after = " */"});
  }
  return edits;
}

}  // namespace

std::optional<CarriedLambda> carried_lambda(const clang::LambdaExpr& lambda, const Project& project,
                                            bool constant) {
  const auto& function = *lambda.getCallOperator();
  if (lambda.isGenericLambda() || function.getTrailingRequiresClause() != nullptr || function.isConsteval())
    return std::nullopt;
  const auto whole = text_range(lambda.getSourceRange(), project);
  auto captures = carried_captures(lambda, project);
  if (!whole || !captures || names_others(lambda, *captures) || is_captured_again(lambda) ||
      has_odd_words(lambda, project))
    return std::nullopt;
  auto inner = declarator_edits(lambda, project);
  if (!inner) return std::nullopt;
  const std::string name =
      "dflow_carried_" + std::to_string(user_place(lambda.getBeginLoc(), project.sources()).line) + "_";
  CarriedLambda made{.captures = std::move(*captures), .whole = *whole, .edits = {}};
  made.edits.push_back({.begin = whole->begin,
                        .end = whole->end,
                        .before = class_text(made.captures, name, constant && may_be_constant(function)),
                        .after = made_text(made.captures, name)});
  std::ranges::move(*inner, std::back_inserter(made.edits));
  return made;
}

}  // namespace dflow::compiler
