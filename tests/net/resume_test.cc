// Connections that outlive their streams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <thread>
#include <vector>

#include "runtime/net/connection.h"
#include "tests/net/ends.h"
#include "tests/net/serving.h"

namespace dflow::net {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr Bonds kResumable{.resumable = true};

class Resume : public Served {};
INSTANTIATE_TEST_SUITE_P(Connections, Resume, ::testing::Values(Shared::none, Shared::near, Shared::both), served_by);

/// What one side hears, and how it ends.
struct Side {
  std::mutex mutex = {};
  std::condition_variable changed = {};
  std::vector<std::string> heard = {};
  int broken = 0;
  bool closed = false;
  std::unique_ptr<Connection> connection = {};  // ends first

  void start(std::unique_ptr<Stream> stream, const Bonds& bonds, IoThreads* io) {
    connection = std::make_unique<Connection>(std::move(stream), bonds, io);
    connection->start({.received =
                           [this](const std::vector<std::string>& messages) {
                             note([&] { heard.insert(heard.end(), messages.begin(), messages.end()); });
                           },
                       .closed = [this](const std::string&) { note([&] { closed = true; }); },
                       .broken = [this](const std::string&) { note([&] { ++broken; }); }});
  }
  template <class What>
  void note(What&& what) {
    const std::lock_guard lock(mutex);
    what();
    changed.notify_all();
  }
  /// False if it takes too long.
  template <class Condition>
  bool await(Condition&& condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 60s, condition);
  }
};

/// Both sides of a resumable connection.
struct Pair {
  Side near = {}, far = {};

  Pair(IoThreads* near_io, IoThreads* far_io, const Bonds& bonds = kResumable) {
    Ends ends = connected();
    near.start(std::move(ends.near), bonds, near_io);
    far.start(std::move(ends.far), bonds, far_io);
  }
  /// The network takes the stream away, one side says how much it has heard, the other answers: as members and scheduler do.
  void renew() {
    Ends ends = connected();
    const std::uint64_t near_heard = near.connection->suspend(), far_heard = far.connection->suspend();
    EXPECT_TRUE(far.connection->resume(std::move(ends.far), near_heard));
    EXPECT_TRUE(near.connection->resume(std::move(ends.near), far_heard));
  }
};

std::vector<std::string> numbers(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back(std::to_string(i));
  return all;
}

TEST_P(Resume, EachMessageArrivesOnceInOrderHoweverOftenTheStreamBreaks) {
  constexpr int kCount = 20'000;
  Pair pair(near_io(), far_io());
  const auto talk = [&](Side& side) {
    for (const std::string& number : numbers(kCount)) side.connection->send(number);
  };
  std::thread one([&] { talk(pair.near); }), other([&] { talk(pair.far); });
  for (int i = 0; i < 50; ++i) pair.renew();
  one.join(), other.join();
  for (Side* side : {&pair.near, &pair.far}) {
    ASSERT_TRUE(side->await([&] { return side->heard.size() >= kCount; }));
    EXPECT_EQ(side->heard, numbers(kCount));
  }
}

TEST_P(Resume, WhatIsSentWhileThereIsNoStreamArrivesLater) {
  Pair pair(near_io(), far_io());
  (void)pair.near.connection->suspend();
  pair.near.connection->send("a");
  pair.near.connection->send("b");
  ASSERT_TRUE(pair.far.await([&] { return pair.far.broken == 1; }));
  EXPECT_FALSE(pair.near.connection->connected());
  EXPECT_FALSE(pair.far.connection->connected());
  pair.renew();
  ASSERT_TRUE(pair.far.await([&] { return pair.far.heard.size() >= 2; }));
  EXPECT_THAT(pair.far.heard, ElementsAre("a", "b"));
}

TEST_P(Resume, AnEndOnPurposeIsNoBreak) {
  Pair pair(near_io(), far_io());
  pair.near.connection->send("last words");
  pair.near.connection->finish(60s);
  ASSERT_TRUE(pair.far.await([&] { return pair.far.closed; }));
  EXPECT_THAT(pair.far.heard, ElementsAre("last words"));
  EXPECT_EQ(pair.far.broken, 0);
  EXPECT_FALSE(pair.far.connection->resume(connected().far, 0));
}

TEST_P(Resume, NobodyMayHaveHeardWhatWasNotSaid) {
  Pair pair(near_io(), far_io());
  pair.near.connection->send("one");
  (void)pair.near.connection->suspend();
  EXPECT_FALSE(pair.near.connection->resume(connected().near, 2));
  EXPECT_TRUE(pair.near.connection->resume(connected().near, 1));
}

