#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace dflow::test {

/// From here on this process gets hardly any more memory.
inline void allow_little_memory() {
  std::ifstream file("/proc/self/statm");
  rlim_t pages = 0;
  file >> pages;
  const rlim_t bytes = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (128 << 20);
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_AS, &limit);
}

}  // namespace dflow::test
