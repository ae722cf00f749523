// Names for what values live in.
#pragma once

#include <map>

#include "compiler/frontend/records.h"
#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

class PlaceTable {
 public:
  explicit PlaceTable(UnitRecord& unit) : unit_(unit) {}

  /// A variable's, a parameter's, or (by its function) a result's place.
  PlaceId of(const clang::Decl& decl) { return find(decl.getCanonicalDecl(), Role::itself); }
  /// What a member function is called on.
  PlaceId object(const clang::FunctionDecl& method) { return find(method.getCanonicalDecl(), Role::object); }

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
  std::map<std::pair<const clang::Decl*, Role>, PlaceId> places_;
};

}  // namespace dflow::compiler
