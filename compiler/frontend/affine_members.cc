// Numbers in objects that hold futures: a solver's own `n_`. Known are those that nothing changes once they are made.
#include <algorithm>
#include <map>

#include "clang/AST/DeclCXX.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/neighbours.h"

namespace dflow::compiler {

using llvm::dyn_cast;
using llvm::isa;

bool AffineWalk::is_fixed(const clang::FieldDecl& field) {
  return field.getType()->isIntegralOrEnumerationType() && fixed_.contains(field);
}

void AffineWalk::note_number(const Named& object, const clang::FieldDecl& field, const clang::Expr& value) {
  if (object.object == 0 || !field.getType()->isIntegralOrEnumerationType()) return;
  const auto number = integer(value);
  numbers_.erase({object.object, &field});
  if (number && is_fixed(field)) numbers_[{object.object, &field}] = *number;
}

void AffineWalk::copy_numbers(const Named& from, const Named& to) {
  if (to.object == 0) return;
  std::erase_if(numbers_, [&to](const auto& entry) { return entry.first.first == to.object; });
  std::map<std::pair<std::size_t, const clang::FieldDecl*>, Integer> copied;
  for (const auto& [key, number] : numbers_)
    if (from.object != 0 && key.first == from.object) copied[{to.object, key.second}] = number;
  numbers_.merge(copied);
}

/// The object that a plain name means, `this` too; none if it holds no futures.
std::optional<Named> AffineWalk::object_at(const clang::Expr& expression) {
  const clang::Expr* bare = expression.IgnoreParenImpCasts();
  if (isa<clang::CXXThisExpr>(bare)) return this_;
  if (!isa<clang::DeclRefExpr, clang::MemberExpr>(bare) || bare->getType()->isPointerType() || !shape_of(bare->getType())) return std::nullopt;
  return named(*bare);
}

std::optional<Integer> AffineWalk::member_number(const clang::MemberExpr& member) {
  const auto* field = dyn_cast<clang::FieldDecl>(member.getMemberDecl());
  if (field == nullptr || numbers_.empty()) return std::nullopt;
  const auto object = object_at(*member.getBase());
  const auto one_case = [](const auto& self, const Named& part) -> bool {
    return part.fields.empty() ? part.cases.size() == 1 : std::ranges::all_of(part.fields, [&](const Named& each) { return self(self, each); });
  };
  if (!object || object->object == 0 || !one_case(one_case, *object)) return std::nullopt;
  const auto found = numbers_.find({object->object, field});
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

/// A function, operator or lambda that returns a reference to a future, or to what holds futures, of its object or its arguments, and
/// does nothing else: `const Row& row() const`, `Tile& operator()(int i, int j)`, `Handle& cell(Row& row, int i)`.
std::optional<Named> AffineWalk::accessed(const clang::CallExpr& call) {
  const auto* callee = call.getDirectCallee();
  if (callee == nullptr || !callee->getReturnType()->isReferenceType() || in_dflow_namespace(*callee)) return std::nullopt;
  const auto* method = dyn_cast<clang::CXXMethodDecl>(callee);
  const bool on_object = method != nullptr && !method->isStatic();
  const auto* body = on_object && method->isVirtual() ? nullptr : body_of(*callee, project_);
  const auto* value = body == nullptr ? nullptr : only_value(*body);
  if (value == nullptr || depth_of_numbers_ >= 8) return std::nullopt;
  const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&call);
  const unsigned first = on_object && member == nullptr ? 1 : 0;  // an operator's object is its first argument
  const auto closure = first == 1 ? closure_of(*call.getArg(0)) : std::nullopt;
  if (closure && !method->isConst()) return std::nullopt;
  std::optional<Named> object = closure ? closure->object : std::nullopt;
  if (on_object && !closure) {
    object = object_at(member == nullptr ? *call.getArg(0) : *member->getImplicitObjectArgument());
    if (!object) return std::nullopt;
  }
  NumbersOf numbers;
  std::map<const clang::VarDecl*, Named> futures;
  if (closure) numbers.assign(closure->numbers.begin(), closure->numbers.end());
  if (closure) futures = closure->futures;
  for (unsigned i = first; i < call.getNumArgs() && i - first < body->getNumParams(); ++i) {
    const auto* declared = body->getParamDecl(i - first);
    const clang::Expr& argument = given(*call.getArg(i));
    if (declared->getType()->isIntegralOrEnumerationType()) {
      numbers.emplace_back(declared, product(argument));
      continue;
    }
    const auto held = declared->getType()->isReferenceType() && shape_of(declared->getType()) ? named(argument) : std::nullopt;
    if (!held) return std::nullopt;
    futures.emplace(declared, *held);
  }
  std::optional<Named> result;
  with_bound(futures, [&] { result = within(*body, object, numbers, [&] { return named(*value); }); });
  return result;
}

}  // namespace dflow::compiler
