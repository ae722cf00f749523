#include "tools/dflow/suggest.h"

#include <gmock/gmock.h>

namespace dflow::tools {
namespace {

TEST(Suggest, NamesWhatThereIs) {
  EXPECT_EQ(suggestion("heta", {"heat", "sum"}), " (did you mean heat?); it has heat, sum");
  EXPECT_EQ(suggestion("other", {"heat"}), "; it has heat");
  EXPECT_EQ(suggestion("other", {}), "");
}

TEST(Suggest, LongListsAreCounted) {
  EXPECT_THAT(list(std::vector<std::string>(25, "x")), ::testing::EndsWith("x, x and 5 more"));
}

}  // namespace
}  // namespace dflow::tools
