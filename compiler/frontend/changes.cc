#include "compiler/frontend/changes.h"

#include <algorithm>
#include <set>

#include "clang/AST/DeclTemplate.h"
#include "clang/AST/StmtCXX.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/library_bodies.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::dyn_cast_or_null;
using llvm::isa;

namespace {

bool can_change(clang::QualType pointee) {
  return !pointee.isConstQualified() && !pointee->isFunctionType() && !is_executor(pointee);
}

class ReachSearch {
 public:
  bool reaches(clang::QualType type) {
    type = type.getCanonicalType();
    if (type->isPointerType() || type->isReferenceType()) return can_change(type->getPointeeType());
    if (const auto* array = type->getAsArrayTypeUnsafe()) return reaches(array->getElementType());
    const auto* record = type->getAsCXXRecordDecl();
    record = record == nullptr ? nullptr : record->getDefinition();
    if (record == nullptr || in_dflow_namespace(*record) || !seen_.insert(record).second) return false;
    return in_arguments(*record) || in_class(*record);
  }

 private:
  bool in_arguments(const clang::CXXRecordDecl& record) {
    const auto* instance = dyn_cast<clang::ClassTemplateSpecializationDecl>(&record);
    if (instance == nullptr || !in_std_namespace(record)) return false;
    const auto arguments = instance->getTemplateArgs().asArray();
    const bool points = record.getDeclName().isIdentifier() && (record.getName() == "shared_ptr" || record.getName() == "unique_ptr");
    if (points && arguments.front().getKind() == clang::TemplateArgument::Type && can_change(arguments.front().getAsType())) return true;
    return std::ranges::any_of(arguments, [this](const auto& argument) {
      return argument.getKind() == clang::TemplateArgument::Type && reaches(argument.getAsType());
    });
  }
  /// A class with a destructor of its own owns what it points to.
  bool in_class(const clang::CXXRecordDecl& record) {
    const auto* destructor = record.getDestructor();
    if (destructor != nullptr && destructor->isUserProvided()) return false;
    return std::ranges::any_of(record.fields(), [this](const auto* field) { return reaches(field->getType()); }) ||
           std::ranges::any_of(record.bases(), [this](const auto& base) { return reaches(base.getType()); });
  }

  std::set<const clang::CXXRecordDecl*> seen_;
};

bool is_mutable_reference(clang::QualType type) {
  return type->isLValueReferenceType() && !type.getNonReferenceType().isConstQualified();
}

/// Locking and unlocking leaves things as they are.
bool is_lock(clang::QualType type) { return is_std_class(type, {"mutex", "recursive_mutex", "shared_mutex", "timed_mutex"}); }

bool is_free_function(const clang::FunctionDecl& callee, const std::set<llvm::StringRef>& names) {
  return !isa<clang::CXXMethodDecl>(callee) && callee.getDeclName().isIdentifier() && names.contains(callee.getName());
}

/// Functions of the library that only pass on what they are given a reference to.
bool only_passes(const clang::FunctionDecl& callee) {
  static const std::set<llvm::StringRef> names = {"min", "max",   "begin", "end",  "get",   "next",     "prev", "forward",
                                                  "ref", "size", "data", "empty", "as_const", "addressof"};
  return is_free_function(callee, names);
}

/// Functions of the library that write through the iterators or pointers that they are given.
bool writes_through(const clang::FunctionDecl& callee) {
  static const std::set<llvm::StringRef> names = {
      "fill", "fill_n", "copy", "copy_n", "copy_if", "copy_backward", "move", "move_backward", "transform", "generate",
      "generate_n", "iota", "sort", "stable_sort", "partial_sort", "nth_element", "reverse", "rotate", "shuffle", "replace",
      "replace_if", "remove", "remove_if", "unique", "partition", "stable_partition", "swap_ranges", "iter_swap",
      "partial_sum", "inclusive_scan", "exclusive_scan", "adjacent_difference", "merge", "inplace_merge", "make_heap",
      "push_heap", "pop_heap", "sort_heap", "next_permutation", "prev_permutation", "set_union", "set_intersection",
      "set_difference"};
  return is_free_function(callee, names);
}

bool is_std_function_call(const clang::CXXMethodDecl& method) {
  return method.getOverloadedOperator() == clang::OO_Call && in_std_namespace(method) &&
         method.getParent()->getDeclName().isIdentifier() && method.getParent()->getName() == "function";
}

/// What of a call's arguments may be changed.
enum class Reach {
  references,  ///< Only what is passed by a reference that is not const.
  pointers,    ///< What pointers lead to, as well.
  objects,     ///< And what the objects lead to that are passed.
};

/// What is called, on what and with what, whether it is written as a call, an operator or an object that is made.
struct Called {
  const clang::FunctionDecl* callee = nullptr;
  const clang::Expr* object = nullptr;
  llvm::ArrayRef<const clang::Expr*> arguments;
};

Called called_by(const clang::Expr& expression) {
  if (const auto* made = dyn_cast<clang::CXXConstructExpr>(&expression))
    return {made->getConstructor(), nullptr, {made->getArgs(), made->getNumArgs()}};
  const auto& call = *llvm::cast<clang::CallExpr>(&expression);
  Called result{call.getDirectCallee(), nullptr, {call.getArgs(), call.getNumArgs()}};
  const auto* method = dyn_cast_or_null<clang::CXXMethodDecl>(result.callee);
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call)) {
    result.object = member->getImplicitObjectArgument();
  } else if (isa<clang::CXXOperatorCallExpr>(call) && method != nullptr) {
    result.object = result.arguments.front();
    result.arguments = result.arguments.drop_front();
  }
  return result;
}

}  // namespace

