// Streams over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include "runtime/net/listener.h"
#include "tests/net/ends.h"
#include "tests/net/steps.h"

namespace dflow::net {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Address, IsHostAndPort) {
  EXPECT_EQ(parse_address("127.0.0.1:80").value().text(), "127.0.0.1:80");
  EXPECT_EQ(parse_address("[::1]:80").value().text(), "[::1]:80");
  for (const char* wrong : {"", "host", ":80", "host:", "host:70000", "host:8x"}) {
    EXPECT_THAT(parse_address(wrong).message(), HasSubstr("HOST:PORT")) << wrong;
  }
}

TEST(Stream, NobodyAnswers) {
  const auto refused = Stream::connect({.host = "127.0.0.1", .port = 1}, 1s);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.message(), HasSubstr("nobody answers at 127.0.0.1:1"));
}

TEST(Stream, TooManyFilesSayWhatToDo) {
  const auto listener = Listener::bind({.host = "127.0.0.1", .port = 0});
  // Sanitizers open files when they see a type for the first time: so both ends are seen before.
  ASSERT_TRUE(Stream::connect(listener.value()->address(), 1s));
  ASSERT_FALSE(Stream::connect({.host = "127.0.0.1", .port = 1}, 1s));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto refused = Stream::connect(listener.value()->address(), 1s);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.message(), HasSubstr("raise the limit (ulimit -n)"));
}

TEST(Stream, PortInUseSaysWhatToDo) {
  const auto first = Listener::bind({.host = "127.0.0.1", .port = 0});
  const auto second = Listener::bind(first.value()->address());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.message(), HasSubstr("take another port"));
}

TEST(Stream, StaysOnLoopback) {
  EXPECT_THAT(Listener::bind({.host = "0.0.0.0", .port = 0}).message(), HasSubstr("certificates"));
}

/// Thrift's own budget for a transport ends at 100 MiB.
TEST(Stream, CarriesMoreThanThriftsBudget) {
  Ends pair = connected();
  constexpr std::size_t kEach = 4 << 20;
  constexpr int kTimes = 40;
  std::thread sender([&] {
    const std::vector<std::byte> bytes(kEach, std::byte{7});
    const std::span<const std::byte> piece(bytes);
    for (int i = 0; i < kTimes; ++i) {
      ASSERT_TRUE(pair.near->write(Push{.task = static_cast<std::uint64_t>(i), .size = kEach}, {&piece, 1}));
    }
  });
  std::vector<std::byte> bytes(kEach);
  for (int i = 0; i < kTimes; ++i) {
    const auto message = pair.far->read();
    ASSERT_TRUE(message) << i << ": " << message.message();
    EXPECT_EQ(std::get<Push>(message.value()).task, static_cast<std::uint64_t>(i));
    ASSERT_TRUE(pair.far->read_raw(bytes));
    EXPECT_EQ(bytes.back(), std::byte{7});
  }
  sender.join();
}

TEST(Stream, OtherSidesEndIsAnError) {
  Ends pair = connected();
  pair.near->shut_down();
  EXPECT_FALSE(pair.far->read());
}

TEST(Stream, SilenceEndsAtItsLimit) {
  Ends pair = connected();
  pair.far->set_read_timeout(10ms);
  EXPECT_FALSE(pair.far->read());
}

TEST(Stream, WritesWhatTheSocketTakes) {
  Ends pair = connected();
  expect_to_arrive(*pair.near, *pair.far);
}

TEST(Stream, TakesNothingMoreForWhoDoesNotRead) {
  Ends pair = connected();
  const std::vector<std::byte> bytes(1 << 20);
  const std::span<const std::byte> piece(bytes);
  Result<std::size_t> taken = std::size_t{1};
  for (int i = 0; i < 1000 && taken && taken.value() > 0; ++i) taken = pair.near->try_write({&piece, 1});
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken.value(), 0u);
  pair.far.reset();
  while (taken && taken.value() == 0) taken = pair.near->try_write({&piece, 1});
  EXPECT_FALSE(taken);
}

TEST(Stream, LosesPatienceWithWhoSendsTooSlowly) {
  Ends pair = connected();
  std::array<std::byte, 2> into{};
  pair.near->keep_pace(Pace::Limits{.patience = 1ms});
  ASSERT_TRUE(pair.far->write_raw(std::span(into).first(1)));
  EXPECT_THAT(pair.near->read_raw(into).message(), HasSubstr("too slowly"));
  EXPECT_TRUE(pair.near->too_slow());
  pair.near->keep_pace({});
  EXPECT_FALSE(pair.near->too_slow());
  ASSERT_TRUE(pair.far->write_raw(into));
  EXPECT_TRUE(pair.near->read_raw(into));
}

}  // namespace
}  // namespace dflow::net
