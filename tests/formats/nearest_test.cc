#include "formats/nearest.h"

#include <gtest/gtest.h>

namespace dflow::formats {
namespace {

TEST(Nearest, FindsTheNearestName) {
  const std::vector<std::string> known{"word_count", "heat", "wordy"};
  EXPECT_EQ(nearest("word_cuont", known), "word_count");
  EXPECT_EQ(nearest("heta", known), "heat");
}

TEST(Nearest, IsSilentWhereNothingIsNear) {
  EXPECT_EQ(nearest("cholesky", {"heat", "sum"}), "");
}

}  // namespace
}  // namespace dflow::formats
