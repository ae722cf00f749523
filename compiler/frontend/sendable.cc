#include "compiler/frontend/sendable.h"

#include <algorithm>

#include "clang/AST/DeclTemplate.h"
#include "compiler/frontend/type_text.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::dyn_cast_or_null;
using llvm::isa;

constexpr unsigned kMostBindings = 24;  // include/dflow/detail/serialize_bindings.h

std::string shown(clang::QualType type, const clang::ASTContext& context) {
  return type.getAsString(clang::PrintingPolicy(context.getLangOpts()));
}

Obstacle obstacle(std::string what, clang::QualType type, clang::SourceLocation at = {}) {
  return {.chain = {}, .what = std::move(what), .type = type, .at = at};
}

bool in_function(const clang::CXXRecordDecl& record) {
  for (const auto* scope = record.getDeclContext(); scope != nullptr; scope = scope->getParent()) {
    if (isa<clang::FunctionDecl>(scope)) return true;
  }
  return false;
}

/// Somewhere among its arguments a template names a class local to a function.
bool has_local_argument(const clang::CXXRecordDecl& record) {
  const auto* instance = dyn_cast<clang::ClassTemplateSpecializationDecl>(&record);
  if (instance == nullptr) return false;
  return std::ranges::any_of(instance->getTemplateArgs().asArray(),
                             [](const clang::TemplateArgument& argument) {
                               if (argument.getKind() != clang::TemplateArgument::Type) return false;
                               const auto* inner = argument.getAsType()->getAsCXXRecordDecl();
                               return inner != nullptr && (in_function(*inner) || has_local_argument(*inner));
                             });
}

bool is_copyable(const clang::CXXRecordDecl& record) {
  if (record.needsImplicitCopyConstructor()) return !record.hasUserDeclaredMoveOperation();
  return std::ranges::any_of(record.ctors(), [](const clang::CXXConstructorDecl* each) {
    return each->isCopyConstructor() && !each->isDeleted() && each->getAccess() == clang::AS_public;
  });
}

/// There is one of it, and its destructor does something: it owns more than its members hold.
bool has_own_mind(const clang::CXXRecordDecl& record) {
  const auto* destructor = record.getDestructor();
  if (destructor == nullptr || !destructor->isUserProvided() || is_copyable(record)) return false;
  const auto* body = dyn_cast_or_null<clang::CompoundStmt>(destructor->getBody());
  return body == nullptr || !body->body_empty();
}

/// `T{}` in a list of initialisers compiles, as far as declarations tell.
bool from_braces(clang::QualType type) {
  type = type.getCanonicalType();
  if (const auto* array = type->getAsArrayTypeUnsafe()) return from_braces(array->getElementType());
  const auto* record = type->getAsCXXRecordDecl();
  if (record == nullptr) return type->isScalarType();
  record = record->getDefinition();
  if (record == nullptr) return false;
  if (in_std_namespace(*record)) {
    static const std::set<llvm::StringRef> elementwise = {"array", "pair", "tuple", "variant"};
    const auto* instance = dyn_cast<clang::ClassTemplateSpecializationDecl>(record);
    if (instance == nullptr || !elementwise.contains(record->getName())) return true;
    return std::ranges::all_of(
        instance->getTemplateArgs().asArray(), [](const clang::TemplateArgument& argument) {
          if (argument.getKind() == clang::TemplateArgument::Type) return from_braces(argument.getAsType());
          return argument.getKind() != clang::TemplateArgument::Pack ||
                 std::ranges::all_of(argument.pack_elements(), [](const auto& each) {
                   return each.getKind() != clang::TemplateArgument::Type || from_braces(each.getAsType());
                 });
        });
  }
  if (record->isAggregate() && record->getNumBases() == 0) {
    return std::ranges::all_of(record->fields(), [](const clang::FieldDecl* field) {
      return field->hasInClassInitializer() || from_braces(field->getType());
    });
  }
  return std::ranges::any_of(record->ctors(), [](const clang::CXXConstructorDecl* each) {
    return each->isDefaultConstructor() && each->isUserProvided() && !each->isExplicit() &&
           !each->isDeleted() && each->getAccess() == clang::AS_public;
  });
}