TEST_P(Resume, AStreamOnWhichNothingComesIsBroken) {
  Ends ends = connected();  // the other end stays open, and says nothing
  Side near;
  near.start(std::move(ends.near), {.resumable = true, .silence = 100ms}, near_io());
  EXPECT_TRUE(near.await([&] { return near.broken == 1; }));
  near.connection.reset();
}

TEST_P(Resume, WhoHasNothingToSaySaysSo) {
  Ends ends = connected();
  Side near;
  near.start(std::move(ends.near), {.resumable = true, .heartbeat = 10ms}, near_io());
  for (int i = 0; i < 5; ++i) {
    const Result<Message> message = ends.far->read();
    ASSERT_TRUE(message) << message.message();
    EXPECT_TRUE(std::get<Batch>(message.value()).messages.empty());
  }
  near.connection.reset();
}

TEST_P(Resume, AProcessThatMayBeStoppedNeedNotSayAnything) {
  Pair pair(near_io(), far_io(), {.resumable = true, .silence = 50ms, .may_be_stopped = true});
  Pair impatient(near_io(), far_io(), {.resumable = true, .silence = 50ms});
  ASSERT_TRUE(impatient.near.await([&] { return impatient.near.broken == 1; }));
  EXPECT_TRUE(pair.near.connection->connected());
}

TEST_P(Resume, WhatHasArrivedIsToldToWhoKeepsIt) {
  Ends ends = connected();
  Side far;
  far.start(std::move(ends.far), kResumable, far_io());
  ends.near->set_read_timeout(30s);
  const std::string large(512 << 10, 'x');
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ends.near->write(Batch{.messages = {large}, .heard = 0}));
  // Though the other side has nothing to say: of all but the last, where that came alone, with less than is told of.
  for (std::uint64_t heard = 0; heard < 4;) {
    const Result<Message> message = ends.near->read();
    ASSERT_TRUE(message) << message.message();
    heard = std::get<Batch>(message.value()).heard.value();
  }
  far.connection.reset();
}

TEST_P(Resume, AStreamIsBrokenOnWhichTheOtherSideHearsNothing) {
  Ends ends = connected();
  Side near;
  near.start(std::move(ends.near), {.resumable = true, .silence = 200ms}, near_io());
  near.connection->send("is anybody there?");
  // It speaks every now and then, as with heartbeats, and never says that it has heard the question.
  while (ends.far->write(Batch{.messages = {"hello"}, .heard = 0})) std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(near.await([&] { return near.broken == 1; }));
  EXPECT_EQ(near.connection->suspend(), near.heard.size());  // what came last is said again, unless it was delivered
  near.connection.reset();
}

/// It takes all that it is told, and never says that it has: what might have to be said again has a bound, too.
TEST_P(Resume, WhoNeverSaysWhatHeHasHeardIsLost) {
  Ends ends = connected();
  Backlog backlog(8 << 20);
  Side near;
  near.start(std::move(ends.near), {.backlog = &backlog, .resumable = true}, near_io());
  std::thread other([&] {
    while (ends.far->read()) {
    }
  });
  for (int i = 0; i < 8; ++i) near.connection->send(std::string(1 << 20, 'x'));
  EXPECT_TRUE(near.await([&] { return near.closed; }));
  other.join();
  near.connection.reset();
  EXPECT_EQ(backlog.held(), 0u);
}

TEST_P(Resume, WhatIsHeardMakesRoom) {
  Backlog backlog(8 << 20);
  Pair pair(near_io(), far_io(), {.backlog = &backlog, .resumable = true});
  const auto is_heard = [&] { return backlog.held() <= std::size_t{2} << 20; };  // of what comes last nobody need say so
  for (std::size_t i = 1; i <= 20; ++i) {
    pair.near.connection->send(std::string(1 << 20, 'x'));
    ASSERT_TRUE(pair.far.await([&] { return pair.far.heard.size() == i; }));
    while (!is_heard()) std::this_thread::yield();
  }
  EXPECT_TRUE(pair.near.connection->connected());
}

TEST_P(Resume, OnlyAResumableConnectionListensToWhatWasHeard) {
  Ends ends = connected();
  Side far;
  far.start(std::move(ends.far), {}, far_io());
  ASSERT_TRUE(ends.near->write(Batch{.messages = {}, .heard = 0}));
  EXPECT_TRUE(far.await([&] { return far.closed; }));
  EXPECT_FALSE(far.connection->resume(connected().far, 0));
}

