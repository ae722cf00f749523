#include "compiler/frontend/graph_functions.h"

#include <set>

#include "clang/AST/DeclTemplate.h"
#include "clang/AST/QualTypeNames.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/positions.h"
#include "compiler/frontend/type_text.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

/// Whether `T()` compiles, as far as declarations tell.
class DefaultSearch {
 public:
  bool constructible(clang::QualType type) {
    type = type.getCanonicalType();
    if (const auto* array = type->getAsArrayTypeUnsafe()) return constructible(array->getElementType());
    if (type->isReferenceType()) return false;
    const auto* record = type->getAsCXXRecordDecl();
    if (record == nullptr) return type->isScalarType();
    record = record->getDefinition();
    if (record == nullptr || record->isAbstract() || record->isLambda()) return false;
    if (!seen_.insert(record).second) return true;
    return has_constructor(*record) && resizable(*record);
  }

 private:
  bool has_constructor(const clang::CXXRecordDecl& record) {
    if (!record.hasDefaultConstructor()) return false;
    for (const auto* constructor : record.ctors()) {
      if (constructor->isDefaultConstructor() && !constructor->isDefaulted()) {
        return !constructor->isDeleted() && constructor->getAccess() == clang::AS_public;
      }
    }
    if (in_std_namespace(record)) return true;
    for (const auto* field : record.fields()) {
      if (!field->hasInClassInitializer() && !constructible(field->getType())) return false;
    }
    for (const auto& base : record.bases()) {
      if (!constructible(base.getType())) return false;
    }
    return true;
  }
  /// A sequence is made by its length: so must its elements be.
  bool resizable(const clang::CXXRecordDecl& record) {
    static const std::set<llvm::StringRef> sequences = {"vector", "deque", "list", "forward_list", "array"};
    const auto* instance = dyn_cast<clang::ClassTemplateSpecializationDecl>(&record);
    if (instance == nullptr || !in_std_namespace(record) || !sequences.contains(record.getName())) return true;
    return constructible(instance->getTemplateArgs().get(0).getAsType());
  }

  std::set<const clang::CXXRecordDecl*> seen_;
};

class Describer {
 public:
  Describer(const clang::FunctionDecl& function, const Project& project)
      : function_(function), context_(project.context()), project_(project) {}

  GraphFunction describe() {
    const auto place = user_place(function_.getLocation(), project_.sources());
    result_.location = function_.getLocation();
    result_.graph.name = qualified_name(function_);
    result_.graph.signature = function_.getType().getAsString(full_names(context_));
    result_.graph.file = place.file;
    result_.graph.line = static_cast<std::uint32_t>(place.line);
    result_.entry.graph = result_.graph.name;
    result_.internal = !function_.isExternallyVisible();
    result_.unscoped = !opens_scope(function_);
    describe_callee();
    for (const auto* parameter : function_.parameters()) describe_parameter(*parameter);
    return std::move(result_);
  }

 private:
  void refuse(std::string why) {
    if (result_.refusal.empty()) result_.refusal = std::move(why);
  }

  void describe_callee() {
    if (function_.getAccess() == clang::AS_private || function_.getAccess() == clang::AS_protected) refuse("it is not public");
    for (const auto* scope = function_.getDeclContext(); scope != nullptr; scope = scope->getParent()) {
      if (isa<clang::FunctionDecl>(scope)) refuse("it is local to a function");
    }
    llvm::raw_string_ostream out(result_.entry.callee);
    const auto* method = dyn_cast<clang::CXXMethodDecl>(&function_);
    const bool on_object = method != nullptr && method->isInstance();
    if (!on_object) out << "::";
    function_.getNameForDiagnostic(out, full_names(context_), /*Qualified=*/!on_object);
    out.flush();
    if (!is_writable(result_.entry.callee)) refuse("its name cannot be written");
    if (on_object) describe_object(*method);
  }

  void describe_object(const clang::CXXMethodDecl& method) {
    const clang::QualType type = context_.getTypeDeclType(method.getParent());
    result_.entry.object = type_text(type, context_);
    if (function_.isTemplateInstantiation() && function_.getPrimaryTemplate() != nullptr) {
      result_.entry.callee = "template " + result_.entry.callee;
    }
    if (!is_writable(result_.entry.object)) refuse("its class cannot be named");
    if (!DefaultSearch().constructible(type)) result_.entry.made = made_with_executor(*method.getParent());
    if (result_.entry.made.empty())
      refuse("an object of its class can be made neither of nothing nor of an executor and values that are");
    if (method.getRefQualifier() == clang::RQ_RValue) refuse("it needs an object that is given away");
  }