bool reaches(clang::QualType type) { return ReachSearch().reaches(type); }

/// Walks over one body, or over one expression that belongs to none.
class ChangeWalk {
 public:
  ChangeWalk(ChangeSearch& search, const clang::FunctionDecl* function) : search_(search), function_(function) {}

  void visit(const clang::Stmt& part) {
    if (const auto* unary = dyn_cast<clang::UnaryOperator>(&part); unary != nullptr && unary->isIncrementDecrementOp())
      change(*unary->getSubExpr());
    if (const auto* binary = dyn_cast<clang::BinaryOperator>(&part); binary != nullptr && binary->isAssignmentOp())
      change(*binary->getLHS());
    if (isa<clang::CallExpr, clang::CXXConstructExpr>(part)) call(*llvm::cast<clang::Expr>(&part));
    for (const auto* inner : evaluated_parts(part)) visit(*inner);
  }

  ChangeSearch::Targets found;

 private:
  void change(const clang::Expr& target) {
    if (!is_own(target)) found.push_back(&target);
  }
  void change_behind(const clang::Expr& pointer) {
    if (!points_to_own(pointer)) found.push_back(&pointer);
  }

  void call(const clang::Expr& expression) {
    const Called called = called_by(expression);
    if (called.callee == nullptr) {
      if (function_ == nullptr) found.push_back(&expression);
      return;
    }
    const clang::FunctionDecl& callee = *called.callee;
    if (in_dflow_namespace(callee)) {
      if (function_ == nullptr) change_arguments(callee, called, Reach::references);
    } else if (in_std_namespace(callee)) {
      call_library(callee, called, expression);
    } else if (const auto* method = dyn_cast<clang::CXXMethodDecl>(&callee); method != nullptr && method->getParent()->isLambda()) {
      call_lambda(*method, called);
    } else {
      call_user(callee, called);
    }
  }

  void call_library(const clang::FunctionDecl& callee, const Called& called, const clang::Expr& expression) {
    for (const auto* argument : called.arguments) call_closures(*argument);
    const auto* whole = dyn_cast<clang::CallExpr>(&expression);
    if (whole != nullptr && whole->isCallToStdMove()) return change(*whole->getArg(0));
    if (only_passes(callee)) return;
    change_arguments(callee, called, writes_through(callee) ? Reach::objects : Reach::references);
    const auto* method = dyn_cast<clang::CXXMethodDecl>(&callee);
    if (method == nullptr || called.object == nullptr) return;
    if (is_std_function_call(*method)) return call_std_function(*called.object);
    if (!method->isConst() && !only_looks(*method)) change_object(*called.object);
  }

