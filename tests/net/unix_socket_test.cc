// Streams by Unix sockets beside ports, and who gets none.
#include "runtime/net/unix_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

#include "tests/net/ends.h"
#include "tests/net/other_user.h"
#include "tests/net/tcp_port.h"

namespace dflow::net {
namespace {

using namespace std::chrono_literals;

int domain_of(const Stream& stream) {
  int domain = -1;
  socklen_t size = sizeof domain;
  EXPECT_EQ(::getsockopt(stream.descriptor(), SOL_SOCKET, SO_DOMAIN, &domain, &size), 0);
  return domain;
}

/// Runs in another process, whose exit code it returns.
int elsewhere(const std::function<int()>& what) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(what());
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(UnixSocket, LeadsToAListenerOfThisUser) {
  const Ends pair = connected();
  EXPECT_EQ(domain_of(*pair.near), AF_UNIX);
  EXPECT_EQ(domain_of(*pair.far), AF_UNIX);
  EXPECT_EQ(pair.near->local_host(), "127.0.0.1");
  EXPECT_EQ(pair.far->local_host(), "127.0.0.1");
  EXPECT_EQ(pair.near->certificate(), nullptr);
}

TEST(UnixSocket, IsTcpWhereNobodyListensBeside) {
  const TcpPort port;
  const auto stream = Stream::connect(port.address(), 5s);
  ASSERT_TRUE(stream) << stream.message();
  EXPECT_EQ(domain_of(*stream.value()), AF_INET);
}

TEST(UnixSocket, IsTcpForANameThatMayLeadToSeveralAddresses) {
  const auto listener = Listener::bind({.host = "127.0.0.1", .port = 0});
  const auto stream = Stream::connect({.host = "localhost", .port = listener.value()->address().port}, 5s);
  ASSERT_TRUE(stream) << stream.message();
  EXPECT_EQ(domain_of(*stream.value()), AF_INET);
}

TEST(UnixSocket, ListenerTakesBothKinds) {
  const auto listener = Listener::bind({.host = "127.0.0.1", .port = 0});
  const std::uint16_t port = listener.value()->address().port;
  for (const char* host : {"127.0.0.1", "localhost", "127.0.0.1"}) {
    const auto near = Stream::connect({.host = host, .port = port}, 5s);
    const auto far = listener.value()->accept();
    ASSERT_TRUE(near && far);
    EXPECT_EQ(domain_of(*near.value()), domain_of(*far.value()));
    ASSERT_TRUE(near.value()->write(Push{.task = 7}));
    const auto message = far.value()->read();
    ASSERT_TRUE(message) << message.message();
    EXPECT_EQ(std::get<Push>(message.value()).task, 7u);
  }
}

TEST(UnixSocket, EndsWithItsListener) {
  Address address;
  {
    const auto listener = Listener::bind({.host = "127.0.0.1", .port = 0});
    address = listener.value()->address();
  }
  EXPECT_EQ(connect_beside(address), -1);
}

/// What was said before the end can be read, as by TCP.
TEST(UnixSocket, CarriesTheLastWords) {
  Ends pair = connected();
  ASSERT_TRUE(pair.far->write(Push{.task = 1}));  // which nobody will read
  ASSERT_TRUE(pair.near->write(Push{.task = 2}));
  pair.near.reset();
  const auto last = pair.far->read();
  ASSERT_TRUE(last) << last.message();
  EXPECT_EQ(std::get<Push>(last.value()).task, 2u);
  EXPECT_FALSE(pair.far->read());
}

/// The kernel wakes a reader of its end when something that was written there has been read at the other.
TEST(UnixSocket, DoesNotWakeAReaderForNothing) {
  constexpr int kMessages = 1000;
  Ends pair = connected();
  long waits = 0;
  std::thread reader([&] {
    EXPECT_FALSE(pair.near->read());  // nothing comes until the end
    rusage used{};
    EXPECT_EQ(::getrusage(RUSAGE_THREAD, &used), 0);
    waits = used.ru_nvcsw;
  });
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_TRUE(pair.near->write(Push{.task = 1}));
    ASSERT_TRUE(pair.far->read());
  }
  pair.far.reset();
  reader.join();
  EXPECT_LT(waits, kMessages / 20);
}

TEST(UnixSocket, TurnsOtherUsersAway) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another user";
  const auto listener = Listener::bind({.host = "127.0.0.1", .port = 0});
  const Address address = listener.value()->address();
  EXPECT_EQ(elsewhere([&] { return ::setuid(kNobody) == 0 ? connect_beside(address) == -1 : 2; }), 1) << "he sees whose it is";
  // If he does not care whose it is, he is not let in; whoever calls next is.
  const int called = elsewhere([&] {
    sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
    const std::string text = "dflow/" + address.text();
    std::memcpy(name.sun_path + 1, text.data(), text.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
    if (::setuid(kNobody) != 0) return 2;
    return ::connect(::socket(AF_UNIX, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&name), size) == 0 ? 1 : 0;
  });
  EXPECT_EQ(called, 1);
  const auto near = Stream::connect(address, 5s);
  const auto far = listener.value()->accept();
  ASSERT_TRUE(near && far);
  ASSERT_TRUE(near.value()->write(Push{.task = 3}));
  EXPECT_TRUE(far.value()->read());
}

TEST(UnixSocket, IsTcpWhereAnotherUserHasTakenTheName) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another user";
  const TcpPort port;
  OtherUser other([&](const OtherUser::Talk& test) {
    test.say(listen_beside(port.address()) >= 0 ? 1 : 0);
    test.wait();
    return 0;
  });
  ASSERT_EQ(other.hear(), 1);
  const auto stream = Stream::connect(port.address(), 5s);
  other.end();
  ASSERT_TRUE(stream) << stream.message();
  EXPECT_EQ(domain_of(*stream.value()), AF_INET);
}

TEST(UnixSocket, DoesNotLeadOutOfItsNetworkNamespace) {
  const auto listener = Listener::bind({.host = "127.0.0.1", .port = 0});
  const int found = elsewhere([&] {
    if (::unshare(CLONE_NEWNET) != 0) return 2;
    return connect_beside(listener.value()->address()) == -1 ? 0 : 1;
  });
  if (found == 2) GTEST_SKIP() << "this user may make no network namespace";
  EXPECT_EQ(found, 0);
}

}  // namespace
}  // namespace dflow::net
