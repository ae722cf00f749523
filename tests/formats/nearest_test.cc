#include "formats/nearest.h"

#include <gtest/gtest.h>

namespace dflow::formats {
namespace {

TEST(Nearest, FindsTheNearestName) {
  const std::vector<std::string> known{"word_count", "heat", "wordy"};
  EXPECT_EQ(nearest("word_cuont", known), "word_count");
  EXPECT_EQ(nearest("heta", known), "heat");
  EXPECT_EQ(nearest("tip", {"top", "up"}), "top");
  EXPECT_EQ(nearest("m", {"xs", "n"}), "n");
}

TEST(Nearest, IsSilentWhereNothingIsNear) {
  EXPECT_EQ(nearest("cholesky", {"heat", "sum"}), "");
  EXPECT_EQ(nearest("foo", {"top", "up"}), "");
}

}  // namespace
}  // namespace dflow::formats
