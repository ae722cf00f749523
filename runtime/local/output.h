// What this process has printed and still holds.
#pragma once

#include <cstdio>
#include <iostream>

namespace dflow::local {

/// Writes it out. Not what other FILEs hold: fflush(nullptr) would wait for whoever reads one, a pipe from another process perhaps.
inline void flush_output() {
  std::cout.flush();
  std::clog.flush();
  std::fflush(stdout);
}

}  // namespace dflow::local
