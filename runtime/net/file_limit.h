// What is said where no more files can be opened.
#pragma once

#include <stdexcept>
#include <string>

namespace dflow::net {

inline constexpr const char* kAtFileLimit = "this process has as many files as it may have; raise the limit (ulimit -n)";

/// A fresh descriptor. Throws std::runtime_error if it is none: for what cannot be without it.
inline int opened(int descriptor) {
  if (descriptor < 0) throw std::runtime_error(std::string("no connections can be watched: ") + kAtFileLimit);
  return descriptor;
}

}  // namespace dflow::net
