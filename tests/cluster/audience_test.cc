#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/cluster/audience.h"

namespace dflow::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Audience, IsFoundWhereItIsMarked) {
  const std::string mark = audience_mark({7, 4'000'000'000});
  const auto found = find_mark("before\n" + mark + "after\n");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->begin, 7u);
  EXPECT_EQ(found->size, mark.size());
  EXPECT_THAT(found->audience, ElementsAre(7u, 4'000'000'000u));
}

TEST(Audience, MayBeNobodyInParticular) {
  const auto found = find_mark(audience_mark({}));
  ASSERT_TRUE(found);
  EXPECT_THAT(found->audience, IsEmpty());
}

TEST(Audience, IsNotFoundInPartOfAMarkOrInOtherText) {
  const std::string mark = audience_mark({12});
  for (std::size_t size = 0; size < mark.size(); ++size) EXPECT_FALSE(find_mark(mark.substr(0, size))) << size;
  EXPECT_FALSE(find_mark("\x1b_dflow;x\x1b\\ \x1b[31mred\x1b[0m \x1b_dflow;1;\x1b\\"));
  EXPECT_EQ(find_mark("\x1b_dflow;x\x1b\\" + mark)->audience, Audience{12});
}

}  // namespace
}  // namespace dflow::cluster
