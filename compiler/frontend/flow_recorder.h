// Clang's AST -> records.h, for the project's functions.
#pragma once

#include <map>

#include "compiler/frontend/definitions.h"
#include "compiler/frontend/records.h"

namespace dflow::compiler {

struct RecordedUnit {
  UnitRecord unit;
  std::map<const clang::FunctionDecl*, FunctionId> functions;  ///< By definition; lambdas' operators too.
};

/// All files' functions together: they may call each other.
RecordedUnit record(const std::vector<SourceUnit>& files);

}  // namespace dflow::compiler