  /// Its target was made where it was declared; a parameter's is somebody else's.
  void call_std_function(const clang::Expr& object) {
    const auto* name = dyn_cast<clang::DeclRefExpr>(&stripped(object));
    const auto* variable = name == nullptr ? nullptr : dyn_cast<clang::VarDecl>(name->getDecl());
    if (variable != nullptr && variable->isLocalVarDecl()) found.push_back(&object);
  }

  /// Whoever is given a function may call it.
  void call_closures(const clang::Expr& argument) {
    if (!is_functor(argument.getType())) return;
    for (const auto* body : call_operators(*argument.getType().getNonReferenceType()->getAsCXXRecordDecl())) adopt(*body);
  }

  void call_lambda(const clang::CXXMethodDecl& method, const Called& called) {
    change_arguments(method, called, Reach::references);
    if (!method.isConst() && called.object != nullptr) change_object(*called.object);
    if (const auto* body = visible_body(method)) adopt(*body);
  }

  /// A lambda's body names what it captured as the function around it does.
  void adopt(const clang::FunctionDecl& body) {
    const ChangeSearch::Targets inner = search_.changed_by(body);
    for (const auto* target : inner) target->getType()->isPointerType() && target->isPRValue() ? change_behind(*target) : change(*target);
  }

  void call_user(const clang::FunctionDecl& callee, const Called& called) {
    const auto* body = in_library(callee) ? nullptr : visible_body(callee);
    const bool changes = body != nullptr && !search_.changed_by(*body).empty();
    if (body == nullptr || changes || function_ == nullptr)
      change_arguments(callee, called, body == nullptr ? Reach::pointers : changes ? Reach::objects : Reach::references);
    const auto* method = dyn_cast<clang::CXXMethodDecl>(&callee);
    if (method == nullptr || method->isStatic() || called.object == nullptr) return;
    if (changes || (!method->isConst() && !only_looks(*method))) change_object(*called.object);
  }

  void change_arguments(const clang::FunctionDecl& callee, const Called& called, Reach reach) {
    for (unsigned i = 0; i < called.arguments.size() && i < callee.getNumParams(); ++i) {
      const clang::Expr& argument = *called.arguments[i];
      const auto type = callee.getParamDecl(i)->getType();
      if (isa<clang::CXXDefaultArgExpr>(argument) || is_executor(type) || is_lock(type)) continue;
      if (is_mutable_reference(type)) {
        change(argument);
      } else if (type->isPointerType()) {
        if (reach != Reach::references && reaches(type)) change_behind(argument);
      } else if (reach == Reach::objects && reaches(type.getNonReferenceType())) {
        found.push_back(&argument);
      }
    }
  }

  void change_object(const clang::Expr& object) {
    if (is_lock(object.getType())) return;
    if (object.getType()->isPointerType()) return change_behind(object);
    if (object.isLValue()) change(object);
  }

  // --- what ends with the body --------------------------------------------------------------------------------------

  bool is_own(const clang::Expr& target) const {
    const clang::Expr& expression = stripped(target);
    if (const auto* name = dyn_cast<clang::DeclRefExpr>(&expression)) return is_own_variable(*name->getDecl());
    if (const auto* member = dyn_cast<clang::MemberExpr>(&expression)) return is_own_member(*member);
    if (const auto* subscript = dyn_cast<clang::ArraySubscriptExpr>(&expression)) return points_to_own(*subscript->getBase());
    if (const auto* unary = dyn_cast<clang::UnaryOperator>(&expression))
      return unary->getOpcode() == clang::UO_Deref ? points_to_own(*unary->getSubExpr()) : is_own(*unary->getSubExpr());
    if (const auto* choice = dyn_cast<clang::ConditionalOperator>(&expression))
      return is_own(*choice->getTrueExpr()) && is_own(*choice->getFalseExpr());
    if (const auto* binary = dyn_cast<clang::BinaryOperator>(&expression); binary != nullptr && binary->isAssignmentOp())
      return is_own(*binary->getLHS());
    if (const auto* call = dyn_cast<clang::CallExpr>(&expression); call != nullptr && !call->isPRValue()) return is_part_of_own(*call);
    return expression.isPRValue() && !reaches(expression.getType());
  }

