// Those who connect and are slow, silent or talkative.
#include "runtime/net/lobby.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <map>

#include "tests/net/tls_fixture.h"

namespace dflow::net {
namespace {

using namespace std::chrono_literals;

/// A lobby behind a listener, and who was greeted.
class Desk {
 public:
  explicit Desk(Lobby::Options options, std::shared_ptr<Credentials> credentials = nullptr)
      : listener_(Listener::bind({.host = "127.0.0.1", .port = 0}, std::move(credentials)).value()),
        lobby_(options, [this](std::unique_ptr<Stream> stream, const Hello& hello) {
          const std::lock_guard lock(mutex_);
          greeted_[hello.name] = std::move(stream);
          changed_.notify_all();
        }),
        acceptor_([this] {
          while (auto stream = listener_->accept()) lobby_.enter(std::move(stream).value());
        }) {}
  ~Desk() {
    listener_->close();
    acceptor_.join();
  }
  std::unique_ptr<Stream> call(Credentials* credentials = nullptr) const {
    auto stream = Stream::connect(listener_->address(), 20s, credentials);
    EXPECT_TRUE(stream) << stream.message();
    return std::move(stream).value();
  }
  void await(const std::string& name) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 30s, [&] { return greeted_.contains(name); })) << name;
  }
  std::size_t greeted() {
    const std::lock_guard lock(mutex_);
    return greeted_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::unique_ptr<Stream>> greeted_;
  std::unique_ptr<Listener> listener_;
  Lobby lobby_;
  std::thread acceptor_;
};

/// Waits for its end, and says whether it came: nobody sends anything meanwhile.
bool ends(const Stream& stream) {
  pollfd wanted{.fd = stream.descriptor(), .events = POLLIN, .revents = 0};
  char byte = 0;
  return ::poll(&wanted, 1, 30'000) == 1 && ::read(stream.descriptor(), &byte, 1) <= 0;
}

bool is_open(const Stream& stream) {
  pollfd wanted{.fd = stream.descriptor(), .events = POLLIN, .revents = 0};
  return ::poll(&wanted, 1, 0) == 0;
}

std::size_t entries_of(const char* folder) {
  std::size_t count = 0;
  DIR* open = ::opendir(folder);
  while (::readdir(open)) ++count;
  ::closedir(open);
  return count;
}

std::size_t resident_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmRSS:") continue;
    std::size_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes;
  }
  return 0;
}

