#include "runtime/cluster/input_numbers.h"

#include <gtest/gtest.h>

#include <map>

namespace dflow::cluster {
namespace {

TEST(InputNumbers, CountDifferentInputsAndKnowThemAgain) {
  std::vector<core::TaskId> inputs;
  InputNumbers numbers(inputs);
  std::map<core::TaskId, std::uint32_t> expected;
  std::uint32_t random = 1;
  for (int step = 0; step < 5000; ++step) {
    random = random * 1664525 + 1013904223;
    const auto id = core::task_id(core::ClientId{random >> 16 & 3}, random >> 20 & 1023);
    const std::uint32_t number = expected.emplace(id, expected.size()).first->second;
    ASSERT_EQ(numbers.of(id), number);
    ASSERT_EQ(inputs.size(), expected.size());
    ASSERT_EQ(inputs[number], id);
  }
  EXPECT_GT(inputs.size(), 1000u);
}

}  // namespace
}  // namespace dflow::cluster
