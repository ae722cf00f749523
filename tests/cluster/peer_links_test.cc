// Whom a process asks for values, and whom it does not ask again at once.
#include "runtime/cluster/peer_links.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include "runtime/cluster/arrival.h"
#include "runtime/cluster/endable_call.h"
#include "runtime/net/listener.h"

namespace dflow::cluster {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A port whose connections are neither taken nor refused, as behind a network that drops what is sent: its queue is full.
class DeafPort {
 public:
  DeafPort() {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    auto* address = reinterpret_cast<sockaddr*>(&where);
    EXPECT_EQ(::bind(listener_, address, size), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    EXPECT_EQ(::getsockname(listener_, address, &size), 0);
    port_ = ntohs(where.sin_port);
    for (int& caller : callers_) {
      caller = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      (void)::connect(caller, address, size);
    }
  }
  ~DeafPort() {
    for (const int caller : callers_) ::close(caller);
    ::close(listener_);
  }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  std::array<int, 8> callers_{};
  int port_ = 0;
};

class PeerLinksTest : public ::testing::Test {
 protected:
  PeerLinksTest() { links_.notice_dead(std::chrono::milliseconds(10)); }
  std::string error_of_pull(core::WorkerId worker) {
    const std::array wanted{Wanted{core::TaskId{1}, core::Attempt{1}}};
    return links_.pull(worker, wanted, [](auto&&...) -> Result<void> { return {}; }).front().error;
  }

  const DeafPort port_;
  PeerLinks links_{{.role = net::Role::peer, .program = "p", .secret = "s"}, nullptr};
  const core::WorkerId deaf_{1};
};

TEST_F(PeerLinksTest, LeavesAloneForAWhileWhoDidNotAnswer) {
  links_.add(deaf_, port_.address());
  EXPECT_THAT(error_of_pull(deaf_), HasSubstr("nobody answers"));
  EXPECT_THAT(error_of_pull(deaf_), HasSubstr("did not answer a moment ago"));
}

/// It is stopped, perhaps: connections to it come about, and it says nothing.
TEST_F(PeerLinksTest, DoesNotWaitForTheFirstWordOfAWorkerThatIsGone) {
  const auto listener = net::Listener::bind({.host = "127.0.0.1", .port = 0}).value();
  for (const bool all : {false, true}) {
    links_.add(deaf_, listener->address().text());
    std::string error;
    std::thread pulling([&] { error = error_of_pull(deaf_); });
    const auto called = listener->accept();
    EXPECT_TRUE(called);
    if (all) links_.close();
    else links_.remove(deaf_);
    pulling.join();
    EXPECT_THAT(error, Not(HasSubstr("in time")));
  }
  links_.add(deaf_, listener->address().text());
  EXPECT_EQ(links_.known(), 0u);
}

/// As its machine does, when it is gone: nothing answers at all. It would be waited for as long as kConnectTime.
TEST_F(PeerLinksTest, DoesNotCallAWorkerAnyLongerThatIsGone) {
  links_.notice_dead({});
  links_.add(deaf_, port_.address());
  std::string error;
  std::thread pulling([&] { error = error_of_pull(deaf_); });
  while (links_.called() == 0) std::this_thread::yield();
  links_.close();
  pulling.join();
  EXPECT_THAT(error, Not(HasSubstr("timed out")));
}

/// As the end of a session does with the call for a scheduler that is gone.
TEST_F(PeerLinksTest, ACallThatIsEndedIsWaitedForNoLongerNorAnyLaterOne) {
  EndableCall call;
  std::atomic<bool> begun = false;
  const auto error = [&] {
    return reach(net::parse_address(port_.address()).value(), net::Role::client, nullptr, kConnectTime, nullptr, [&](int connection) {
             call.begun(connection);
             begun = true;
             begun.notify_one();
           }).message();
  };
  std::thread ending([&] {
    begun.wait(false);
    call.end();
  });
  for (int i = 0; i < 2; ++i) EXPECT_THAT(error(), Not(HasSubstr("timed out")));
  ending.join();
}

TEST_F(PeerLinksTest, CallsWhoRefusesAgainAtOnce) {
  links_.add(deaf_, "127.0.0.1:1");  // nobody may listen there
  for (int i = 0; i < 2; ++i) EXPECT_THAT(error_of_pull(deaf_), HasSubstr("nobody answers"));
}

TEST_F(PeerLinksTest, CallsAWorkerThatHasComeAnew) {
  links_.add(deaf_, port_.address());
  EXPECT_THAT(error_of_pull(deaf_), HasSubstr("nobody answers"));
  links_.remove(deaf_);
  links_.add(deaf_, port_.address());
  EXPECT_THAT(error_of_pull(deaf_), HasSubstr("nobody answers"));
}

TEST_F(PeerLinksTest, LeavesWhoDidNotAnswerAheadToBeCalled) {
  links_.add(deaf_, port_.address());
  links_.call_ahead(deaf_);
  EXPECT_THAT(error_of_pull(deaf_), HasSubstr("nobody answers"));
}

TEST(PeerLinks, CallAheadSoThatTheFirstValueFindsAConnection) {
  const auto listener = net::Listener::bind({.host = "127.0.0.1", .port = 0}).value();
  std::thread peer([&] {
    auto stream = listener->accept();
    if (!stream || !stream.value()->read() || !answer(*stream.value(), {})) return;
    while (stream.value()->read() && stream.value()->write(net::Value{.outcome = net::Value::Outcome::gone})) {
    }
  });
  {
    PeerLinks links({.role = net::Role::peer, .program = "p", .secret = "s"}, nullptr);
    const core::WorkerId worker{1};
    links.add(worker, listener->address().text());
    EXPECT_EQ(links.known(), 1u);
    links.call_ahead(worker);
    listener->close();  // nobody is called any more
    const std::array wanted{Wanted{core::TaskId{1}, core::Attempt{1}}};
    const auto pulled = links.pull(worker, wanted, [](auto&&...) -> Result<void> { return {}; });
    EXPECT_EQ(pulled.front().outcome, Pulled::Outcome::gone) << pulled.front().error;
  }
  peer.join();
}

/// A worker that answers each question with the same words, and no bytes behind them.
class LyingWorker {
 public:
  explicit LyingWorker(net::Value answer) : answer_(std::move(answer)), thread_([this] { serve(); }) {}
  ~LyingWorker() {
    listener_->close();
    thread_.join();
  }
  std::string address() const { return listener_->address().text(); }