  /// What follows an object's name where its first member or its constructor's first parameter is an
  /// executor; "" if nothing.
  std::string made_with_executor(const clang::CXXRecordDecl& record) const {
    if (record.isAggregate()) {
      std::vector<clang::QualType> types;
      for (const auto* field : record.fields()) types.push_back(field->getType());
      const std::string values = record.getNumBases() == 0 ? executor_and_values(types) : "";
      return values.empty() ? "" : "{" + values + "}";
    }
    for (const auto* constructor : record.ctors()) {
      if (constructor->isDeleted() || constructor->getAccess() != clang::AS_public) continue;
      std::vector<clang::QualType> types;
      for (const auto* parameter : constructor->parameters())
        if (!parameter->hasDefaultArg()) types.push_back(parameter->getType());
      if (const std::string values = executor_and_values(types); !values.empty()) return "(" + values + ")";
    }
    return "";
  }

  /// What is kept by reference would end too early, but for the executor.
  std::string executor_and_values(const std::vector<clang::QualType>& types) const {
    if (types.empty() || !types[0]->isLValueReferenceType() || !is_dflow_class(types[0], "Executor"))
      return "";
    std::string text = "dflow_executor_";
    for (auto type = types.begin() + 1; type != types.end(); ++type) {
      const std::string name = type_text(type->getUnqualifiedType(), context_);
      if ((*type)->isArrayType() || !is_writable(name) || !DefaultSearch().constructible(*type)) return "";
      text += ", " + name + "{}";
    }
    return text;
  }

  void describe_parameter(const clang::ParmVarDecl& parameter) {
    const clang::QualType type = parameter.getType();
    const auto value = type.getNonReferenceType().getUnqualifiedType();
    result_.graph.parameters.push_back({parameter.getNameAsString(), type.getAsString(full_names(context_)), {}});
    EntryParameter made{parameter.getNameAsString(), type_text(value, context_), passing(type), {}, holds_future(value)};
    std::string why;
    if (made.passing == Passing::moved || made.passing == Passing::lvalue) {
      if (!is_writable(made.type)) why = "its type cannot be named";
      if (value->isPointerType()) why = "a pointer cannot be made from a command line";
      if (!DefaultSearch().constructible(value)) why = "it cannot be default-constructed";
      if (!why.empty()) refuse("parameter '" + made.name + "': " + why);
    }
    result_.entry.parameters.push_back(std::move(made));
  }

  static Passing passing(clang::QualType type) {
    if (is_dflow_class(type, "Executor")) return Passing::executor;
    if (is_dflow_class(type, "BoundExecutor")) return Passing::bound_executor;
    return type->isLValueReferenceType() ? Passing::lvalue : Passing::moved;
  }

  const clang::FunctionDecl& function_;
  const clang::ASTContext& context_;
  const Project& project_;
  GraphFunction result_;
};

}  // namespace

bool is_writable(const std::string& text) {
  return !text.empty() && text.find("(lambda") == std::string::npos && text.find("(unnamed") == std::string::npos &&
         text.find("(anonymous") == std::string::npos;
}

bool opens_scope(const clang::FunctionDecl& function) {
  const bool coroutine = isa<clang::CoroutineBodyStmt>(function.getBody());
  return !function.isConstexpr() && (!coroutine || is_future(function.getReturnType()));
}

std::string type_text(clang::QualType type, const clang::ASTContext& context) {
  return clang::TypeName::getFullyQualifiedName(type, context, full_names(context), /*WithGlobalNsPrefix=*/true);
}

std::vector<GraphFunction> graph_functions(const Project& project, const Definitions& definitions,
                                           const RecordedUnit& recorded) {
  std::vector<GraphFunction> result;
  for (const auto* function : definitions.functions) {
    if (!is_graph(*function)) continue;
    result.push_back(Describer(*function, project).describe());
    result.back().record = recorded.functions.at(function);
  }
  return result;
}

}  // namespace dflow::compiler