/// Any compiler can take it apart: the same question as `BindableAggregate` asks. A wrong no costs a line of
/// text.
bool is_bindable(const clang::CXXRecordDecl& record) {
  if (!record.isAggregate() || record.getNumBases() != 0) return false;
  const auto count = std::distance(record.field_begin(), record.field_end());
  return count <= kMostBindings && std::ranges::all_of(record.fields(), [](const clang::FieldDecl* field) {
           return !field->isAnonymousStructOrUnion() && !field->getType()->isReferenceType() &&
                  (field->hasInClassInitializer() || from_braces(field->getType()));
         });
}

/// A text, or nothing: `TextException` and std::exception.
bool is_plain_exception(const clang::CXXRecordDecl& record) {
  static const std::set<llvm::StringRef> names = {
      "exception",     "logic_error",    "invalid_argument", "domain_error",      "length_error",
      "out_of_range",  "runtime_error",  "range_error",      "overflow_error",    "underflow_error",
      "Error",         "CancelledError", "TimeoutError",     "InvalidStateError", "SessionError",
      "SerializeError"};
  return record.getDeclName().isIdentifier() && names.contains(record.getName());
}

}  // namespace

std::optional<Obstacle> SendableTypes::find(clang::QualType type) {
  type = type.getNonReferenceType().getUnqualifiedType();
  const auto* key = type.getCanonicalType().getTypePtr();
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  auto found = look(type);
  if (!found) {
    for (const auto* record : pending_) {
      if (!found && exposed_.insert(record).second) found = expose(*record, to_expose_.at(record));
    }
  }
  pending_.clear();
  return known_[key] = found;
}

std::optional<Obstacle> SendableTypes::look(clang::QualType type) {
  const auto bare = type.getCanonicalType().getUnqualifiedType();
  if (bare->isDependentType() || bare->isArithmeticType() || bare->isEnumeralType() || bare->isVoidType())
    return std::nullopt;
  if (const auto* array = bare->getAsArrayTypeUnsafe()) return look(array->getElementType());
  if (bare->isAnyPointerType() || bare->isMemberPointerType()) return obstacle("is a pointer", type);
  const auto* record = bare->getAsCXXRecordDecl();
  if (record == nullptr) return obstacle("has no meaning in another process", type);
  if (is_executor(bare) || is_std_class(bare, {"stop_token"}) || has_own(bare)) return std::nullopt;
  if (is_future(bare) || is_dflow_class(bare, "Refs")) return in_arguments(*record, 1);
  if (in_std_namespace(*record)) return in_library(*record, type);
  if (in_dflow_namespace(*record)) {
    if (is_plain_exception(*record)) return std::nullopt;
    return obstacle("has no meaning in another process", type);
  }
  return in_class(*record, type);
}

std::optional<Obstacle> SendableTypes::in_library(const clang::CXXRecordDecl& record, clang::QualType type) {
  static const std::set<llvm::StringRef> plain = {"basic_string", "duration", "time_point", "complex",
                                                  "monostate",    "bitset",   "path"};
  static const std::set<llvm::StringRef> one = {
      "vector",   "deque", "list",    "set", "multiset", "unordered_set", "unordered_multiset",
      "valarray", "array", "optional"};
  static const std::set<llvm::StringRef> two = {"map", "multimap", "unordered_map", "unordered_multimap"};
  static const std::set<llvm::StringRef> all = {"pair", "tuple", "variant"};
  static const std::set<llvm::StringRef> views = {"basic_string_view", "span", "reference_wrapper"};
  const auto name = record.getName();
  if (plain.contains(name) || is_plain_exception(record)) return std::nullopt;
  if (one.contains(name)) return in_arguments(record, 1);
  if (two.contains(name)) return in_arguments(record, 2);
  if (all.contains(name)) return in_arguments(record, ~0U);
  if (name == "unique_ptr") return in_pointer(record, type);
  if (record.isEmpty() && record.hasDefinition() && record.isAggregate()) return std::nullopt;
  if (views.contains(name)) return obstacle("refers to what it does not own", type);
  if (name == "shared_ptr" || name == "weak_ptr")
    return obstacle("would lose what it shares with others", type);
  return obstacle("has no meaning in another process", type);
}

