// The memory of this process, for the benchmarks' figures.
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>

namespace dflow::bench {

/// A figure of /proc/self/status in MB. Not getrusage's ru_maxrss, which an exec inherits from the parent: a
/// small benchmark would report the memory of the script that started it.
inline double memory_mb(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(key + ":", 0) == 0) return std::stod(line.substr(key.size() + 1)) / 1024;
  throw std::runtime_error("/proc/self/status has no " + key);
}

}  // namespace dflow::bench