/// Whoever delivers a stream's last message takes his time, and meanwhile the next stream brings another.
TEST(SharedThreads, WhatANewStreamBringsWaitsForWhatTheOneBeforeHasBrought) {
  IoThreads io({.most_readers = 4});
  Ends first = connected(), second = connected();
  Side far, near;
  far.start(std::move(first.far), kResumable, nullptr);
  std::promise<void> begun, over;
  near.connection = std::make_unique<Connection>(std::move(first.near), kResumable, &io);
  near.connection->start({.received =
                              [&](const std::vector<std::string>& messages) {
                                if (messages.front() == "a") begun.set_value(), over.get_future().wait();
                                near.note([&] { near.heard.insert(near.heard.end(), messages.begin(), messages.end()); });
                              },
                          .closed = [](const std::string&) {},
                          .broken = [](const std::string&) {}});
  far.connection->send("a");
  begun.get_future().wait();
  EXPECT_EQ(near.connection->suspend(), 1u);
  EXPECT_EQ(far.connection->suspend(), 0u);
  EXPECT_TRUE(far.connection->resume(std::move(second.far), 1));
  EXPECT_TRUE(near.connection->resume(std::move(second.near), 0));
  far.connection->send("b");
  Pair others(&io, nullptr);  // who are served meanwhile
  for (std::size_t i = 1; i <= 100; ++i) {
    others.far.connection->send("x");
    ASSERT_TRUE(others.near.await([&] { return others.near.heard.size() == i; }));
  }
  near.note([&] { EXPECT_THAT(near.heard, ::testing::IsEmpty()); });
  over.set_value();
  EXPECT_TRUE(near.await([&] { return near.heard.size() == 2; }));
  EXPECT_THAT(near.heard, ElementsAre("a", "b"));
}

/// Bytes that come are a sign of life as far as they are enough of them.
TEST(SharedThreads, AStreamOnWhichAFrameComesByteByByteIsBroken) {
  IoThreads io({});
  Ends ends = connected();
  Side near;
  near.start(std::move(ends.near), {.resumable = true, .silence = 200ms}, &io);
  const std::string frame = encode_frame(Batch{.messages = {std::string(1 << 20, 'x')}, .heard = 0});
  std::size_t said = 0;
  const auto say = [&] { return ends.far->write_raw(std::as_bytes(std::span(frame).subspan(said++, 1))); };
  while (said < 2000 && say()) std::this_thread::sleep_for(10ms);
  EXPECT_LT(said, 2000u);
  EXPECT_TRUE(near.await([&] { return near.broken == 1; }));
  EXPECT_THAT(near.heard, ::testing::IsEmpty());
  near.connection.reset();
}

TEST(Unheard, HoldsWhatHasNotBeenHeard) {
  Unheard unheard;
  for (const char* message : {"a", "bc", "def"}) unheard.add(message);
  EXPECT_EQ(unheard.held(), 6u);
  std::vector<std::string> taken = unheard.take(3);  // "a" and "bc"
  EXPECT_EQ(unheard.held(), 6u);
  ASSERT_TRUE(unheard.heard(1));
  unheard.give_back(std::move(taken), 0);
  EXPECT_EQ(unheard.held(), 5u);
  ASSERT_TRUE(unheard.heard(3));
  EXPECT_EQ(unheard.held(), 0u);
}

TEST(Unheard, SaysAgainWhatWasNotHeard) {
  Unheard unheard;
  for (const char* message : {"a", "b", "c"}) unheard.add(message);
  unheard.give_back(unheard.take(2), 0);
  EXPECT_EQ(unheard.waiting(), 1u);
  ASSERT_TRUE(unheard.heard(1));
  unheard.again();
  EXPECT_EQ(unheard.waiting(), 2u);
  EXPECT_THAT(unheard.take(100), ElementsAre("b", "c"));
}

TEST(Unheard, WhatIsGivenBackLateIsSaidAgainOrForgotten) {
  Unheard unheard;
  for (const char* message : {"a", "b"}) unheard.add(message);
  std::vector<std::string> taken = unheard.take(100);
  ASSERT_TRUE(unheard.heard(1));  // on another stream than that on which they are being written
  unheard.again();
  unheard.give_back(std::move(taken), 0);
  EXPECT_EQ(unheard.waiting(), 1u);
  EXPECT_THAT(unheard.take(100), ElementsAre("b"));
  EXPECT_FALSE(unheard.heard(3));
}

TEST(Unheard, LargeMessagesGoAlone) {
  Unheard unheard;
  for (const char* message : {"large", "large", "s", "s"}) unheard.add(message);
  EXPECT_THAT(unheard.take(4), ElementsAre("large"));
  EXPECT_THAT(unheard.take(6), ElementsAre("large", "s"));
  EXPECT_THAT(unheard.take(6), ElementsAre("s"));
  EXPECT_FALSE(unheard.anything_to_send());
}

TEST(Unheard, NoMoreGoTogetherThanMay) {
  Unheard unheard;
  for (const char* message : {"a", "b", "c"}) unheard.add(message);
  EXPECT_THAT(unheard.take(100, 2), ElementsAre("a", "b"));
  EXPECT_THAT(unheard.take(100, 2), ElementsAre("c"));
}

}  // namespace
}  // namespace dflow::net
