#include "compiler/frontend/recognise.h"

#include <algorithm>
#include <set>

#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"

namespace dflow::compiler {
namespace {

using llvm::cast;
using llvm::dyn_cast;
using llvm::dyn_cast_or_null;
using llvm::isa;

/// The outermost named namespace around a declaration; inline ones inside it do not count.
llvm::StringRef outermost_namespace(const clang::Decl& decl) {
  llvm::StringRef name;
  for (const clang::DeclContext* context = decl.getDeclContext(); context != nullptr; context = context->getParent()) {
    const auto* space = dyn_cast<clang::NamespaceDecl>(context);
    if (space != nullptr && !space->isAnonymousNamespace()) name = space->getName();
  }
  return name;
}

const clang::CXXRecordDecl* class_of(clang::QualType type) {
  if (type.isNull()) return nullptr;
  return type.getNonReferenceType().getCanonicalType()->getAsCXXRecordDecl();
}

bool is_options(clang::QualType type) {
  return is_dflow_class(type, "MapOptions") || is_dflow_class(type, "TaskOptions");
}

std::optional<Operation> operation_of(const clang::CXXMethodDecl& method) {
  if (!method.getDeclName().isIdentifier() || !in_dflow_namespace(*method.getParent())) return std::nullopt;
  const llvm::StringRef name = method.getName();
  if (name == "then" && method.getParent()->getName() == "Future") return Operation::then;
  if (method.getParent()->getName() == "Future") return std::nullopt;
  if (name == "submit") return Operation::submit;
  if (name == "map") return Operation::map;
  if (name == "reduce") return Operation::reduce;
  return std::nullopt;
}

/// For a class, in an object and in what that holds.
class PartSearch {
 public:
  using Test = bool (*)(clang::QualType);
  explicit PartSearch(Test wanted) : wanted_(wanted) {}

  bool holds(clang::QualType type) {
    if (type.isNull()) return false;
    type = type.getNonReferenceType().getCanonicalType();
    if (wanted_(type)) return true;
    if (const auto* array = type->getAsArrayTypeUnsafe()) return holds(array->getElementType());
    if (type->isPointerType()) return !type->isFunctionPointerType() && holds(type->getPointeeType());
    const auto* record = type->getAsCXXRecordDecl();
    return record != nullptr && seen_.insert(record).second && (in_arguments(*record) || in_members(*record));
  }

 private:
  bool in_arguments(const clang::CXXRecordDecl& record) {
    const auto* instance = dyn_cast<clang::ClassTemplateSpecializationDecl>(&record);
    if (instance == nullptr) return false;
    for (const auto& argument : instance->getTemplateArgs().asArray()) {
      if (in_argument(argument)) return true;
    }
    return false;
  }
  bool in_argument(const clang::TemplateArgument& argument) {
    if (argument.getKind() == clang::TemplateArgument::Type) return holds(argument.getAsType());
    if (argument.getKind() != clang::TemplateArgument::Pack) return false;
    for (const auto& element : argument.pack_elements()) {
      if (in_argument(element)) return true;
    }
    return false;
  }
  bool in_members(const clang::CXXRecordDecl& record) {
    if (!record.hasDefinition() || in_std_namespace(record)) return false;
    for (const auto* field : record.fields()) {
      if (holds(field->getType())) return true;
    }
    for (const auto& base : record.getDefinition()->bases()) {
      if (holds(base.getType())) return true;
    }
    return false;
  }

