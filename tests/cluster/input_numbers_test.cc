#include "runtime/cluster/input_numbers.h"

#include <gtest/gtest.h>

#include <map>

namespace dflow::cluster {
namespace {

TEST(InputNumbers, CountDifferentInputsAndKnowThemAgain) {
  InputNumbers numbers;
  std::map<core::TaskId, std::uint32_t> expected;
  std::uint32_t random = 1;
  for (int step = 0; step < 5000; ++step) {
    random = random * 1664525 + 1013904223;
    const auto id = core::task_id(core::ClientId{random >> 16 & 3}, random >> 20 & 1023);
    const std::uint32_t number = expected.emplace(id, expected.size()).first->second;
    ASSERT_EQ(numbers.of(id), number);
  }
  const auto inputs = numbers.take();
  ASSERT_EQ(inputs.size(), expected.size());
  EXPECT_GT(inputs.size(), 1000u);
  for (const auto& [id, number] : expected) EXPECT_EQ(inputs[number], id);
}

core::TaskId id(std::uint64_t number) { return core::task_id(core::ClientId{1}, number); }

core::SharedList<core::TaskId> first(std::uint64_t count) {
  InputNumbers numbers;
  for (std::uint64_t i = 0; i < count; ++i) numbers.of(id(i));
  return numbers.take();
}

TEST(InputNumbers, ShareTheListOfATaskWithTheSameInputs) {
  const auto before = first(40);
  InputNumbers numbers(before);
  for (const int turn : {0, 1, 2}) {  // as arguments, and as what it comes after
    for (std::uint32_t i = 0; i < 40; ++i) EXPECT_EQ(numbers.of(id(i)), i) << turn;
  }
  EXPECT_TRUE(numbers.take().is(before));
}

TEST(InputNumbers, GoTheirOwnWayFromTheFirstInputThatDiffers) {
  const auto before = first(40);
  for (const std::uint32_t same : {0u, 1u, 15u, 16u, 39u, 40u}) {
    InputNumbers numbers(before);
    for (std::uint32_t i = 0; i < same; ++i) EXPECT_EQ(numbers.of(id(i)), i);
    EXPECT_EQ(numbers.of(id(99)), same);
    for (std::uint32_t i = same; i-- > 0;) EXPECT_EQ(numbers.of(id(i)), i);
    const auto inputs = numbers.take();
    ASSERT_EQ(inputs.size(), same + 1);
    EXPECT_EQ(inputs[same], id(99));
  }
  InputNumbers fewer(before);
  fewer.of(id(0));
  EXPECT_EQ(fewer.take().size(), 1u);
}

}  // namespace
}  // namespace dflow::cluster