void send(const Stream& stream, std::string_view bytes) {
  ASSERT_EQ(::send(stream.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

TEST(Lobby, PassesOnWhoGreets) {
  Desk desk({});
  const auto visitor = desk.call();
  ASSERT_TRUE(visitor->write(Hello{.name = "a"}));
  desk.await("a");
}

TEST(Lobby, AGreetingMayComeByteByByte) {
  Desk desk({});
  const auto visitor = desk.call();
  for (const char byte : encode_frame(Hello{.name = "slow"})) {
    send(*visitor, {&byte, 1});
    ::usleep(100);  // so that some bytes come alone
  }
  desk.await("slow");
}

TEST(Lobby, TheSilentAndTheSlowAreShownOutWhenTheirTimeIsOver) {
  Desk desk({.patience = 200ms});
  const auto silent = desk.call(), slow = desk.call();
  std::thread trickle([&, frame = encode_frame(Hello{.name = std::string(60'000, 'x')})] {
    // Never silent for long: it is the whole that counts.
    for (const char byte : frame) {
      if (::send(slow->descriptor(), &byte, 1, MSG_NOSIGNAL) != 1) break;
      ::usleep(5000);
    }
  });
  EXPECT_TRUE(ends(*silent));
  EXPECT_TRUE(ends(*slow));
  trickle.join();
  EXPECT_EQ(desk.greeted(), 0u);
}

TEST(Lobby, ManyWhoWaitHoldNoThreadEachAndHinderNobody) {
  Desk desk({.most = 1000, .patience = 60s});
  const std::size_t threads = entries_of("/proc/self/task");
  std::vector<std::unique_ptr<Stream>> idle;
  for (int i = 0; i < 200; ++i) idle.push_back(desk.call());
  const auto visitor = desk.call();
  ASSERT_TRUE(visitor->write(Hello{.name = "a"}));
  desk.await("a");
  EXPECT_EQ(entries_of("/proc/self/task"), threads);
  EXPECT_TRUE(is_open(*idle.front()));
}

TEST(Lobby, WhereThereAreTooManyTheOldestGoes) {
  Desk desk({.most = 10, .patience = 60s});
  std::vector<std::unique_ptr<Stream>> idle;
  for (int i = 0; i < 15; ++i) idle.push_back(desk.call());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ends(*idle[static_cast<std::size_t>(i)])) << i;
  EXPECT_TRUE(is_open(*idle.back()));
  const auto visitor = desk.call();
  ASSERT_TRUE(visitor->write(Hello{.name = "a"}));
  desk.await("a");
}

TEST(Lobby, AHugeSizeIsRefusedBeforeMemoryIsTaken) {
  Desk desk({.patience = 60s});
  const std::size_t before = resident_kilobytes();
  std::vector<std::unique_ptr<Stream>> visitors;
  for (int i = 0; i < 50; ++i) {
    visitors.push_back(desk.call());
    send(*visitors.back(), std::string_view("dflw\x03\xff\xff\xff", 8));  // as much as a frame may have later on
  }
  for (const auto& visitor : visitors) EXPECT_TRUE(ends(*visitor));
  EXPECT_LT(resident_kilobytes(), before + (16 << 10));
}

TEST(Lobby, ChatterIsNotReadOn) {
  Desk desk({.patience = 60s});
  const auto talker = desk.call(), other = desk.call();
  send(*talker, encode_frame(Batch{{"how are you?"}}));
  send(*other, "GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(ends(*talker));
  EXPECT_TRUE(ends(*other));
  EXPECT_EQ(desk.greeted(), 0u);
}

using SecureLobby = TlsTest;

TEST_F(SecureLobby, PassesOnWhoProvesHimselfAndGreets) {
  const auto client = make(CertificateRole::client);
  Desk desk({}, make(CertificateRole::scheduler));
  const auto visitor = desk.call(client.get());
  ASSERT_TRUE(visitor->write(Hello{.name = "a"}));
  desk.await("a");
}

TEST_F(SecureLobby, WhoeverStopsInTheMiddleOfAHandshakeIsShownOut) {
  Desk desk({.patience = 200ms}, make(CertificateRole::scheduler));
  const auto silent = desk.call(), halfway = desk.call();
  send(*halfway, std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));  // the beginning of a ClientHello
  EXPECT_TRUE(ends(*silent));
  EXPECT_TRUE(ends(*halfway));
  const auto client = make(CertificateRole::client);
  const auto proven = desk.call(client.get());  // and then says nothing
  std::byte byte{};
  EXPECT_FALSE(proven->read_raw({&byte, 1}));
  EXPECT_EQ(desk.greeted(), 0u);
}

/// From where he stands he has proven himself, and greets before he hears that it was in vain: a reset would take that from him.
TEST_F(SecureLobby, WhoIsRefusedMayGreetAndStillReadsWhy) {
  const auto client = make(CertificateRole::client);
  revoke({last().serial});
  Desk desk({.patience = 60s}, make(CertificateRole::scheduler));
  const auto visitor = desk.call(client.get());
  pollfd wanted{.fd = visitor->descriptor(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&wanted, 1, 30'000), 1);  // it has been decided
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(visitor->write(Hello{.name = "a"})) << i;
  const auto reply = visitor->read_greeting(30s);
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.message(), ::testing::HasSubstr("does not accept this side's certificate"));
  EXPECT_EQ(desk.greeted(), 0u);
}

}  // namespace
}  // namespace dflow::net
