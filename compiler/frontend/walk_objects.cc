#include <algorithm>
#include <set>

#include "clang/AST/DeclTemplate.h"
#include "compiler/frontend/function_walk.h"
#include "compiler/frontend/neighbours.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::isa;

namespace {

const clang::CXXRecordDecl* defined_class(clang::QualType type) {
  if (type.isNull()) return nullptr;
  const auto* record = type.getCanonicalType()->getAsCXXRecordDecl();
  return record == nullptr ? nullptr : record->getDefinition();
}

/// The classes that a library's object may hold objects of.
std::vector<clang::QualType> element_types(const clang::CXXRecordDecl& record) {
  std::vector<clang::QualType> types;
  const auto* instance = dyn_cast<clang::ClassTemplateSpecializationDecl>(&record);
  if (instance == nullptr) return types;
  for (const auto& argument : instance->getTemplateArgs().asArray()) {
    if (argument.getKind() == clang::TemplateArgument::Type) types.push_back(argument.getAsType());
  }
  return types;
}

/// What must be called when an object ends: its own destructor, then those of its parts.
class DestructorSearch {
 public:
  explicit DestructorSearch(const Project& project) : project_(project) {}

  std::vector<const clang::FunctionDecl*> found;  ///< With their bodies.
  const clang::CXXDestructorDecl* stranger = nullptr;  ///< One without, of an object that holds futures.

  void add(clang::QualType type) {
    if (const auto* array = type->getAsArrayTypeUnsafe()) return add(array->getElementType());
    const auto* record = defined_class(type);
    if (record == nullptr || in_dflow_namespace(*record) || !seen_.insert(record).second) return;
    if (in_std_namespace(*record)) {
      for (const auto& element : element_types(*record)) add(element);
      return;
    }
    if (record->hasTrivialDestructor()) return;
    const auto* destructor = record->getDestructor();
    const bool written = destructor != nullptr && !destructor->isDefaulted();
    const auto* body = written ? body_of(*destructor, project_) : nullptr;
    if (body != nullptr) found.push_back(body);
    if (written && body == nullptr && gives_away(type)) stranger = destructor;
    for (const auto* field : record->fields()) add(field->getType());
    for (const auto& base : record->bases()) add(base.getType());
  }

 private:
  const Project& project_;
  std::set<const clang::CXXRecordDecl*> seen_;
};

llvm::ArrayRef<clang::Expr*> parts_of(const clang::Expr& init) {
  if (const auto* list = dyn_cast<clang::InitListExpr>(&init)) return list->inits();
  const auto* made = dyn_cast<clang::CXXConstructExpr>(&init);
  if (made == nullptr) return {};
  return {const_cast<clang::CXXConstructExpr*>(made)->getArgs(), made->getNumArgs()};
}

bool may_change_through(clang::QualType type) {
  return !type.isNull() && (type->isPointerType() || type->isReferenceType()) &&
         !type->getPointeeType().isConstQualified() && !is_executor(type->getPointeeType());
}

}  // namespace

bool refers(const clang::CXXRecordDecl& record) {
  if (in_std_namespace(record)) {
    return std::ranges::any_of(element_types(record), [](clang::QualType type) {
      const auto* element = defined_class(type);
      return may_change_through(type) ||
             (element != nullptr && !in_std_namespace(*element) && refers(*element));
    });
  }
  return !in_dflow_namespace(record) && std::ranges::any_of(record.fields(), [](const auto* field) {
    return may_change_through(field->getType());
  });
}

Uses FunctionWalk::construct(const clang::CXXConstructExpr& made, Context context) {
  const CallKind kind = classify(made, facts_.project);
  if (kind.kind == CallClass::effect) facts_.effect(made, kind.reason);
  const auto* constructor = made.getConstructor();
  const bool inspected = kind.kind == CallClass::inspect;
  const bool passes = constructor->isCopyOrMoveConstructor() || in_std_namespace(*constructor) ||
                      holds_future(made.getType()) || inspected;
  Uses uses;
  for (unsigned i = 0; i < made.getNumArgs(); ++i) {
    const clang::Expr& argument = *made.getArg(i);
    const Uses one = evaluate(argument, passes ? context : Context::needed);
    add_uses(uses.value, one.value);
    add_uses(uses.size, argument.getType()->isScalarType() ? one.value : one.size);
    const auto* definition = inspected ? body_of(*constructor, facts_.project) : nullptr;
    if (definition == nullptr || i >= definition->getNumParams()) continue;
    const PlaceId parameter = facts_.places.of(*definition->getParamDecl(i));
    facts_.flow(one, parameter);
    if (is_mutable_access(definition->getParamDecl(i)->getType())) facts_.assign_back(argument, parameter);
  }
  // Whoever calls it later passes what `is_std_function` takes care of.
  if (!constructor->isCopyOrMoveConstructor())
    call_closures({made.getArgs(), made.getNumArgs()}, constructor, Uses{});
  if (inspected) {
    facts_.call(*constructor, made.getExprLoc());
    uses.value = uses.all();
    uses += Uses::opaque({{facts_.places.made(*body_of(*constructor, facts_.project)), Aspect::value}});
  }
  if (kind.kind == CallClass::unknown) uses += Uses::opaque(facts_.source(made, kind.reason));
  construct_elements(made);
  destroy(made);
  return uses;
}

Uses FunctionWalk::construct_aggregate(const clang::InitListExpr& made, Context context) {
  const Uses uses = evaluate_parts(made, context);
  destroy(made);
  return uses;
}

void FunctionWalk::construct_elements(const clang::CXXConstructExpr& made) {
  const auto* record = defined_class(made.getType());
  if (record == nullptr || !in_std_namespace(*record) || made.getConstructor()->isCopyOrMoveConstructor())
    return;
  for (const auto& type : element_types(*record)) {
    const auto* element = defined_class(type);
    if (element == nullptr || in_std_namespace(*element) || in_dflow_namespace(*element)) continue;
    for (const auto* constructor : element->ctors()) {
      if (constructor->isDefaultConstructor()) facts_.call(*constructor, made.getExprLoc());
    }
  }
}

void FunctionWalk::destroy(const clang::Expr& made) {
  DestructorSearch search(facts_.project);
  search.add(made.getType());
  for (const auto* destructor : search.found) facts_.call(*destructor, made.getExprLoc());
  if (search.stranger == nullptr) return;
  const std::string name = qualified_name(*search.stranger);
  facts_.effect(made, "ends an object by '" + name + "', whose body is not visible, with futures");
}

void FunctionWalk::keep_references(const clang::Expr& init, PlaceId kept) {
  const clang::Expr& made = *init.IgnoreImplicit();
  const auto* record = defined_class(made.getType());
  if (record == nullptr || !refers(*record)) return;
  for (const auto* part : parts_of(made)) facts_.assign_back(*part, kept);
  DestructorSearch search(facts_.project);
  search.add(made.getType());
  for (const auto* destructor : search.found) {
    const PlaceId object = facts_.places.object(*destructor);
    const Uses uses{{{object, Aspect::value}}, {{object, Aspect::size}}};
    facts_.flow(uses, kept);
    facts_.flow({{{kept, Aspect::value}}, {{kept, Aspect::size}}}, object);
  }
}

}  // namespace dflow::compiler
