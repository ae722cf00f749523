// What the generated code and the plan must know of a graph function's declaration.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compiler/codegen/entries.h"
#include "compiler/frontend/flow_recorder.h"

namespace dflow::compiler {

struct Launcher;

/// What a pass did to a call.
struct Improvement {
  clang::SourceLocation at;
  std::string text;
  clang::SourceLocation other;  ///< Of another call that it is about, or none.
};

struct GraphFunction {
  FunctionId record{};
  clang::SourceLocation location;
  formats::Graph graph;  ///< Name, signature, file, line, parameters; the rest comes from the analysis.
  Entry entry;
  bool internal = false;  ///< Other translation units may have another of its name.
  std::shared_ptr<const Launcher> launcher;  ///< Null if it is not launched.
  std::vector<Improvement> optimised;
  bool unscoped = false;              ///< What it submits is recorded outside of its call.
  std::vector<std::pair<const clang::LambdaExpr*, std::string>> noted;  ///< Lambdas that the launcher calls, by their keys.
  std::string refusal;                ///< Why none can be made whatever the shape depends on, or "".
};

/// Whether the rewritten function says where a call begins and ends. A coroutine of a type that is not dflow's cannot.
bool opens_scope(const clang::FunctionDecl& function);

/// All graph functions with a body, instantiations one by one, in order of the source.
std::vector<GraphFunction> graph_functions(const Project& project, const Definitions& definitions,
                                           const RecordedUnit& recorded);

}  // namespace dflow::compiler
