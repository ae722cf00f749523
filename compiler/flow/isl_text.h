// What isl prints.
#pragma once

#include <cstdlib>
#include <string>

namespace dflow::compiler::flow {

/// isl's printers allocate what they return.
inline std::string taken(char* raw) {
  std::string text(raw == nullptr ? "" : raw);
  std::free(raw);
  return text;
}

}  // namespace dflow::compiler::flow
