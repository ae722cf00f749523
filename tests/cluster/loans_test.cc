// How much is read back at a time to be sent.
#include "runtime/cluster/loans.h"

#include <gtest/gtest.h>

#include <future>

namespace dflow::cluster {
namespace {

using namespace std::chrono_literals;

std::future<std::shared_ptr<Buffer>> taken(Loans& loans, std::uint64_t bytes) {
  return std::async(std::launch::async, [&loans, bytes] { return loans.take(bytes); });
}

TEST(Loans, AreFewBytesAtATime) {
  Loans loans;
  loans.bound(100);
  auto first = loans.take(60), second = loans.take(40);
  auto third = taken(loans, 41);
  EXPECT_EQ(third.wait_for(20ms), std::future_status::timeout);
  second.reset();
  EXPECT_EQ(third.wait_for(20ms), std::future_status::timeout);
  first.reset();
  EXPECT_NE(third.get(), nullptr);
}

TEST(Loans, LetALargeOneGoAlone) {
  Loans loans;
  loans.bound(100);
  auto large = loans.take(1000);
  auto small = taken(loans, 1);
  EXPECT_EQ(small.wait_for(20ms), std::future_status::timeout);
  large.reset();
  EXPECT_NE(small.get(), nullptr);
}

TEST(Loans, AreGivenAfterAWhileToWhoeverWaits) {
  Loans loans;
  loans.bound(100);
  const auto kept = loans.take(100);
  EXPECT_NE(loans.take(100), nullptr);
}

TEST(Loans, HaveNoBoundUntilThereIsOne) {
  Loans loans;
  const auto one = loans.take(std::uint64_t{1} << 40), other = loans.take(std::uint64_t{1} << 40);
  EXPECT_NE(one, other);
}

TEST(Loans, OutliveWhoGaveThem) {
  auto loans = std::make_unique<Loans>();
  auto kept = loans->take(1);
  loans.reset();
  kept->resize(1);
}

}  // namespace
}  // namespace dflow::cluster
