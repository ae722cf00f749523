// What a call gives its tasks, as a launcher gives it.
#pragma once

#include <set>
#include <string>

#include "compiler/codegen/launcher.h"
#include "compiler/frontend/launch_values.h"

namespace dflow::compiler {

/// Adds the arguments of one call to its site. Throws NotLaunched for what is not repeated.
class LaunchArguments {
 public:
  struct Of {
    const Project& project;
    const clang::FunctionDecl& called;
    LaunchSite& site;
    LaunchValues &values, &now;              ///< As texts that tasks evaluate, and as those that the caller does.
    std::set<const clang::Expr*>& repeated;  ///< Gets those that the caller evaluates.
  };
  explicit LaunchArguments(Of of) : of_(of) {}

  /// The next one. `element`: of a map's ranges, by which index.
  void read(const clang::Expr& argument, const std::string* element);
  /// A copy that the lambda holds.
  void read_captured(const clang::Expr& copy);

 private:
  struct Value {
    const clang::Expr& expression;
    const std::string* element;
    clang::QualType given, parameter;
  };
  void read_future(const clang::Expr& argument, const std::string* element, clang::QualType parameter, LaunchArgument& read) const;
  void read_value(const Value& value, LaunchArgument& read);
  void read_now(const Value& value, LaunchArgument& read);
  void check_container(const clang::Expr& argument, clang::QualType held, clang::QualType parameter) const;
  void check_passed(clang::QualType given, clang::QualType parameter, clang::SourceLocation where) const;
  bool is_object() const { return !of_.site.method.empty() && of_.site.arguments.empty(); }
  const clang::ASTContext& context() const { return of_.project.context(); }

  Of of_;
};

}  // namespace dflow::compiler
