// Whose the other end of a TCP connection is.
#include "runtime/net/tcp_owner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "tests/net/ends.h"

namespace dflow::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr uid_t kNobody = 65534;

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

/// A port of this process's; who accepts there is for the test to say.
class Port {
 public:
  Port() : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listening_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listening_, 1), 0);
    EXPECT_EQ(::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    address_ = {.host = "127.0.0.1", .port = ntohs(address.sin_port)};
  }
  ~Port() { close(); }
  void close() {
    if (listening_ >= 0) ::close(std::exchange(listening_, -1));
  }
  const Address& address() const { return address_; }
  int accept() const { return ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC); }

 private:
  int listening_;
  Address address_;
};

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
  Port port;
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
  const Port port;
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
  int ready[2], over[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(over), 0);
  const pid_t other = ::fork();
  if (other == 0) {
    ::close(over[1]);
    if (::setuid(kNobody) != 0) ::_exit(1);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const Port port;
    const std::uint16_t number = port.address().port;
    (void)!::write(ready[1], &number, sizeof number);
    const int caller = port.accept();
    char byte = 0;
    (void)!::read(over[0], &byte, 1);
    // What he was told: nothing.
    ::_exit(::recv(caller, &byte, 1, MSG_DONTWAIT) > 0 ? 2 : 0);
  }
  ::close(std::exchange(ready[1], -1));
  std::uint16_t number = 0;
  if (::read(ready[0], &number, sizeof number) != static_cast<ssize_t>(sizeof number)) {
    ::waitpid(other, nullptr, 0);
    GTEST_SKIP() << "there is no other user here";
  }
  Unreached why{};
  const auto stream = Stream::connect({.host = "127.0.0.1", .port = number}, 30s);
  const Result<void> own = stream ? stream.value()->check_user(30s, &why) : stream.error();
  for (const int end : {ready[0], over[0], over[1]}) ::close(end);
  if (!stream) ::kill(other, SIGKILL);
  int status = -1;
  ::waitpid(other, &status, 0);
  EXPECT_EQ(status, 0);
  ASSERT_FALSE(own);
  EXPECT_THAT(own.message(), HasSubstr("a process of another user (65534) answers there"));
  EXPECT_EQ(why, Unreached::refused);
}

}  // namespace
}  // namespace dflow::net
