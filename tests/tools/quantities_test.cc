#include "tools/dflow/quantities.h"

#include <gmock/gmock.h>

namespace dflow::tools {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Quantities, TimesHaveAUnit) {
  EXPECT_EQ(parse_time("250ns").value(), 250ns);
  EXPECT_EQ(parse_time("1.5us").value(), 1500ns);
  EXPECT_EQ(parse_time("3 µs").value(), 3us);
  EXPECT_EQ(parse_time("2s").value(), 2s);
  EXPECT_EQ(parse_time("0s").value(), 0s);
  EXPECT_EQ(parse_time("1h").value(), 1h);
}

TEST(Quantities, WhatIsNoTimeIsRefused) {
  for (const char* wrong : {"", "5", "ms", "-1ms", "1 week", "1e3", "nan s", "infs", "1001h", "1ms "})
    EXPECT_THAT(parse_time(wrong).message(), HasSubstr("expected a time")) << wrong;
}

TEST(Quantities, SizesAreInPowersOfAThousand) {
  EXPECT_EQ(parse_size("8").value(), 8u);
  EXPECT_EQ(parse_size("64kB").value(), 64'000u);
  EXPECT_EQ(parse_size("1.5 GB").value(), 1'500'000'000u);
  EXPECT_EQ(parse_size("0").value(), 0u);
  for (const char* wrong : {"", "-1", "1KiB", "1001TB", "GB"})
    EXPECT_THAT(parse_size(wrong).message(), HasSubstr("expected a size")) << wrong;
}

TEST(Quantities, RatesAreSizesASecond) {
  EXPECT_EQ(parse_rate("125MB/s").value(), 125e6);
  EXPECT_EQ(parse_rate("1e9").value(), 1e9);
  for (const char* wrong : {"0", "1B/s", "1GB/min", "/s"})
    EXPECT_THAT(parse_rate(wrong).message(), HasSubstr("expected bytes a second")) << wrong;
}

TEST(Quantities, WorkersAreCountedListedOrDoubled) {
  EXPECT_THAT(parse_workers("8").value(), ElementsAre(8));
  EXPECT_THAT(parse_workers("4,1,4").value(), ElementsAre(4, 1, 4));
  EXPECT_THAT(parse_workers("1..8").value(), ElementsAre(1, 2, 4, 8));
  EXPECT_THAT(parse_workers("3..20").value(), ElementsAre(3, 6, 12, 20));
  EXPECT_THAT(parse_workers("5..5").value(), ElementsAre(5));
  for (const char* wrong : {"", "0", "-1", "1..", "..4", "8..1", "1...4", "1,", "65537", "1..65537", "two"})
    EXPECT_THAT(parse_workers(wrong).message(), HasSubstr("expected a number of workers")) << wrong;
}

}  // namespace
}  // namespace dflow::tools
