// How often somebody calls a scheduler that is away.
#include "runtime/cluster/reconnect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace dflow::cluster {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;

const net::Address kNobody{.host = "127.0.0.1", .port = 1};  // nobody may listen there

/// The pauses that somebody makes who gives up after so many.
std::vector<std::chrono::milliseconds> pauses(std::size_t count, std::chrono::milliseconds patience) {
  std::vector<std::chrono::milliseconds> made;
  const Away away{.scheduler = kNobody, .patience = patience, .pause = [&](std::chrono::milliseconds time) {
                    made.push_back(time);
                    return made.size() < count;
                  }};
  EXPECT_THAT(rejoin(away, {.role = net::Role::client}).message(), HasSubstr("nobody answers"));
  return made;
}

TEST(Reconnect, PausesGrowToASecondAndNoFurther) {
  const auto made = pauses(14, 24h);
  ASSERT_EQ(made.size(), 14u);
  std::chrono::milliseconds most = 20ms;
  for (const std::chrono::milliseconds pause : made) {
    EXPECT_THAT(pause.count(), AllOf(Ge(most.count() / 2), Le(most.count())));
    most = std::min<std::chrono::milliseconds>(2 * most, 1s);
  }
}

/// Those who were cut off together do not come back together.
TEST(Reconnect, PausesDiffer) {
  const auto one = pauses(14, 24h);
  bool differ = false;
  for (int tries = 0; tries < 20 && !differ; ++tries) differ = pauses(14, 24h) != one;
  EXPECT_TRUE(differ);
}

TEST(Reconnect, MakesNoPauseThatIsLongerThanItsPatience) {
  EXPECT_TRUE(pauses(14, 10ms).empty()) << "the first may take 20 ms";
}

}  // namespace
}  // namespace dflow::cluster
