// Limits as the kernel tells them: the files of real machines, below another root.
#include "formats/machine_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace dflow::formats {
namespace {

class Groups : public testing::Test {
 protected:
  Groups() {
    std::string name = testing::TempDir() + "groups-XXXXXX";
    root_ = ::mkdtemp(name.data());
  }
  ~Groups() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  std::uint64_t found() const { return memory_of_machine(root_); }

  std::string root_;
};

TEST_F(Groups, WithoutAnyTheMachinesMemoryIsTheLimit) {
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  EXPECT_EQ(found(), pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

TEST_F(Groups, OfVersion2CountWithThoseAroundThem) {
  write("/proc/self/mountinfo",
        "24 1 0:22 / /sys rw,nosuid - sysfs sysfs rw\n"
        "31 24 0:27 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 "
        "rw,nsdelegate\n");
  write("/proc/self/cgroup", "0::/user.slice/job\n");
  write("/sys/fs/cgroup/user.slice/job/memory.max", "max\n");
  write("/sys/fs/cgroup/user.slice/memory.max", "300000000\n");
  EXPECT_EQ(found(), 300'000'000u);
  write("/sys/fs/cgroup/user.slice/job/memory.high", "200000000\n");
  EXPECT_EQ(found(), 200'000'000u);
}

TEST_F(Groups, OfVersion2MayBeTheRootOfAContainer) {
  write("/proc/self/mountinfo", "31 24 0:27 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
  write("/proc/self/cgroup", "0::/\n");
  write("/sys/fs/cgroup/memory.max", "123456789\n");
  EXPECT_EQ(found(), 123'456'789u);
}

TEST_F(Groups, OfVersion1AreThoseOfTheMemoryController) {
  write("/proc/self/mountinfo",
        "35 24 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
        "36 24 0:31 /docker/abc /sys/fs/cgroup/memory ro,nosuid master:15 - cgroup cgroup rw,memory\n"
        "37 24 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  write("/proc/self/cgroup", "9:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc/job\n0::/\n");
  write("/sys/fs/cgroup/cpu/job/memory.limit_in_bytes", "1000\n");
  write("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "9223372036854771712\n");
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "400000000\n");
  EXPECT_EQ(found(), 400'000'000u);
}

TEST_F(Groups, WhatIsNoNumberIsNoLimit) {
  write("/proc/self/mountinfo", "a line\n31 24 0:27 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
  write("/proc/self/cgroup", "nonsense\n0::/\n");
  write("/sys/fs/cgroup/memory.max", "12x\n");
  EXPECT_GT(found(), 1'000'000u);
}

}  // namespace
}  // namespace dflow::formats
