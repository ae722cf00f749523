// Objects that are made on the way to a call, a solver with the executor among its members: what their
// members were made of.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "compiler/frontend/affine_walk.h"

namespace dflow::compiler {

class LaunchObjects {
 public:
  /// A function on the way: 0 is the graph function, each frame's callee is one more.
  using Level = std::size_t;

  LaunchObjects(const clang::FunctionDecl& graph, const std::vector<AffineFrame>& frames)
      : graph_(graph), frames_(frames) {}

  /// Of the function that a variable or parameter belongs to.
  std::optional<Level> level_of(const clang::VarDecl& variable) const;
  /// The object that the graph function is called on.
  bool is_own(const clang::Expr& object, Level level) const;

  /// The executor behind that of a call in the innermost function: a variable, or a member of the object that
  /// the graph function is called on. Null if nothing tells.
  const clang::ValueDecl* executor(const clang::Expr& of_call) const;

  /// The value that a member was made with, as the constructor's text or that of its caller has it.
  struct Initial {
    const clang::Expr* value = nullptr;
    AffineFrame constructor = {};  ///< Whose parameters the value may name; none: an aggregate's.
    Level level = 0;               ///< At which the object was made.
  };
  /// None where that is not the value of all members of this name: objects that are copied by functions of
  /// the user's, or made elsewhere.
  std::optional<Initial> initial(const clang::Expr& object, const clang::FieldDecl& field, Level level) const;

 private:
  struct Made {
    const clang::Expr* expression = nullptr;
    Level level = 0;
  };
  std::optional<Level> level_of(const clang::FunctionDecl* function) const;
  /// Of the member function whose object `this` is.
  std::optional<Level> level_of_this(Level level) const;
  const clang::Expr* called_on(Level level) const;
  const clang::ValueDecl* executor(const clang::Expr& named, Level level) const;
  std::optional<Made> made(const clang::Expr& object, Level level) const;
  const clang::Expr* argument_for(const clang::ParmVarDecl& parameter, Level level) const;

  const clang::FunctionDecl& graph_;
  const std::vector<AffineFrame>& frames_;
};

}  // namespace dflow::compiler