std::optional<Obstacle> SendableTypes::in_pointer(const clang::CXXRecordDecl& record, clang::QualType type) {
  const auto& arguments = dyn_cast<clang::ClassTemplateSpecializationDecl>(&record)->getTemplateArgs();
  const clang::QualType pointee = arguments[0].getAsType();
  if (pointee->isArrayType()) return obstacle("does not know its length", type);
  if (!is_std_class(arguments[1].getAsType(), {"default_delete"}))
    return obstacle("has a deleter of its own", type);
  const auto* target = pointee->getAsCXXRecordDecl();
  if (target != nullptr && target->hasDefinition() && target->isPolymorphic() &&
      !target->isEffectivelyFinal())
    return obstacle("may own an object of a derived class", type);
  return look(pointee);
}

std::optional<Obstacle> SendableTypes::in_arguments(const clang::CXXRecordDecl& record, unsigned count) {
  const auto* instance = dyn_cast<clang::ClassTemplateSpecializationDecl>(&record);
  if (instance == nullptr) return std::nullopt;
  for (const auto& argument : instance->getTemplateArgs().asArray()) {
    if (count-- == 0) break;
    if (auto found = in_argument(argument)) return found;
  }
  return std::nullopt;
}

std::optional<Obstacle> SendableTypes::in_argument(const clang::TemplateArgument& argument) {
  if (argument.getKind() == clang::TemplateArgument::Type) return look(argument.getAsType());
  if (argument.getKind() != clang::TemplateArgument::Pack) return std::nullopt;
  for (const auto& element : argument.pack_elements()) {
    if (auto found = in_argument(element)) return found;
  }
  return std::nullopt;
}

std::optional<Obstacle> SendableTypes::in_class(const clang::CXXRecordDecl& record, clang::QualType type) {
  const auto* definition = record.getDefinition();
  if (definition == nullptr) return obstacle("is not defined here", type);
  if (record.isUnion()) return obstacle("is a union", type);
  if (record.isLambda()) return obstacle("is a lambda", type);
  const bool bindable = is_bindable(*definition);
  if (!bindable && !project_.owns(definition->getLocation()))
    return obstacle("is a class of a library", type);
  if (has_own_mind(*definition)) return obstacle("has a destructor of its own and cannot be copied", type);
  if (definition->getNumVBases() != 0) return obstacle("has a virtual base", type);
  if (!active_.insert(definition).second) return std::nullopt;
  auto found = in_parts(*definition, bindable);
  active_.erase(definition);
  if (!found && !bindable) {
    to_expose_.try_emplace(definition, type.getCanonicalType().getUnqualifiedType());
    pending_.push_back(definition);
  }
  return found;
}

std::optional<Obstacle> SendableTypes::in_parts(const clang::CXXRecordDecl& record, bool bindable) {
  for (const auto& base : record.bases()) {
    const auto before = pending_.size();
    if (auto found = look(base.getType())) return found;
    const auto* definition = base.getType()->getAsCXXRecordDecl()->getDefinition();
    if (pending_.size() > before && pending_.back() == definition)
      pending_.pop_back();  // its members are the class's own
  }
  for (const auto* field : record.fields()) {
    if (field->isUnnamedBitField()) continue;
    if (auto found = in_member(*field, bindable)) {
      const auto owner = project_.context().getTypeDeclType(&record);
      found->chain.insert(found->chain.begin(),
                          shown(owner, project_.context()) + "::" + field->getNameAsString());
      if (found->at.isInvalid()) found->at = field->getLocation();
      return found;
    }
  }
  return std::nullopt;
}

std::optional<Obstacle> SendableTypes::in_member(const clang::FieldDecl& field, bool bindable) {
  const auto type = field.getType();
  if (type->isReferenceType()) return obstacle("is a reference", type, field.getLocation());
  if (field.isAnonymousStructOrUnion())
    return obstacle("is a member without a name", type, field.getLocation());
  if (field.isBitField() && !bindable)
    return obstacle("is a bit-field of a class that is no plain aggregate", type, field.getLocation());
  return look(type);
}

