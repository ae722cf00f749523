// Limits of workers.
#include "runtime/cluster/memory_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace dflow::cluster {
namespace {

TEST(MemoryLimits, AreAShareUnlessTheyAreAskedFor) {
  EXPECT_EQ(limit_of_worker({}, 4, 1000), (MemoryLimit{.bytes = 250}));
  EXPECT_EQ(limit_of_worker(300, 4, 1000), (MemoryLimit{.bytes = 300, .strict = true}));
  EXPECT_EQ(limit_of_worker(3000, 4, 1000), (MemoryLimit{.bytes = 1000, .strict = true}));
  EXPECT_EQ(limit_of_worker(0, 4, 1000), MemoryLimit{});
}

TEST(MemoryLimits, AreNoHigherThanThoseOfTheProcess) {
  rlimit old{};
  ::getrlimit(RLIMIT_DATA, &old);
  const rlimit less{rlim_t{1} << 40, old.rlim_max};
  ::setrlimit(RLIMIT_DATA, &less);
  EXPECT_EQ(within_resource_limits({.bytes = std::uint64_t{1} << 50}).bytes, std::uint64_t{1} << 40);
  EXPECT_EQ(within_resource_limits({.bytes = 1000}).bytes, 1000u);
  EXPECT_EQ(within_resource_limits({}).bytes, 0u);
  ::setrlimit(RLIMIT_DATA, &old);
}

}  // namespace
}  // namespace dflow::cluster
