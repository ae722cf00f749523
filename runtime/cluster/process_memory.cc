#include "runtime/cluster/process_memory.h"

#include <unistd.h>

#include <fstream>
#include <string>

namespace dflow::cluster {

std::uint64_t memory_of(std::int64_t pid) {
  std::ifstream pages("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t all = 0, resident = 0;
  pages >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace dflow::cluster
