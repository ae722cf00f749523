// Who is too slow, by time that nobody has to wait for.
#include "runtime/net/pace.h"

#include <gtest/gtest.h>

namespace dflow::net {
namespace {

using namespace std::chrono_literals;

constexpr Pace::Limits kLimits{.patience = 10s, .slowest = 1000};

TEST(Pace, IsPatientOnceWithWhoIsSilent) {
  Pace pace(kLimits);
  EXPECT_EQ(pace.left(), 10s);
  pace.waited(9s);
  EXPECT_EQ(pace.left(), 1s);
  pace.waited(1s);
  EXPECT_EQ(pace.left(), 0s);
}

TEST(Pace, WaitsForEverForWhoIsFastEnough) {
  Pace pace(kLimits);
  for (int i = 0; i < 1000; ++i) {
    pace.waited(1s);
    pace.came(1000);
  }
  EXPECT_EQ(pace.left(), 10s);
}

TEST(Pace, LosesPatienceWithWhoSendsAByteNowAndThen) {
  Pace pace(kLimits);
  int seconds = 0;
  for (; pace.left() > 0s && seconds < 100; ++seconds) {
    pace.waited(1s);
    pace.came(1);
  }
  EXPECT_GE(seconds, 10);
  EXPECT_LE(seconds, 11);
}

}  // namespace
}  // namespace dflow::net