 private:
  void serve() {
    while (auto stream = listener_->accept()) {
      if (!stream.value()->read() || !answer(*stream.value(), {})) continue;
      while (stream.value()->read() && stream.value()->write(answer_)) {
        if (answer_.size > 0) break;
      }
    }
  }
  const net::Value answer_;
  std::unique_ptr<net::Listener> listener_ = net::Listener::bind({.host = "127.0.0.1", .port = 0}).value();
  std::thread thread_;
};

TEST(PeerLinks, TakesNoMemoryForASizeThatNoMachineHas) {
  constexpr std::uint64_t kSize = std::uint64_t{1} << 40;
  const LyingWorker worker({.size = kSize});
  PeerLinks links({.role = net::Role::peer, .program = "p", .secret = "s"}, nullptr);
  links.add(core::WorkerId{1}, worker.address());
  const std::array wanted{Wanted{core::TaskId{1}, core::Attempt{1}}};
  std::vector<std::string> errors;
  (void)links.pull(core::WorkerId{1}, wanted, [&](auto, transfer::Source& source, const net::Value& value) -> Result<void> {
    errors.push_back(receive_value(source, value.form).message());
    return {};
  });
  EXPECT_THAT(errors, ::testing::ElementsAre("there is no memory for its 1099511627776 bytes"));
}

/// Counts how often it is read.
class CountingSource final : public transfer::Source {
 public:
  using Source::Source;
  int reads() const { return reads_; }

