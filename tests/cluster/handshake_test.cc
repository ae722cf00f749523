// Who may join whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "runtime/cluster/handshake.h"
#include "runtime/net/listener.h"

namespace dflow::cluster {
namespace {

using ::testing::HasSubstr;

/// What a caller is told who says `hello` to one who is `mine`.
std::string reply_to(const net::Hello& hello, const net::Hello& mine) {
  auto listener = net::Listener::bind({.host = "127.0.0.1", .port = 0});
  std::thread callee([&] {
    auto stream = listener.value()->accept();
    const auto said = stream.value()->read_greeting(std::chrono::seconds(20));
    const std::string why = refusal(*stream.value(), std::get<net::Hello>(said.value()), mine);
    (void)answer(*stream.value(), {.refusal = why, .id = 5});
  });
  const Result<Greeted> greeted = greet(listener.value()->address(), hello);
  callee.join();
  return greeted ? "welcome " + std::to_string(greeted.value().welcome.id) : greeted.message();
}

TEST(Handshake, EqualsAreWelcome) {
  EXPECT_EQ(reply_to({.program = "a", .secret = "s"}, {.program = "a", .secret = "s"}), "welcome 5");
  EXPECT_EQ(reply_to({.program = "a"}, {}), "welcome 5");
}

TEST(Handshake, OtherProtocolIsNamed) {
  EXPECT_THAT(reply_to({.protocol = 99}, {}), HasSubstr("speaks protocol 99"));
}

TEST(Handshake, OtherBuildIsNamed) {
  EXPECT_THAT(reply_to({.program = "old"}, {.program = "new"}), HasSubstr("another build of the program"));
}

TEST(Handshake, OneBuildServesUsersWhoDiffer) {
  EXPECT_EQ(reply_to({.program = "a"}, {.program = "a@alice"}), "welcome 5");  // the secret tells them apart
}

TEST(Handshake, WhoDoesNotKnowTheSecretStaysOutside) {
  for (const char* guess : {"", "guess", "t", "ss"}) {
    EXPECT_THAT(reply_to({.secret = guess}, {.secret = "s"}), HasSubstr("another program only")) << guess;
  }
}

TEST(Handshake, AnotherServiceIsNamed) {
  auto listener = net::Listener::bind({.host = "127.0.0.1", .port = 0});
  std::thread callee([&] {
    auto stream = listener.value()->accept();
    // As a server of another protocol would: it reads something and answers in its own words.
    std::byte byte{};
    (void)stream.value()->read_raw({&byte, 1});
    const std::string text = "HTTP/1.1 400 Bad Request\r\n\r\n";
    (void)stream.value()->write_raw(std::as_bytes(std::span(text)));
  });
  const Result<Greeted> greeted = greet(listener.value()->address(), {});
  callee.join();
  ASSERT_FALSE(greeted);
  EXPECT_THAT(greeted.message(), HasSubstr("another service's port"));
}

}  // namespace
}  // namespace dflow::cluster
