// A few threads for many connections.
#include "runtime/net/reactor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <set>

#include "tests/net/ends.h"

namespace dflow::net {
namespace {

using Next = Reactor::Next;

/// Does what a test says, and tells when it is gone.
class Scripted final : public Reactor::Session {
 public:
  struct Script {
    std::function<Next(Stream&)> proceed;
    std::function<bool()> wait = [] { return true; };
  };
  Scripted(std::unique_ptr<Stream> stream, Script script, std::atomic<int>& gone)
      : stream_(std::move(stream)), script_(std::move(script)), gone_(gone) {}
  ~Scripted() override {
    ++gone_;
    gone_.notify_all();
  }
  int descriptor() const override { return stream_->descriptor(); }
  Next proceed() override { return script_.proceed(*stream_); }
  bool wait(std::chrono::milliseconds) override { return script_.wait(); }
  void shut_down() noexcept override { stream_->shut_down(); }

 private:
  std::unique_ptr<Stream> stream_;
  Script script_;
  std::atomic<int>& gone_;
};

/// Says back what it is told.
Next echo(Stream& stream) {
  for (;;) {
    const Result<std::optional<Message>> message = stream.try_read(kMostGreeting);
    if (!message) return Next::ended;
    if (!message.value()) return Next::readable;
    if (!stream.write(*message.value())) return Next::ended;
  }
}

class ReactorTest : public ::testing::Test {
 protected:
  /// The other end of a new session.
  std::unique_ptr<Stream> add(Reactor& reactor, Scripted::Script script = {.proceed = echo}) {
    Ends ends = connected();
    reactor.add(std::make_unique<Scripted>(std::move(ends.far), std::move(script), gone_));
    return std::move(ends.near);
  }
  static bool is_answered(Stream& stream) { return stream.write(Welcome{.id = 7}) && stream.read(); }
  void await_end() { gone_.wait(0); }

  std::atomic<int> gone_ = 0;
};

TEST_F(ReactorTest, ServesMoreThanItHasThreads) {
  Reactor reactor({.most_threads = 1});
  std::vector<std::unique_ptr<Stream>> others;
  for (int i = 0; i < 100; ++i) others.push_back(add(reactor));
  for (const auto& other : others) EXPECT_TRUE(is_answered(*other));
}

TEST_F(ReactorTest, ServesOneWhileAnotherHoldsAThread) {
  Reactor reactor({.most_threads = 2});
  std::atomic<bool> held = false, over = false;
  const auto holder = add(reactor, {.proceed = [&](Stream&) {
    held = true;
    held.notify_all();
    over.wait(false);
    return Next::ended;
  }});
  held.wait(false);
  EXPECT_TRUE(is_answered(*add(reactor)));
  over = true;
  over.notify_all();
  await_end();
}

TEST_F(ReactorTest, StartsNoMoreThreadsThanItMay) {
  std::mutex mutex;
  std::condition_variable come;
  std::set<std::thread::id> threads;
  int inside = 0, most = 0;
  Reactor reactor({.most_threads = 3});
  std::vector<std::unique_ptr<Stream>> others;
  for (int i = 0; i < 20; ++i) {
    others.push_back(add(reactor, {.proceed = [&](Stream&) {
      std::unique_lock lock(mutex);
      most = std::max(most, ++inside);
      threads.insert(std::this_thread::get_id());
      come.notify_all();
      come.wait(lock, [&] { return threads.size() == 3; });  // all of them are busy at once
      --inside;
      return Next::ended;
    }}));
  }
  for (int gone = gone_; gone < 20; gone = gone_) gone_.wait(gone);
  EXPECT_EQ(threads.size(), 3u);
  EXPECT_LE(most, 3);
}

TEST_F(ReactorTest, GivesOthersTheirTurnBetweenThePartsOfALongAnswer) {
  Reactor reactor({.most_threads = 1});
  std::atomic<bool> over = false;
  const auto talker = add(reactor, {.proceed = [&](Stream&) { return over ? Next::ended : Next::yield; }});
  EXPECT_TRUE(is_answered(*add(reactor)));
  over = true;
  await_end();
}

TEST_F(ReactorTest, EndsWhoWaitsForTooLong) {
  Reactor reactor({.most_threads = 1, .tick = std::chrono::milliseconds(1)});
  std::atomic<int> waits = 0;
  const std::string many(1 << 20, 'x');
  const auto other = add(reactor, {.proceed =
                                       [&](Stream& stream) {
                                         for (;;) {
                                           const std::span<const std::byte> bytes = std::as_bytes(std::span(many));
                                           const auto sent = stream.try_write({&bytes, 1});
                                           if (!sent) return Next::ended;
                                           if (sent.value() == 0) return Next::writable;
                                         }
                                       },
                                   .wait = [&] { return ++waits < 3; }});
  await_end();
  EXPECT_GE(waits, 3);
}

TEST_F(ReactorTest, EndsWhoSaidNothingForLongestWhenThereAreTooMany) {
  Reactor reactor({.most_sessions = 2});
  const auto silent = add(reactor), talker = add(reactor);
  EXPECT_TRUE(is_answered(*silent));
  EXPECT_TRUE(is_answered(*talker));
  const auto third = add(reactor);
  EXPECT_FALSE(silent->read());
  EXPECT_TRUE(is_answered(*talker));
  EXPECT_TRUE(is_answered(*third));
}

TEST_F(ReactorTest, GoesOnWithWhoWasPausedWhenItIsTold) {
  Reactor reactor({.most_threads = 1});
  std::atomic<int> calls = 0;
  const auto other = add(reactor, {.proceed = [&](Stream& stream) {
    ++calls;
    if (calls < 3) reactor.resume(1);  // its own number: while it is served
    calls.notify_all();
    if (calls <= 3) return Next::paused;
    return stream.write(Welcome{}) ? Next::ended : Next::ended;
  }});
  for (int seen = calls; seen < 3; seen = calls) calls.wait(seen);
  while (gone_ == 0) {  // it is told as often as it takes until it is paused
    reactor.resume(1);
    std::this_thread::yield();
  }
  EXPECT_EQ(calls, 4);
  reactor.resume(1);  // there is none
}

TEST_F(ReactorTest, EndsAllWithItself) {
  auto reactor = std::make_unique<Reactor>(Reactor::Limits{});
  const auto silent = add(*reactor), talker = add(*reactor);
  EXPECT_TRUE(is_answered(*talker));
  reactor.reset();
  EXPECT_EQ(gone_, 2);
  EXPECT_FALSE(silent->read());
}

}  // namespace
}  // namespace dflow::net