  /// An element of an object that holds it, or what an operator of the library passes on: `out << a << b`.
  bool is_part_of_own(const clang::CallExpr& call) const {
    const auto* callee = call.getDirectCallee();
    if (callee == nullptr) return false;
    const Called called = called_by(call);
    const auto* whole = called.object != nullptr ? called.object : called.arguments.empty() ? nullptr : called.arguments.front();
    const auto* method = dyn_cast<clang::CXXMethodDecl>(callee);
    const bool passes = in_std_namespace(*callee) || (method != nullptr && only_looks(*method));
    if (whole == nullptr || !passes) return false;
    const auto type = stripped(*whole).getType();  // and not that of the base that has the operator
    return !type->isPointerType() && !reaches(type) && is_own(*whole);
  }

  bool is_own_variable(const clang::ValueDecl& decl) const {
    if (const auto* binding = dyn_cast<clang::BindingDecl>(&decl)) return is_own_variable(*binding->getDecomposedDecl());
    const auto* variable = dyn_cast<clang::VarDecl>(&decl);
    if (variable == nullptr || function_ == nullptr) return false;
    if (variable->hasGlobalStorage() || is_copied(*variable)) return true;
    if (variable->getDeclContext() != function_) return false;
    if (!variable->getType()->isReferenceType()) return true;
    return !isa<clang::ParmVarDecl>(variable) && variable->hasInit() && is_own(*variable->getInit());
  }

  /// A lambda's own copy of what it captured.
  bool is_copied(const clang::VarDecl& variable) const {
    const auto* method = dyn_cast<clang::CXXMethodDecl>(function_);
    if (method == nullptr || !method->getParent()->isLambda()) return false;
    return std::ranges::any_of(method->getParent()->captures(), [&variable](const clang::LambdaCapture& each) {
      return each.getCaptureKind() == clang::LCK_ByCopy && each.capturesVariable() && each.getCapturedVar() == &variable;
    });
  }

  bool is_own_member(const clang::MemberExpr& member) const {
    if (isa<clang::VarDecl>(member.getMemberDecl())) return function_ != nullptr;
    if (member.getMemberDecl()->getType()->isReferenceType()) return false;
    return member.isArrow() ? points_to_own(*member.getBase()) : is_own(*member.getBase());
  }

  bool points_to_own(const clang::Expr& pointer) const {
    const clang::Expr& expression = stripped(pointer);
    if (isa<clang::CXXThisExpr>(expression)) return function_ != nullptr && isa<clang::CXXConstructorDecl>(function_);
    if (expression.getType()->isArrayType()) return is_own(expression);
    const auto* unary = dyn_cast<clang::UnaryOperator>(&expression);
    return unary != nullptr && unary->getOpcode() == clang::UO_AddrOf && is_own(*unary->getSubExpr());
  }

  ChangeSearch& search_;
  const clang::FunctionDecl* function_;
};

ChangeSearch::Targets ChangeSearch::changed_by(const clang::Stmt& part) {
  ChangeWalk walk(*this, nullptr);
  walk.visit(part);
  return std::move(walk.found);
}

const ChangeSearch::Targets& ChangeSearch::changed_by(const clang::FunctionDecl& body) {
  const auto [known, inserted] = bodies_.try_emplace(&body);
  if (!inserted) return known->second;
  ChangeWalk walk(*this, &body);
  if (const auto* constructor = dyn_cast<clang::CXXConstructorDecl>(&body)) {
    for (const auto* init : constructor->inits()) walk.visit(*init->getInit());
  }
  walk.visit(*body.getBody());
  return known->second = std::move(walk.found);
}

}  // namespace dflow::compiler