  Test wanted_;
  std::set<const clang::CXXRecordDecl*> seen_;
};

void append_scope(std::string& name, const clang::DeclContext* context) {
  for (; context != nullptr; context = context->getParent()) {
    const auto* named = dyn_cast<clang::NamedDecl>(context);
    if (named == nullptr || isa<clang::TranslationUnitDecl>(context)) continue;
    if (const auto* space = dyn_cast<clang::NamespaceDecl>(context)) {
      if (space->isAnonymousNamespace() || space->isInline()) continue;
    }
    if (const auto* record = dyn_cast<clang::CXXRecordDecl>(context)) {
      if (record->isLambda() || !record->getDeclName()) continue;
    }
    if (const auto* function = dyn_cast<clang::CXXMethodDecl>(context)) {
      if (function->getParent()->isLambda()) continue;
    }
    name.insert(0, named->getDeclName().getAsString() + "::");
  }
}

std::string lambda_name(const clang::CXXRecordDecl& lambda, const clang::SourceManager& sources) {
  const auto place = sources.getPresumedLoc(sources.getExpansionLoc(lambda.getLocation()));
  return place.isValid() ? "lambda@" + std::to_string(place.getLine()) : "";
}

/// A constant's initialiser tells what it holds; a variable that may change does not.
std::string variable_name(const clang::VarDecl& variable, const clang::SourceManager& sources) {
  const bool fixed = variable.getType().getNonReferenceType().isConstQualified() || variable.isConstexpr();
  if (!fixed || variable.getType()->isReferenceType() || !variable.hasInit()) return "";
  return callable_name(*variable.getInit(), sources);
}

}  // namespace

const char* to_string(Operation operation) {
  switch (operation) {
    case Operation::submit: return "submit";
    case Operation::map: return "map";
    case Operation::reduce: return "reduce";
    case Operation::then: return "then";
  }
  return "";
}

std::optional<SiteCall> as_site(const clang::CallExpr& call) {
  const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call);
  if (member == nullptr || member->getMethodDecl() == nullptr) return std::nullopt;
  const auto operation = operation_of(*member->getMethodDecl());
  if (!operation || call.getNumArgs() == 0) return std::nullopt;
  if (is_dflow_class(call.getArg(0)->getType(), "Site")) return std::nullopt;
  SiteCall site{.operation = *operation, .call = &call, .callable = nullptr, .arguments = {}};
  for (const clang::Expr* argument : call.arguments()) {
    if (isa<clang::CXXDefaultArgExpr>(argument) || is_options(argument->getType())) continue;
    if (site.callable == nullptr) {
      site.callable = argument;
    } else {
      site.arguments.push_back(argument);
    }
  }
  if (site.callable == nullptr) return std::nullopt;
  return site;
}

std::string future_query(const clang::CallExpr& call) {
  const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call);
  if (member == nullptr) return "";
  const auto* method = member->getMethodDecl();
  if (method == nullptr || !method->getDeclName().isIdentifier()) return "";
  if (!is_future(member->getImplicitObjectArgument()->getType())) {
    const auto* parent = method->getParent();
    if (!in_dflow_namespace(*parent) || !parent->getName().contains("Future")) return "";
  }
  return method->getName().str();
}

bool in_dflow_namespace(const clang::Decl& decl) { return outermost_namespace(decl) == "dflow"; }
bool in_std_namespace(const clang::Decl& decl) {
  const auto name = outermost_namespace(decl);
  return name == "std" || name == "__gnu_cxx";
}

bool is_dflow_class(clang::QualType type, llvm::StringRef name) {
  const auto* record = class_of(type);
  return record != nullptr && record->getDeclName().isIdentifier() && record->getName() == name &&
         in_dflow_namespace(*record);
}

const clang::Expr& stripped(const clang::Expr& expression) {
  return *expression.IgnoreParenCasts()->IgnoreImplicit()->IgnoreParenCasts();
}

bool is_std_class(clang::QualType type, std::initializer_list<llvm::StringRef> names) {
  const auto* record = class_of(type);
  return record != nullptr && record->getDeclName().isIdentifier() && in_std_namespace(*record) &&
         std::ranges::find(names, record->getName()) != names.end();
}

bool is_executor(clang::QualType type) {
  return is_dflow_class(type, "Executor") || is_dflow_class(type, "BoundExecutor");
}
bool is_future(clang::QualType type) { return is_dflow_class(type, "Future"); }
bool holds_future(clang::QualType type) {
  return PartSearch(is_future).holds(type);
}
bool holds_executor(clang::QualType type) {
  return PartSearch(is_executor).holds(type);
}

