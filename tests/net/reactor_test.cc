// A few threads for many connections.
#include "runtime/net/reactor.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <thread>

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

/// Holds the thread that serves a session until it is let go.
class Hold {
 public:
  Next then(Next next) {
    held_ = true;
    held_.notify_all();
    over_.wait(false);
    return next;
  }
  void await() const { held_.wait(false); }
  void let_go() {
    over_ = true;
    over_.notify_all();
  }

 private:
  std::atomic<bool> held_ = false, over_ = false;
};

/// Of this process, by their numbers.
std::set<std::string> threads() {
  std::set<std::string> numbers;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) numbers.insert(thread.path().filename());
  return numbers;
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
  Hold hold;  // which a thread may still look at
  Reactor reactor({.most_threads = 2});
  const auto holder = add(reactor, {.proceed = [&](Stream&) { return hold.then(Next::ended); }});
  hold.await();
  EXPECT_TRUE(is_answered(*add(reactor)));
  hold.let_go();
  await_end();
}

/// Whoever is needed is started before a session is served: when all are busy, there are all that there will be.
TEST_F(ReactorTest, StartsNoMoreThreadsThanItMay) {
  std::atomic<int> inside = 0;
  std::atomic<bool> over = false;
  std::thread([] {}).join();  // with the first one ThreadSanitizer starts one of its own; it may still be listed when it has ended
  const std::set<std::string> before = threads();
  Reactor reactor({.most_threads = 3});
  std::vector<std::unique_ptr<Stream>> others;
  for (int i = 0; i < 20; ++i) {
    others.push_back(add(reactor, {.proceed = [&](Stream&) {
      ++inside;
      inside.notify_all();
      over.wait(false);
      return Next::ended;
    }}));
  }
  for (int seen = inside; seen < 3; seen = inside) inside.wait(seen);
  std::set<std::string> started = threads();
  for (const std::string& number : before) started.erase(number);
  EXPECT_EQ(started.size(), 3u);
  EXPECT_EQ(inside, 3);
  over = true;
  over.notify_all();
  for (int gone = gone_; gone < 20; gone = gone_) gone_.wait(gone);
}

/// To start one takes as long as to answer.
TEST_F(ReactorTest, HasAThreadForTheNextOneBeforeTheFirstIsServed) {
  std::thread([] {}).join();  // as above
  const std::set<std::string> before = threads();
  Reactor reactor({.most_threads = 3});
  const auto first = add(reactor);
  std::set<std::string> started = threads();
  for (const std::string& number : before) started.erase(number);
  EXPECT_GE(started.size(), 2u) << "a third begins where one is served before the second waits";
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

/// Of those that are not being served, as the last who was answered may be still.
TEST_F(ReactorTest, EndsWhoSaidNothingForLongestWhenThereAreTooMany) {
  Reactor reactor({.most_sessions = 3, .most_threads = 1});
  const auto silent = add(reactor), talker = add(reactor), last = add(reactor);
  for (Stream* each : {silent.get(), talker.get(), last.get()}) EXPECT_TRUE(is_answered(*each));
  const auto fourth = add(reactor);
  EXPECT_FALSE(silent->read());
  for (Stream* each : {talker.get(), last.get(), fourth.get()}) EXPECT_TRUE(is_answered(*each));
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

TEST_F(ReactorTest, ServesEachByOneThreadAtATimeWhoeverResumesIt) {
  Reactor reactor({.most_threads = 8});
  constexpr int kEach = 300;
  struct One {
    std::atomic<bool> inside = false;
    int calls = 0;  // of whoever is inside
  };
  std::array<One, 3> ones;
  std::atomic<int> together = 0;
  std::vector<std::unique_ptr<Stream>> others;
  for (One& one : ones) {
    others.push_back(add(reactor, {.proceed = [&](Stream&) {
      together += one.inside.exchange(true) ? 1 : 0;
      std::this_thread::yield();
      const bool over = ++one.calls >= kEach;
      const Next next = one.calls % 2 == 0 ? Next::paused : Next::yield;
      one.inside = false;
      return over ? Next::ended : next;
    }}));
  }
  std::vector<std::thread> callers;
  for (int t = 0; t < 2; ++t) {
    callers.emplace_back([&] {
      while (gone_ < 3) {
        for (std::uint64_t number = 1; number <= ones.size(); ++number) reactor.resume(number);
        std::this_thread::yield();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(together, 0);
}

TEST_F(ReactorTest, EndsOneOfItsSessions) {
  Reactor reactor({.most_threads = 1});
  const auto other = add(reactor);
  EXPECT_TRUE(is_answered(*other));
  while (gone_ == 0) reactor.end(1);  // it may still be served
  EXPECT_FALSE(other->read());
  reactor.end(1);  // there is none
  EXPECT_TRUE(is_answered(*add(reactor)));
}

TEST_F(ReactorTest, EndsOneThatIsServedAfterwards) {
  Hold hold;
  Reactor reactor({.most_threads = 1});
  const auto other = add(reactor, {.proceed = [&](Stream&) { return hold.then(Next::readable); }});
  hold.await();
  reactor.end(1);
  EXPECT_EQ(gone_, 0);
  hold.let_go();
  await_end();
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
