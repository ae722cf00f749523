#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/cluster/left_out.h"

namespace dflow::cluster {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Printed lines(const std::string& text) { return {.worker = "w", .is_error = false, .text = text}; }

TEST(LeftOut, LetsLinesThroughWhileLittleWaits) {
  LeftOut left_out;
  EXPECT_THAT(left_out.take(lines("a\n"), 0), SizeIs(1));
  EXPECT_THAT(left_out.take(lines("b\n"), LeftOut::kMostWaiting), SizeIs(1));
  EXPECT_THAT(left_out.notice(), IsEmpty());
}

TEST(LeftOut, SaysHowMuchIsMissingBeforeTheNextLines) {
  LeftOut left_out;
  EXPECT_THAT(left_out.take(lines("abc\n"), LeftOut::kMostWaiting + 1), IsEmpty());
  EXPECT_THAT(left_out.take(lines("de\n"), LeftOut::kMostWaiting + 1), IsEmpty());
  const auto sent = left_out.take(lines("f\n"), 0);
  ASSERT_THAT(sent, SizeIs(2));
  EXPECT_THAT(sent[0].text, HasSubstr("7 bytes that tasks printed were left out"));
  EXPECT_EQ(sent[1].text, "f\n");
  EXPECT_THAT(left_out.notice(), IsEmpty());
}

/// On the way to a program, lines pass two such places.
TEST(LeftOut, CountsWhatANoticeSaysThatIsLeftOutItself) {
  LeftOut near, far;
  EXPECT_THAT(near.take(lines("abc\n"), LeftOut::kMostWaiting + 1), IsEmpty());
  const auto sent = near.notice();
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_THAT(far.take(sent[0], LeftOut::kMostWaiting + 1), IsEmpty());
  EXPECT_THAT(far.take(lines("de\n"), LeftOut::kMostWaiting + 1), IsEmpty());
  EXPECT_THAT(far.notice().at(0).text, HasSubstr("7 bytes that tasks printed were left out"));
}

}  // namespace
}  // namespace dflow::cluster