/// A base that is sent as it is, not by its members.
bool SendableTypes::is_whole(const clang::CXXRecordDecl& base) {
  return in_std_namespace(base) || in_dflow_namespace(base) || !project_.owns(base.getLocation()) ||
         has_own(project_.context().getTypeDeclType(&base).getCanonicalType());
}

std::vector<std::string> SendableTypes::parts_of(const clang::CXXRecordDecl& record) {
  const auto& context = project_.context();
  std::vector<std::string> parts;
  for (const auto& base : record.bases()) {
    const auto* definition = base.getType()->getAsCXXRecordDecl()->getDefinition();
    if (is_whole(*definition)) {
      parts.push_back("::dflow::detail::Base<" + type_text(base.getType().getCanonicalType(), context) + ">");
    } else {
      std::ranges::copy(parts_of(*definition), std::back_inserter(parts));
    }
  }
  const bool local = in_function(record);
  const auto owner = local ? record.getNameAsString() : type_text(context.getTypeDeclType(&record), context);
  for (const auto* field : record.fields()) {
    if (!field->isUnnamedBitField())
      parts.push_back("::dflow::detail::Member<&" + owner + "::" + field->getNameAsString() + ">");
  }
  return parts;
}

std::optional<Obstacle> SendableTypes::expose(const clang::CXXRecordDecl& record, clang::QualType type) {
  auto parts = parts_of(record);
  auto sorted = parts;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) return obstacle("has one base twice", type);
  if (in_function(record)) {
    local_exposures_.push_back({&record, std::move(parts)});
    return std::nullopt;
  }
  const std::string text = type_text(type, project_.context());
  if (!is_writable(text) || has_local_argument(record))
    return obstacle("cannot be named outside of its function", type);
  exposures_.push_back({text, std::move(parts)});
  return std::nullopt;
}

/// A `dflow::Serialize<T>` of the user's.
bool SendableTypes::has_own(clang::QualType type) const {
  auto& names =
      const_cast<clang::ASTContext&>(project_.context()).Idents;  // looking an identifier up may add it
  for (const auto* space : project_.context().getTranslationUnitDecl()->lookup(&names.get("dflow"))) {
    if (!isa<clang::NamespaceDecl>(space)) continue;
    for (const auto* each : dyn_cast<clang::NamespaceDecl>(space)->lookup(&names.get("Serialize"))) {
      const auto* serialize = dyn_cast<clang::ClassTemplateDecl>(each);
      if (serialize != nullptr && is_specialised(*serialize, type)) return true;
    }
  }
  return false;
}

bool SendableTypes::is_specialised(const clang::ClassTemplateDecl& serialize, clang::QualType type) const {
  for (const auto* each : serialize.specializations()) {
    const bool own = each->isExplicitSpecialization() && project_.owns(each->getLocation());
    if (own && project_.context().hasSameType(each->getTemplateArgs()[0].getAsType(), type)) return true;
  }
  const auto* instance = dyn_cast_or_null<clang::ClassTemplateSpecializationDecl>(type->getAsCXXRecordDecl());
  llvm::SmallVector<clang::ClassTemplatePartialSpecializationDecl*, 8> partials;
  const_cast<clang::ClassTemplateDecl&>(serialize).getPartialSpecializations(partials);
  return std::ranges::any_of(partials, [&](const auto* each) {
    if (!project_.owns(each->getLocation())) return false;
    const auto* shape =
        each->getTemplateArgs()[0].getAsType()->template getAs<clang::TemplateSpecializationType>();
    // A partial specialisation of no class template is for all types that its constraints take.
    return shape == nullptr ||
           (instance != nullptr && shape->getTemplateName().getAsTemplateDecl() != nullptr &&
            shape->getTemplateName().getAsTemplateDecl()->getCanonicalDecl() ==
                instance->getSpecializedTemplate()->getCanonicalDecl());
  });
}

}  // namespace dflow::compiler
