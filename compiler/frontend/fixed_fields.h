// Members that nothing changes once their object is made.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "compiler/frontend/definitions.h"

namespace dflow::compiler {

/// Looks through the file when it is asked for the first time.
class FixedFields {
 public:
  explicit FixedFields(const Project& project) : project_(project) {}

  /// A number, and no code of this file changes it, takes its address or binds a reference to it, and no
  /// object of its class is assigned to.
  bool contains(const clang::FieldDecl& field);

 private:
  static std::set<const clang::FieldDecl*> changed(const Project& project, const Definitions& definitions);

  const Project& project_;
  std::optional<std::set<const clang::FieldDecl*>> touched_;  ///< That something may change.
  std::set<std::string> elsewhere_;  ///< The same of other files, by what Clang calls them in all.
};

}  // namespace dflow::compiler