Project::Project(const clang::ASTContext& context, const Neighbours* neighbours) : context_(context), neighbours_(neighbours) {
  auto& names = const_cast<clang::ASTContext&>(context).Idents;  // looking an identifier up may add it
  for (const auto* decl : context.getTranslationUnitDecl()->lookup(&names.get("dflow"))) {
    const auto* space = dyn_cast<clang::NamespaceDecl>(decl);
    if (space == nullptr) continue;
    for (const auto* found : space->lookup(&names.get("Executor"))) {
      const auto place = sources().getPresumedLoc(found->getLocation());
      if (!isa<clang::CXXRecordDecl>(found) || place.isInvalid()) continue;
      uses_dflow_ = true;
      const std::string file = place.getFilename();
      const auto slash = file.rfind('/');
      const auto folder = slash == std::string::npos ? std::string() : file.substr(0, slash + 1);
      if (folder.ends_with("/detail/")) {
        dflow_include_ = folder.substr(0, folder.size() - 7);
      } else if (folder.ends_with("/dflow/")) {
        dflow_include_ = folder;
      }
    }
  }
}

bool Project::owns(clang::SourceLocation location) const {
  if (location.isInvalid() || !location.isFileID() || sources().isInSystemHeader(location)) return false;
  if (sources().isInMainFile(location) || dflow_include_.empty()) return sources().getFileEntryForID(sources().getFileID(location)) != nullptr;
  const auto file = sources().getFilename(location);
  return !file.empty() && !file.starts_with(dflow_include_);
}

std::string qualified_name(const clang::NamedDecl& decl) {
  std::string name = decl.getDeclName().getAsString();
  append_scope(name, decl.getDeclContext());
  return name;
}

std::string callable_name(const clang::Expr& callable, const clang::SourceManager& sources) {
  const clang::Expr* expression = &stripped(callable);
  if (const auto* unary = dyn_cast<clang::UnaryOperator>(expression)) {
    const bool transparent = unary->getOpcode() == clang::UO_AddrOf || unary->getOpcode() == clang::UO_Plus ||
                             unary->getOpcode() == clang::UO_Deref;
    if (transparent) return callable_name(*unary->getSubExpr(), sources);
  }
  if (const auto* convert = dyn_cast<clang::CXXMemberCallExpr>(expression)) {
    const bool lambda_to_pointer = isa_and_nonnull<clang::CXXConversionDecl>(convert->getMethodDecl());
    if (lambda_to_pointer) return callable_name(*convert->getImplicitObjectArgument(), sources);
  }
  if (const auto* move = dyn_cast<clang::CallExpr>(expression); move != nullptr && move->isCallToStdMove()) {
    return callable_name(*move->getArg(0), sources);
  }
  if (const auto* name = dyn_cast<clang::DeclRefExpr>(expression)) {
    if (const auto* function = dyn_cast<clang::FunctionDecl>(name->getDecl())) return qualified_name(*function);
  }
  if (const auto* name = dyn_cast<clang::MemberExpr>(expression)) {
    if (const auto* function = dyn_cast<clang::FunctionDecl>(name->getMemberDecl())) return qualified_name(*function);
  }
  if (const auto* record = class_of(expression->getType())) {
    return record->isLambda() ? lambda_name(*record, sources) : qualified_name(*record);
  }
  if (const auto* name = dyn_cast<clang::DeclRefExpr>(expression)) {
    if (const auto* variable = dyn_cast<clang::VarDecl>(name->getDecl())) return variable_name(*variable, sources);
  }
  return "";
}

std::string source_text(const clang::Expr& expression, const clang::ASTContext& context) {
  const auto range = clang::CharSourceRange::getTokenRange(expression.getSourceRange());
  std::string text =
      clang::Lexer::getSourceText(clang::Lexer::makeFileCharRange(range, context.getSourceManager(), context.getLangOpts()),
                                  context.getSourceManager(), context.getLangOpts())
          .str();
  std::string line;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return line;
}

}  // namespace dflow::compiler
