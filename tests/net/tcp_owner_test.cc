// Whose the other end of a TCP connection is.
#include "runtime/net/tcp_owner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "tests/net/ends.h"
#include "tests/net/other_user.h"
#include "tests/net/tcp_port.h"

namespace dflow::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TcpEnd four(std::array<std::uint8_t, 4> host, std::uint16_t port) {
  TcpEnd end{.host = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, host[0], host[1], host[2], host[3]}, .port = port};
  return end;
}

// As a machine with little end first prints it.
constexpr std::string_view kTable =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31000 1 0000000000000000 100 0 0 10 0\n"
    "   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1001        0 31001 1 0000000000000000 20 4 30 10 -1\n"
    "   2: 0100007F:1F90 0100007F:D432 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000 20 4 30 10 -1\n"
    "   3: 0100007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1002        0 31003 1 0000000000000000 20 4 30 10 -1\n"
    "   4: 0000000000000000FFFF00000100007F:1F91 0000000000000000FFFF00000100007F:D433 01 00000000:00000000 00:00000000 00000000  1003"
    "        0 31004 1 0000000000000000 20 4 30 10 -1\n"
    "   5: 0100007F:1F90 0100007F";

TEST(TcpOwner, IsTheUserOfTheEndThatIsAskedFor) {
  const TcpEnd server = four({127, 0, 0, 1}, 0x1f90), client = four({127, 0, 0, 1}, 0xd431);
  EXPECT_EQ(owner_in(kTable, server, client), 1001u);
  EXPECT_EQ(owner_in(kTable, client, server), 1002u);
  EXPECT_EQ(owner_in(kTable, four({127, 0, 0, 1}, 0x1f91), four({127, 0, 0, 1}, 0xd433)), 1003u);
}

TEST(TcpOwner, IsNobodyBeforeSomebodyHasAccepted) {
  EXPECT_EQ(owner_in(kTable, four({127, 0, 0, 1}, 0x1f90), four({127, 0, 0, 1}, 0xd432)), std::nullopt);
}

TEST(TcpOwner, IsNobodyWhereThereIsNoSuchConnection) {
  EXPECT_EQ(owner_in(kTable, four({127, 0, 0, 2}, 0x1f90), four({127, 0, 0, 1}, 0xd431)), std::nullopt);
  for (std::size_t length = 0; length < kTable.size(); length += 7) (void)owner_in(kTable.substr(0, length), {}, {});
}

TEST(TcpOwner, IsThisUserInAProcessOfThisUsers) {
  auto listener = Listener::bind({.host = "localhost", .port = 0});
  ASSERT_TRUE(listener) << listener.message();
  const auto stream = Stream::connect({.host = "localhost", .port = listener.value()->address().port}, 30s);
  ASSERT_TRUE(stream) << stream.message();
  const auto accepted = listener.value()->accept();
  const Result<void> own = stream.value()->check_user(30s);
  EXPECT_TRUE(own) << own.message();
}

TEST(TcpOwner, IsNobodyWhereTheConnectionHasEnded) {
  TcpPort port;
  const auto stream = Stream::connect(port.address(), 30s);
  ASSERT_TRUE(stream) << stream.message();
  port.close();
  Unreached why{};
  const Result<void> own = stream.value()->check_user(30s, &why);
  ASSERT_FALSE(own);
  EXPECT_EQ(own.message(), "the connection has ended");
  EXPECT_EQ(why, Unreached::broke_off);
}

TEST(TcpOwner, IsNobodyUntilSomebodyAccepts) {
  const TcpPort port;
  Unreached why{};
  const auto stream = Stream::connect(port.address(), 30s);
  ASSERT_TRUE(stream) << stream.message();
  const Result<void> own = stream.value()->check_user(50ms, &why);
  ASSERT_FALSE(own);
  EXPECT_THAT(own.message(), HasSubstr("nobody accepts connections there"));
  EXPECT_EQ(why, Unreached::broke_off) << "there is somebody, perhaps, who is tried again";
}

TEST(TcpOwner, IsAStrangerInAnotherUsersProcess) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another user";
  OtherUser other([](const OtherUser::Talk& test) {
    const TcpPort port;
    test.say(port.address().port);
    const int caller = port.accept();
    test.wait();
    char byte = 0;
    return ::recv(caller, &byte, 1, MSG_DONTWAIT) > 0 ? 2 : 0;  // he was told nothing
  });
  const std::optional<std::uint16_t> number = other.hear();
  if (!number) GTEST_SKIP() << "there is no other user here";
  Unreached why{};
  const auto stream = Stream::connect({.host = "127.0.0.1", .port = *number}, 30s);
  const Result<void> own = stream ? stream.value()->check_user(30s, &why) : stream.error();
  if (!stream) other.kill();
  EXPECT_EQ(other.end(), 0);
  ASSERT_FALSE(own);
  EXPECT_THAT(own.message(), HasSubstr("a process of another user (65534) answers there"));
  EXPECT_EQ(why, Unreached::refused);
}

}  // namespace
}  // namespace dflow::net
