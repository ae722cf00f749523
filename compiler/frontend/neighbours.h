// The other files that are linked with this one: bodies of functions that this one only declares. Each file keeps an AST
// of its own, and what is found there is walked there, with that file's overloads, macros and constants.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "compiler/frontend/definitions.h"
#include "compiler/frontend/frontend.h"

namespace dflow::compiler {

class Neighbours {
 public:
  /// `files` are parsed once something in them is called, and have to outlive this.
  explicit Neighbours(const std::vector<FrontendJob>& files);
  ~Neighbours();
  Neighbours(const Neighbours&) = delete;
  Neighbours& operator=(const Neighbours&) = delete;

  /// Looks for what the graph functions among `definitions`, those of `project`, call and do not see.
  void find(const Project& project, const Definitions& definitions);
  /// What of that is still not found.
  std::set<const clang::FunctionDecl*> open(const Project& project, const Definitions& definitions) const;

  /// The one body of a function that other files see, wherever it stands. None if nobody has it, or if a dry run could
  /// not be led through it: only its own file's compilation may change its text, and knows no graph that needs that.
  const clang::FunctionDecl* body_of(const clang::FunctionDecl& declared) const;
  /// Why not, behind a function's name: ", which ..."; "" if nobody has it.
  std::string objection(const clang::FunctionDecl& declared) const;

  /// The files that were parsed and are not the caller's own.
  std::vector<SourceUnit> units() const;

 private:
  struct File;
  bool parse_one_of(const std::set<const clang::FunctionDecl*>& wanted);
  void add_bodies(const Definitions& definitions);
  void object();

  const std::vector<FrontendJob>& jobs_;
  std::vector<bool> tried_;
  std::vector<std::unique_ptr<File>> files_;
  std::map<std::string, const clang::FunctionDecl*> bodies_;  ///< By what Clang calls a function in all files.
  std::map<std::string, std::string> objections_;
};

/// The same for all declarations of one function, in every file; "" if it has no such name.
std::string entity_of(const clang::FunctionDecl& function);

/// This definition is the one that other files' calls end in.
bool serves_others(const clang::FunctionDecl& definition);

/// visible_body, and where there is none that of another file.
const clang::FunctionDecl* body_of(const clang::FunctionDecl& function, const Project& project);

}  // namespace dflow::compiler
