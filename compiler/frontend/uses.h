// What an expression depends on, as plain values.
#pragma once

#include <algorithm>

#include "compiler/frontend/records.h"

namespace dflow::compiler {

/// Each once: where calls are nested, every one of them adds what the one inside of it has twice, as value and as size.
inline void add_uses(UseList& to, const UseList& more) {
  to.insert(to.end(), more.begin(), more.end());
  std::ranges::sort(to);
  to.erase(std::ranges::unique(to).begin(), to.end());
}

/// What an expression's value and its size depend on.
struct Uses {
  UseList value;
  UseList size;

  Uses& operator+=(const Uses& other) {
    add_uses(value, other.value);
    add_uses(size, other.size);
    return *this;
  }
  /// All of it, whatever the aspect.
  UseList all() const {
    UseList result = value;
    add_uses(result, size);
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
