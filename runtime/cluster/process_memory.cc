#include "runtime/cluster/process_memory.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace dflow::cluster {

std::uint64_t memory_of(std::int64_t pid) {
  std::ifstream pages("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t all = 0, resident = 0;
  pages >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void keep_freed_memory() {
  // Freeing a block that came from the kernel raises the C library's bounds to its size, twice that for what threads keep.
  constexpr std::size_t kHalf = std::size_t{2} << 20;
  void* const volatile block = std::malloc(kHalf);
  std::free(block);
}

}  // namespace dflow::cluster