 private:
  formats::Result<void> fill(std::span<std::byte>) override { return (++reads_, formats::Result<void>()); }
  int reads_ = 0;
};

TEST(Arrival, BeginsWithNoValueOfMoreBytesThanTheMachineHas) {
  for (const std::uint64_t machine : {999, 1000, 0}) {
    CountingSource source(1000);
    const auto received = receive_value(source, "", machine);
    EXPECT_EQ(received.message(), machine == 999 ? "there is no memory for its 1000 bytes" : "");
    EXPECT_EQ(source.reads() > 0, machine != 999);
  }
}

TEST(PeerLinks, ListensNoLongerToWhoIsNotBelieved) {
  const LyingWorker worker({.size = 1 << 20});
  PeerLinks links({.role = net::Role::peer, .program = "p", .secret = "s"}, nullptr);
  links.add(core::WorkerId{1}, worker.address());
  const std::array wanted{Wanted{core::TaskId{1}, core::Attempt{1}}};
  int asked = 0;
  const auto pulled =
      links.pull(core::WorkerId{1}, wanted, [&](auto, transfer::Source& source, const net::Value&) -> Result<void> {
        ++asked;
        EXPECT_EQ(source.left(), 1u << 20);
        return formats::Error{"it is not what was announced"};
      });
  EXPECT_EQ(pulled.front().outcome, Pulled::Outcome::unreachable);
  EXPECT_EQ(asked, 2) << "once more, by another connection";
}

/// Answers nothing, or begins to and stops half way; counts who comes.
class StallingWorker {
 public:
  explicit StallingWorker(std::optional<net::Value> answer) : answer_(std::move(answer)), thread_([this] { serve(); }) {}
  ~StallingWorker() {
    listener_->close();
    thread_.join();
  }
  Pulled pulled_with(PeerLinks::Limits limits) {
    PeerLinks links({.role = net::Role::peer, .program = "p", .secret = "s"}, nullptr, limits);
    links.add(core::WorkerId{1}, listener_->address().text());
    const std::array wanted{Wanted{core::TaskId{1}, core::Attempt{1}}};
    return links.pull(core::WorkerId{1}, wanted, [](auto, transfer::Source& source, const net::Value& value) -> Result<void> {
      const auto received = receive_value(source, value.form);
      return received ? Result<void>() : received.error();
    }).front();
  }
  int guests() const { return guests_; }

 private:
  void serve() {
    while (auto stream = listener_->accept()) {
      if (!stream.value()->read() || !answer(*stream.value(), {})) continue;
      ++guests_;
      if (!stream.value()->read()) continue;
      const std::array<std::byte, 1> byte{};
      if (answer_ && (!stream.value()->write(*answer_) || !stream.value()->write_raw(byte))) continue;
      (void)stream.value()->read();  // until it is left alone
    }
  }
  const std::optional<net::Value> answer_;
  std::atomic<int> guests_ = 0;
  std::unique_ptr<net::Listener> listener_ = net::Listener::bind({.host = "127.0.0.1", .port = 0}).value();
  std::thread thread_;
};

constexpr std::chrono::milliseconds kMoment{2};

TEST(PeerLinks, WaitNoLongerForWhoStopsHalfWay) {
  StallingWorker worker(net::Value{.size = 1000});
  const Pulled pulled = worker.pulled_with({.pace = {.patience = kMoment}});
  EXPECT_EQ(pulled.outcome, Pulled::Outcome::unreachable);
  EXPECT_THAT(pulled.error, HasSubstr("too slowly"));
  EXPECT_EQ(worker.guests(), 1) << "it is not asked again";
}

TEST(PeerLinks, WaitNoLongerForWhoDoesNotBeginToAnswer) {
  StallingWorker worker(std::nullopt);
  const Pulled pulled = worker.pulled_with({.answer = kMoment});
  EXPECT_THAT(pulled.error, HasSubstr("too slowly"));
  EXPECT_EQ(worker.guests(), 1);
}

}  // namespace
}  // namespace dflow::cluster
