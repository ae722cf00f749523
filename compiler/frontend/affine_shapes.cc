// How types hold futures: containers, and records of several, whose fields are arrays of their own.
#include "clang/AST/DeclTemplate.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/neighbours.h"

namespace dflow::compiler {

using flow::Expr;
using llvm::dyn_cast;
using llvm::isa;

namespace {

bool add_field(Shape& record, std::string name, clang::QualType type) {
  if (!holds_future(type)) return true;
  if (type->isReferenceType()) return false;
  auto shape = shape_of(type);
  if (!shape) return false;
  for (const Shape::Field& each : record.fields)
    if (each.name == name) return false;
  record.fields.push_back({std::move(name), std::move(*shape)});
  return true;
}

/// Objects are copied, moved and destroyed member by member.
bool is_plain(const clang::CXXRecordDecl& record) {
  const auto written = [](const clang::CXXMethodDecl* method) {
    const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(method);
    const bool copies = constructor != nullptr ? constructor->isCopyOrMoveConstructor()
                                               : method->isCopyAssignmentOperator() || method->isMoveAssignmentOperator();
    return (copies || isa<clang::CXXDestructorDecl>(method)) && method->isUserProvided();
  };
  return std::none_of(record.method_begin(), record.method_end(), written);
}

bool add_members(Shape& record, const clang::CXXRecordDecl& members) {
  if (!members.hasDefinition() || members.isUnion() || members.isLambda() || members.isPolymorphic() || !is_plain(members))
    return false;
  for (const auto& base : members.getDefinition()->bases()) {
    const auto* inherited = base.getType()->getAsCXXRecordDecl();
    if (holds_future(base.getType()) && (base.isVirtual() || inherited == nullptr || !add_members(record, *inherited))) return false;
  }
  for (const auto* field : members.getDefinition()->fields())
    if (!add_field(record, field->getNameAsString(), field->getType())) return false;
  return true;
}

std::optional<Shape> record_of(const clang::CXXRecordDecl& type) {
  Shape record;
  record.leaf = Shape::Leaf::record;
  const auto* instance = dyn_cast<clang::ClassTemplateSpecializationDecl>(&type);
  if (instance != nullptr && in_std_namespace(type)) {
    if (instance->getName() == "tuple") {
      std::size_t number = 0;
      for (const auto& argument : instance->getTemplateArgs()[0].pack_elements())
        if (!add_field(record, std::to_string(number++), argument.getAsType())) return std::nullopt;
    } else if (instance->getName() == "pair") {
      for (unsigned i = 0; i < 2; ++i)
        if (!add_field(record, i == 0 ? "first" : "second", instance->getTemplateArgs()[i].getAsType())) return std::nullopt;
    } else {
      return std::nullopt;
    }
  } else if (in_std_namespace(type) || in_dflow_namespace(type) || !add_members(record, type)) {
    return std::nullopt;
  }
  return record.fields.empty() ? std::nullopt : std::optional(record);
}

/// The name that std::get<NUMBER> of a record of this type means.
std::string numbered(clang::QualType type, std::uint64_t number) {
  if (is_std_class(type, {"pair"})) return number == 0 ? "first" : "second";
  return std::to_string(number);
}

}  // namespace

std::optional<Shape> shape_of(clang::QualType type) {
  type = type.getNonReferenceType().getCanonicalType();
  if (is_future(type)) return Shape{};
  const auto wrapped = [](clang::QualType element, Shape::Level level) -> std::optional<Shape> {
    auto inner = shape_of(element);
    if (inner) inner->levels.insert(inner->levels.begin(), level);
    return inner;
  };
  if (const auto* array = dyn_cast<clang::ConstantArrayType>(type.getTypePtr())) {
    return wrapped(array->getElementType(), {static_cast<std::int64_t>(array->getSize().getZExtValue())});
  }
  const auto* record = type->getAsCXXRecordDecl();
  if (record == nullptr || !record->getDeclName().isIdentifier()) return std::nullopt;
  const auto* instance = dyn_cast<clang::ClassTemplateSpecializationDecl>(record);
  const auto name = record->getName();
  if (instance == nullptr || !in_std_namespace(*record) || name == "pair" || name == "tuple") return record_of(*record);
  const auto argument = [&](unsigned i) { return instance->getTemplateArgs().get(i).getAsType(); };
  if (name == "vector") return wrapped(argument(0), {});
  if (name == "array") return wrapped(argument(0), {instance->getTemplateArgs().get(1).getAsIntegral().getExtValue()});
  if (name == "map" || name == "unordered_map") {
    const bool plain = argument(0)->isIntegralOrEnumerationType() || is_std_class(argument(0), {"basic_string", "basic_string_view"});
    return plain ? wrapped(argument(1), {std::nullopt, true}) : std::nullopt;
  }
  const bool perhaps = name == "optional" && is_future(argument(0));
  return perhaps ? std::optional(Shape{{}, Shape::Leaf::optional, {}}) : std::nullopt;
}

Named AffineWalk::new_object(const std::string& name, const Shape& shape, flow::Array::Missing missing) {
  if (shape.leaf == Shape::Leaf::record) {
    Named object{{}, shape, false, shape.levels.empty() ? ++objects_ : 0};
    for (const Shape::Field& each : shape.fields) {
      Shape inner = each.shape;
      inner.levels.insert(inner.levels.begin(), shape.levels.begin(), shape.levels.end());
      object.fields.push_back(new_object(name + "." + each.name, inner, missing));
    }
    return object;
  }
  const std::size_t array = result_.records.arrays.size();
  if (shape.leaf == Shape::Leaf::optional && missing == flow::Array::Missing::wrong)
    missing = flow::Array::Missing::empty;
  result_.records.arrays.push_back({name, loops_.size() + shape.levels.size(), missing});
  Named object{{{array, {}, flow::always()}}, shape};
  for (const std::size_t loop : loops_) object.cases[0].subscripts.push_back(Expr::variable(loop));
  Sizes sizes;
  for (const auto& level : shape.levels)
    sizes.base.push_back(level.keyed ? std::nullopt : std::optional(Expr(level.length.value_or(0))));
  state_.sizes[array] = std::move(sizes);
  return object;
}

std::optional<Named> AffineWalk::field(const Named& record, const std::string& name) {
  if (!record.shape.levels.empty()) return std::nullopt;
  for (std::size_t i = 0; i < record.fields.size(); ++i)
    if (record.shape.fields[i].name == name) return record.fields[i];
  return std::nullopt;
}

/// The object that a member function's own members are of, where it holds futures.
std::optional<Named> AffineWalk::this_of(const clang::Expr& object) {
  return isa<clang::CXXThisExpr>(object.IgnoreParenImpCasts()) ? this_ : std::nullopt;
}

std::optional<Named> AffineWalk::named_member(const clang::MemberExpr& member) {
  if (!isa<clang::FieldDecl>(member.getMemberDecl()) || !holds_future(member.getType())) return std::nullopt;
  const auto* base = member.getBase()->IgnoreParens();
  while (const auto* cast = dyn_cast<clang::ImplicitCastExpr>(base)) base = cast->getSubExpr();  // to a base class
  const auto object = isa<clang::CXXThisExpr>(base) ? this_ : member.isArrow() ? std::nullopt : named(*base);
  return object ? field(*object, member.getMemberDecl()->getNameAsString()) : std::nullopt;
}

/// auto [a, b] = ...
std::optional<Named> AffineWalk::named_binding(const clang::BindingDecl& binding) {
  if (!holds_future(binding.getType())) return std::nullopt;
  const auto* whole = dyn_cast<clang::DecompositionDecl>(binding.getDecomposedDecl());
  const auto found = whole == nullptr ? bindings_.end() : bindings_.find(whole);
  const auto* object = found == bindings_.end() ? nullptr : std::get_if<Named>(&found->second);
  if (binding.getHoldingVar() == nullptr || object == nullptr) return binding.getBinding() == nullptr ? std::nullopt : named(*binding.getBinding());
  std::uint64_t number = 0;
  for (const auto* each : whole->bindings()) {
    if (each == &binding) break;
    ++number;
  }
  if (object->is_lost())
    refuse("a reference into a container that was swapped or moved is not followed", binding.getLocation());
  if (!object->shape.levels.empty()) return subscripted(*object, static_cast<std::int64_t>(number));
  return field(*object, numbered(whole->getType(), number));
}

/// std::get<0>(x), std::tie(a, b)
std::optional<Named> AffineWalk::named_get(const clang::CallExpr& call) {
  const auto* callee = call.getDirectCallee();
  if (!callee->getDeclName().isIdentifier()) return std::nullopt;
  if (callee->getName() == "tie") {
    Named record;
    record.shape.leaf = Shape::Leaf::record;
    for (const auto* argument : call.arguments()) {
      const auto part = holds_future(argument->getType()) ? named(*argument) : std::nullopt;
      if (!part) return std::nullopt;
      record.shape.fields.push_back({std::to_string(record.fields.size()), part->shape});
      record.fields.push_back(*part);
    }
    return record;
  }
  if (callee->getName() != "get" || call.getNumArgs() != 1 || callee->getTemplateSpecializationArgs() == nullptr) return std::nullopt;
  const auto& number = callee->getTemplateSpecializationArgs()->get(0);
  auto record = number.getKind() == clang::TemplateArgument::Integral ? named(*call.getArg(0)) : std::nullopt;
  if (!record) return std::nullopt;
  const auto which = number.getAsIntegral().getZExtValue();
  if (!record->shape.levels.empty()) return subscripted(*record, static_cast<std::int64_t>(which));
  return field(*record, numbered(call.getArg(0)->getType(), which));
}

/// A value for each field that holds futures, in order; others hold none.
void AffineWalk::put_fields(llvm::ArrayRef<const clang::Expr*> values, const Named& target, clang::SourceLocation where) {
  std::size_t next = 0;
  for (const auto* value : values) {
    if (!holds_future(value->getType())) {
      forget(*value);
    } else if (next < target.fields.size()) {
      put(*value, target.fields[next++]);
    } else {
      refuse("futures made in this way are not followed", where);
    }
  }
  if (next != target.fields.size()) refuse("futures made in this way are not followed", where);
}

void AffineWalk::put_aggregate(const clang::InitListExpr& list, const Named& target) {
  const auto* record = list.getType()->getAsCXXRecordDecl();
  std::vector<const clang::Expr*> values;
  if (record == nullptr || list.getNumInits() != record->getNumBases() + static_cast<unsigned>(std::distance(record->field_begin(), record->field_end())))
    refuse("futures made in this way are not followed", list.getExprLoc());
  if (record->getNumBases() > 0) refuse("an aggregate with bases is not followed", list.getExprLoc());
  for (const auto* each : list.inits()) {
    const auto* initial = dyn_cast<clang::CXXDefaultInitExpr>(each);
    values.push_back(initial == nullptr ? each : initial->getExpr());
  }
  for (const auto* field : record->fields()) note_number(target, *field, *values[field->getFieldIndex()]);
  put_fields(values, target, list.getExprLoc());
}

/// Into an object that was not there before.
void AffineWalk::construct(const clang::CXXConstructExpr& made, const Named& target) {
  const auto& constructor = *made.getConstructor();
  const std::vector<const clang::Expr*> values(made.arg_begin(), made.arg_end());
  const auto* body = body_of(constructor, project_);
  if (in_std_namespace(constructor)) {
    if (values.empty()) return;
    if (values.size() > 1) return put_fields(values, target, made.getExprLoc());
    refuse("futures made in this way are not followed", made.getExprLoc());
  }
  if (values.empty() && constructor.isImplicit()) {
    for (const auto* field : constructor.getParent()->fields())
      if (field->hasInClassInitializer() && holds_future(field->getType())) refuse("futures made in this way are not followed", made.getExprLoc());
    return;
  }
  if (body == nullptr || active_.size() >= 8) refuse("futures made in this way are not followed", made.getExprLoc());
  enter_parameters(values, *body);
  const auto outer = std::exchange(this_, target);
  active_.push_back(body);  // initialisers are its own
  frames_.push_back({body, values, &made});
  for (const auto* init : llvm::cast<clang::CXXConstructorDecl>(body)->inits()) {
    const auto* value = init->getInit();
    if (const auto* initial = dyn_cast<clang::CXXDefaultInitExpr>(value)) value = initial->getExpr();
    const auto part = init->isMemberInitializer() ? field(target, init->getMember()->getNameAsString()) : std::nullopt;
    if (init->isMemberInitializer()) note_number(target, *init->getMember(), *value);
    if (part) {
      put(*value, *part);
    } else if (holds_future(value->getType())) {
      refuse("futures made in this way are not followed", value->getExprLoc());
    } else {
      forget(*value);
    }
  }
  frames_.pop_back();
  active_.pop_back();
  run_body({body, values, &made}, nullptr);
  this_ = outer;
}

/// A map's key as a number: its own, or one that stands for a string.
Expr AffineWalk::key_of(const clang::Expr& key) {
  if (key.IgnoreImplicit()->getType()->isIntegralOrEnumerationType()) return needed(*key.IgnoreImplicit(), "a key");
  const clang::StringLiteral* literal = nullptr;
  int others = 0;
  visit(&key, [&](const clang::Stmt& part) {
    if (const auto* text = dyn_cast<clang::StringLiteral>(&part)) literal = text;
    if (isa<clang::CallExpr, clang::DeclRefExpr>(part)) ++others;
    return true;
  });
  if (literal == nullptr || others > 0) refuse("a key that is no constant is not followed", key.getExprLoc());
  return keys_.try_emplace(literal->getBytes().str(), static_cast<std::int64_t>(keys_.size())).first->second;
}

}  // namespace dflow::compiler
