#include "tools/dflow/readable.h"

#include <gtest/gtest.h>

namespace dflow::tools {
namespace {

TEST(Readable, TimesHaveThreeDigits) {
  EXPECT_EQ(readable_time(0), "0 ns");
  EXPECT_EQ(readable_time(999), "999 ns");
  EXPECT_EQ(readable_time(3'140), "3.14 µs");
  EXPECT_EQ(readable_time(9'996), "10.0 µs");
  EXPECT_EQ(readable_time(31'416), "31.4 µs");
  EXPECT_EQ(readable_time(999'400), "999 µs");
  EXPECT_EQ(readable_time(999'600), "1.00 ms");
  EXPECT_EQ(readable_time(7'200'000'000'000), "7200 s");
}

TEST(Readable, SizesHaveThreeDigits) {
  EXPECT_EQ(readable_size(0), "0 bytes");
  EXPECT_EQ(readable_size(1), "1 byte");
  EXPECT_EQ(readable_size(1'500), "1.50 kB");
  EXPECT_EQ(readable_size(123'456'789), "123 MB");
}

}  // namespace
}  // namespace dflow::tools
