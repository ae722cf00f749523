// What an expression depends on, as plain values.
#pragma once

#include "compiler/frontend/records.h"

namespace dflow::compiler {

/// What an expression's value and its size depend on.
struct Uses {
  UseList value;
  UseList size;

  Uses& operator+=(const Uses& other) {
    value.insert(value.end(), other.value.begin(), other.value.end());
    size.insert(size.end(), other.size.begin(), other.size.end());
    return *this;
  }
  /// All of it, whatever the aspect.
  UseList all() const {
    UseList result = value;
    result.insert(result.end(), size.begin(), size.end());
    return result;
  }
  static Uses opaque(UseList uses) { return {uses, uses}; }
};

/// Whether the true value of an expression is needed where it stands, or it is only passed on.
enum class Context {
  needed,
  passed_on,
  range,  ///< walked over by a loop that stands here, and nothing else
};

}  // namespace dflow::compiler
