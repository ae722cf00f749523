// Messages over connections.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <list>
#include <map>
#include <thread>
#include <vector>

#include "runtime/net/connection.h"
#include "tests/net/ends.h"
#include "tests/net/serving.h"

namespace dflow::net {
namespace {

using namespace std::chrono_literals;

class ConnectionTest : public Served {};
INSTANTIATE_TEST_SUITE_P(Connections, ConnectionTest, ::testing::Values(Shared::none, Shared::near, Shared::both), served_by);

/// Collects what arrives until there are enough messages, or the end. Outlives its connection, whose end it is told.
struct Inbox {
  std::vector<std::string> messages;
  std::size_t expected = 0;
  std::promise<void> full;
  std::promise<std::string> closed;

  Connection::Handlers handlers() {
    return {.received =
                [this](std::vector<std::string> more) {
                  for (std::string& message : more) messages.push_back(std::move(message));
                  if (expected != 0 && messages.size() >= expected) {
                    expected = 0;
                    full.set_value();
                  }
                },
            .closed = [this](const std::string& reason) { closed.set_value(reason); }};
  }
};

/// Each of so many threads is told its number.
void on_threads(int count, const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back(body, t);
  for (std::thread& thread : threads) thread.join();
}

/// Each sender's messages are a letter and a number that counts up.
void expect_in_order(const Inbox& inbox) {
  std::map<char, int> next;
  for (const std::string& message : inbox.messages) EXPECT_EQ(message.substr(1), std::to_string(next[message[0]]++));
}

TEST_P(ConnectionTest, DeliversInOrderFromWhomeverItComes) {
  Ends ends = connected();
  Inbox inbox, unused;
  Connection near(std::move(ends.near), {}, near_io()), far(std::move(ends.far), {}, far_io());
  constexpr int kThreads = 4, kEach = 2000;
  inbox.expected = kThreads * kEach;
  near.start(unused.handlers());
  far.start(inbox.handlers());
  on_threads(kThreads, [&](int t) {
    for (int i = 0; i < kEach; ++i) near.send(std::string(1, static_cast<char>('a' + t)) + std::to_string(i));
  });
  inbox.full.get_future().wait();
  expect_in_order(inbox);
}

/// Both sides send more than the sockets hold before either reads: neither may wait for the other.
TEST_P(ConnectionTest, NeitherSideWaitsForTheOther) {
  Ends ends = connected();
  Inbox at_near, at_far;
  Connection near(std::move(ends.near), {}, near_io()), far(std::move(ends.far), {}, far_io());
  constexpr std::size_t kMessages = 64;
  const std::string large(1 << 20, 'x');
  for (std::size_t i = 0; i < kMessages; ++i) {
    near.send(large);
    far.send(large);
  }
  at_near.expected = at_far.expected = kMessages;
  near.start(at_near.handlers());
  far.start(at_far.handlers());
  at_near.full.get_future().wait();
  at_far.full.get_future().wait();
  EXPECT_EQ(at_far.messages.back(), large);
}

/// Each handler's call brings what came in one frame, or in several.
TEST_P(ConnectionTest, WhatIsSentTogetherComesTogether) {
  Ends ends = connected();
  std::vector<std::size_t> batches;
  std::promise<void> last;
  Inbox unused;
  Connection near(std::move(ends.near), {}, near_io()), far(std::move(ends.far), {}, far_io());
  near.start(unused.handlers());
  far.start({.received =
                 [&](std::vector<std::string> more) {
                   batches.push_back(more.size());
                   if (more.back() == "last") last.set_value();
                 },
             .closed = [](const std::string&) {}});
  {
    const Together outer;
    for (int i = 0; i < 5; ++i) {
      const Together inner;
      near.send(std::to_string(i));
    }
  }
  near.send("last");
  last.get_future().wait();
  EXPECT_GE(batches.front(), 5u);
}

/// Others need not wait for who sends together, nor the order of what he sends.
TEST_P(ConnectionTest, KeepsTheOrderAmongThoseThatSendTogether) {
  Ends ends = connected();
  Inbox inbox, unused;
  Connection near(std::move(ends.near), {}, near_io()), far(std::move(ends.far), {}, far_io());
  constexpr int kThreads = 4, kEach = 2000;
  inbox.expected = kThreads * kEach;
  near.start(unused.handlers());
  far.start(inbox.handlers());
  on_threads(kThreads, [&](int t) {
    for (int i = 0; i < kEach; i += 10) {
      const Together together;
      for (int j = 0; j < 10; ++j) near.send(std::string(1, static_cast<char>('a' + t)) + std::to_string(i + j));
    }
  });
  inbox.full.get_future().wait();
  expect_in_order(inbox);
}

/// Alone as well: nothing else has to be sent for it.
TEST_P(ConnectionTest, WhatMayWaitArrives) {
  Ends ends = connected();
  Inbox inbox, unused;
  Connection near(std::move(ends.near), {}, near_io()), far(std::move(ends.far), {}, far_io());
  near.start(unused.handlers());
  far.start(inbox.handlers());
  for (std::size_t i = 1; i <= 20; ++i) {
    inbox.full = {};
    inbox.expected = i;
    near.send_later({std::to_string(i)});
    inbox.full.get_future().wait();
  }
  EXPECT_EQ(inbox.messages.back(), "20");
}

TEST_P(ConnectionTest, WhatMayWaitKeepsItsPlace) {
  Ends ends = connected();
  Inbox inbox, unused;
  Connection near(std::move(ends.near), {}, near_io()), far(std::move(ends.far), {}, far_io());
  constexpr int kThreads = 4, kEach = 3000;
  inbox.expected = kThreads * kEach;
  near.start(unused.handlers());
  far.start(inbox.handlers());
  on_threads(kThreads, [&](int t) {
    for (int i = 0; i < kEach; ++i) {
      std::vector<std::string> one{std::string(1, static_cast<char>('a' + t)) + std::to_string(i)};
      if (i % 5 == t) near.send(std::move(one));
      else near.send_later(std::move(one));
    }
  });
  inbox.full.get_future().wait();
  expect_in_order(inbox);
}

/// Where threads are shared, nothing waits.
TEST(Connection, WhatMayWaitIsFewerFramesFromAThreadOfItsOwn) {
  Ends ends = connected();
  std::size_t frames = 0, messages = 0;
  std::promise<void> all;
  Inbox unused;
  Connection near(std::move(ends.near)), far(std::move(ends.far));
  near.start(unused.handlers());
  far.start({.received =
                 [&](const std::vector<std::string>& more) {
                   ++frames;
                   messages += more.size();
                   if (messages == 3000) all.set_value();
                 },
             .closed = [](const std::string&) {}});
  for (int i = 0; i < 3000; ++i) near.send_later({"x"});
  all.get_future().wait();
  EXPECT_LT(frames, 1000u);
}

TEST_P(ConnectionTest, FinishSendsWhatIsQueued) {
  Ends ends = connected();
  Inbox inbox, unused;
  Connection near(std::move(ends.near), {}, near_io()), far(std::move(ends.far), {}, far_io());
  near.start(unused.handlers());
  far.start(inbox.handlers());
  near.send(std::string(5 << 20, 'x'));
  near.send("last");
  near.finish();
  inbox.closed.get_future().wait();
  ASSERT_EQ(inbox.messages.size(), 2u);
  EXPECT_EQ(inbox.messages.back(), "last");
}

TEST_P(ConnectionTest, EndsWhenTheOtherSideDoesNotRead) {
  Ends ends = connected();  // whose far end nobody reads
  Backlog backlog(16 << 20);  // half of it for one alone
  Inbox inbox;
  Connection near(std::move(ends.near), {.backlog = &backlog}, near_io());
  near.start(inbox.handlers());
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 40; ++i) near.send(large);  // the sockets hold a few
  EXPECT_EQ(inbox.closed.get_future().wait_for(30s), std::future_status::ready);
  EXPECT_GT(near.silent(), std::chrono::nanoseconds(1h)) << "who is gone is silent for longer than anybody";
}

/// What two hold that nobody reads counts together, until they are gone.
TEST_P(ConnectionTest, SharesWhatMayWaitWithOthers) {
  Backlog backlog(24 << 20);
  Inbox silent, inbox, unused;
  {
    Ends ends = connected();
    Connection near(std::move(ends.near), {.backlog = &backlog}, near_io());
    near.start(silent.handlers());
    for (int i = 0; i < 40; ++i) near.send(std::string(1 << 20, 'x'));
    EXPECT_EQ(silent.closed.get_future().wait_for(30s), std::future_status::ready);
    EXPECT_GT(backlog.held(), std::size_t{10} << 20);
    Ends others = connected();
    Connection modest(std::move(others.near), {.backlog = &backlog}, near_io()), far(std::move(others.far), {}, far_io());
    modest.start(unused.handlers());
    far.start(inbox.handlers());
    inbox.expected = 1;
    modest.send(std::string(1 << 20, 'x'));
    inbox.full.get_future().wait();
  }
  EXPECT_EQ(backlog.held(), 0u);
}

TEST_P(ConnectionTest, TellsHowMuchWaitsForTheOtherSide) {
  Ends ends = connected();
  Inbox inbox, unused;
  Connection near(std::move(ends.near), {}, near_io()), far(std::move(ends.far), {}, far_io());
  near.start(unused.handlers());
  EXPECT_EQ(near.waiting(), 0u);
  for (int i = 0; i < 40; ++i) near.send(std::string(1 << 20, 'x'));
  EXPECT_GT(near.waiting(), std::size_t{20} << 20);  // the sockets hold a few
  inbox.expected = 40;
  far.start(inbox.handlers());
  inbox.full.get_future().wait();
  EXPECT_EQ(near.waiting(), 0u);
}

TEST_P(ConnectionTest, MayHaveSentMoreThanMayWait) {
  Ends ends = connected();
  Backlog backlog(8 << 20);
  Inbox inbox, unused;
  Connection near(std::move(ends.near), {.backlog = &backlog}, near_io()), far(std::move(ends.far), {}, far_io());
  near.start(unused.handlers());
  far.start(inbox.handlers());
  for (std::size_t i = 1; i <= 20; ++i) {
    inbox.full = {};
    inbox.expected = i;
    near.send(std::string(1 << 20, 'x'));
    inbox.full.get_future().wait();
  }
  EXPECT_EQ(inbox.messages.size(), 20u);
}

TEST_P(ConnectionTest, ToldOfTheOtherSidesEnd) {
  Ends ends = connected();
  Inbox inbox, unused;
  auto near = std::make_unique<Connection>(std::move(ends.near), Bonds{}, near_io());
  Connection far(std::move(ends.far), {}, far_io());
  near->start(unused.handlers());
  far.start(inbox.handlers());
  near.reset();
  EXPECT_NE(inbox.closed.get_future().get(), "");
  unused.closed.get_future().wait();
}

/// None of which reads: the others are read and written meanwhile, by as few threads as there are.
TEST(SharedThreads, WhoDoesNotReadHindersNobody) {
  IoThreads io({.most_readers = 1, .most_writers = 1});
  constexpr std::size_t kSilent = 10;
  std::vector<std::unique_ptr<Stream>> others;
  std::list<Inbox> unused(kSilent);
  std::list<Connection> silent;
  for (Inbox& inbox : unused) {
    Ends ends = connected();
    others.push_back(std::move(ends.far));
    silent.emplace_back(std::move(ends.near), Bonds{}, &io).start(inbox.handlers());
    silent.back().send(std::string(8 << 20, 'x'));  // more than the sockets hold
  }
  Ends ends = connected();
  Inbox inbox, unused_too;
  inbox.expected = 100;
  Connection near(std::move(ends.near), {}, &io), far(std::move(ends.far), {}, &io);
  near.start(unused_too.handlers());
  far.start(inbox.handlers());
  for (int i = 0; i < 100; ++i) near.send(std::string(1 << 20, 'x'));
  inbox.full.get_future().wait();
}

/// Nor does one whose handler takes its time, as long as there is another thread.
TEST(SharedThreads, ALongHandlerKeepsNobodyFromWriting) {
  IoThreads io({.most_readers = 1, .most_writers = 1});
  Ends ends = connected();
  Inbox inbox;
  inbox.expected = 20;
  Connection near(std::move(ends.near), {}, &io), far(std::move(ends.far));
  std::promise<void> over;
  near.start({.received = [&](const std::vector<std::string>&) { over.get_future().wait(); }, .closed = [](const std::string&) {}});
  far.start(inbox.handlers());
  far.send("a question");
  for (int i = 0; i < 20; ++i) near.send(std::string(1 << 20, 'x'));
  inbox.full.get_future().wait();
  over.set_value();
  near.stop();
}

}  // namespace
}  // namespace dflow::net
