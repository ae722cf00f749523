// What is said where no more files can be opened.
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace dflow::net {

inline constexpr const char* kAtFileLimit = "this process has as many files as it may have; raise the limit (ulimit -n)";

/// Somebody's error says so.
inline bool at_file_limit(std::string_view why) { return why.find(std::generic_category().message(EMFILE)) != why.npos; }

/// A fresh descriptor. Throws std::runtime_error if it is none: for what cannot be without it.
inline int opened(int descriptor) {
  if (descriptor < 0) throw std::runtime_error("no connections can be watched: " + (errno == EMFILE ? kAtFileLimit : std::generic_category().message(errno)));
  return descriptor;
}

}  // namespace dflow::net
