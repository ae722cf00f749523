// Names for what values live in.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "compiler/frontend/records.h"
#include "compiler/frontend/recognise.h"
#include "compiler/frontend/separate_members.h"

namespace dflow::compiler {

class PlaceTable {
 public:
  /// `separate`: variables whose members each have a place of their own.
  PlaceTable(UnitRecord& unit, std::set<const clang::VarDecl*> separate) : unit_(unit), separate_(std::move(separate)) {}

  /// A variable's, a parameter's, or (by its function) a result's place.
  PlaceId of(const clang::Decl& decl) { return find(decl.getCanonicalDecl(), Role::itself); }
  /// What a member function is called on.
  PlaceId object(const clang::FunctionDecl& method) { return find(method.getCanonicalDecl(), Role::object); }

  bool is_separate(const clang::VarDecl& variable) const { return separate_.contains(&variable); }
  PlaceId member(const clang::VarDecl& variable, const clang::FieldDecl& field) {
    const auto [found, inserted] = members_.try_emplace({&variable, &field});
    if (inserted) found->second = add({});
    return found->second;
  }
  /// The place of `x.a` if that is one of them.
  std::optional<PlaceId> member(const clang::Expr& expression) {
    const auto [variable, field] = named_member(expression);
    if (variable == nullptr || !is_separate(*variable)) return std::nullopt;
    return member(*variable, *field);
  }

  PlaceId add(Place place) {
    unit_.places.push_back(std::move(place));
    return static_cast<PlaceId>(unit_.places.size() - 1);
  }

  /// What an object that a constructor made depends on besides the arguments.
  PlaceId made(const clang::FunctionDecl& constructor) { return find(constructor.getCanonicalDecl(), Role::made); }
  /// The exception that a function may end with.
  PlaceId failure(const clang::FunctionDecl& function) { return find(function.getCanonicalDecl(), Role::failure); }

 private:
  enum class Role { itself, object, made, failure };

  PlaceId find(const clang::Decl* decl, Role role) {
    const auto [found, inserted] = places_.try_emplace({decl, role});
    if (inserted) found->second = add({});
    return found->second;
  }

  UnitRecord& unit_;
  const std::set<const clang::VarDecl*> separate_;
  std::map<std::pair<const clang::VarDecl*, const clang::FieldDecl*>, PlaceId> members_;
  std::map<std::pair<const clang::Decl*, Role>, PlaceId> places_;
};

}  // namespace dflow::compiler
