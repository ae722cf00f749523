#include "compiler/frontend/memory_limit.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace dflow::compiler {
namespace {

/// A container is ended by the kernel when it takes more than it was given, whatever its machine has.
TEST(MemoryLimit, IsHalfOfWhatAControlGroupLeaves) {
  std::string name = testing::TempDir() + "memory-XXXXXX";
  const std::filesystem::path root = ::mkdtemp(name.data());
  std::filesystem::create_directories(root / "proc/self");
  std::filesystem::create_directories(root / "groups");
  std::ofstream(root / "proc/self/mountinfo") << "31 24 0:27 / /groups ro - cgroup2 cgroup rw\n";
  std::ofstream(root / "proc/self/cgroup") << "0::/\n";
  std::ofstream(root / "groups/memory.max") << "300000000\n";
  EXPECT_EQ(half_of_machine(root), 150'000'000u);
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace dflow::compiler
