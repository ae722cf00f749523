// How soon each kind of member notices that nothing comes any more: as soon as the scheduler was told to have it noticed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/cluster/scheduler_server.h"
#include "tests/cluster/member.h"

namespace dflow::cluster {
namespace {

using ::testing::Field;

const net::Hello kAgent{.role = net::Role::agent, .name = "a", .host = "h"};
const net::Hello kTask{.role = net::Role::client, .program = "p", .name = "t", .host = "h", .worker = 1};

std::unique_ptr<SchedulerServer> start(Pulse pulse) {
  return SchedulerServer::start({.agents = true, .pulse = pulse}).value();
}

/// What the connection of somebody who joins is bound to, at his end.
net::Bonds own_bonds(const SchedulerServer& scheduler, net::Hello hello) {
  hello.line = 1;  // so he wants to be called back
  return bonds_of(greet(scheduler.address(), hello).value().welcome);
}

class PulseTest : public ::testing::TestWithParam<Pulse> {};

TEST_P(PulseTest, IsTheSameForAllWhoJoin) {
  const auto scheduler = start(GetParam());
  for (const net::Hello& hello : {kWorker, kClient, kAgent}) {
    const net::Bonds bonds = own_bonds(*scheduler, hello);
    EXPECT_EQ(bonds.silence, GetParam().silence) << hello.name;
    EXPECT_EQ(bonds.heartbeat, GetParam().heartbeat) << hello.name;
    EXPECT_EQ(bonds.resumable, GetParam().grace.count() > 0) << hello.name;
    EXPECT_FALSE(bonds.may_be_stopped) << "the scheduler never is";
  }
}

TEST_P(PulseTest, IsTheSchedulersOwnForEachOfThem) {
  for (const net::Hello& hello : {kWorker, kClient, kAgent, kTask}) {
    const net::Bonds bonds = bonds_for(hello, GetParam(), true);
    EXPECT_EQ(bonds.silence, GetParam().silence) << hello.name;
    EXPECT_EQ(bonds.heartbeat, GetParam().heartbeat) << hello.name;
    EXPECT_EQ(bonds.resumable, GetParam().grace.count() > 0) << hello.name;
    EXPECT_EQ(bonds.may_be_stopped, hello.name == "c") << hello.name;
  }
}

INSTANTIATE_TEST_SUITE_P(AsConfigured, PulseTest,
                         ::testing::Values(Pulse{}, Pulse{.heartbeat = 70ms, .silence = 210ms, .grace = 30ms},
                                           Pulse{.heartbeat = 10s, .silence = 60s, .grace = 0ms}));

TEST(Pulse, MeansNothingToConnectionsThatAreAsGoodAsTheirProcesses) {
  const net::Bonds bonds = bonds_for(kWorker, {}, false);
  EXPECT_EQ(bonds.silence, 0ms);
  EXPECT_EQ(bonds.heartbeat, 0ms);
  EXPECT_FALSE(bonds.resumable);
}

/// Who joins and says nothing any more: the scheduler ends it, and would wait for an hour if it had been told to.
TEST(Pulse, EndsWhoSaysNothingAnyMore) {
  for (const net::Hello& hello : {kWorker, kAgent}) {
    const auto scheduler = start({.heartbeat = 5ms, .silence = 15ms, .grace = 5ms});
    const Greeted silent = greet(scheduler->address(), [&] {
      net::Hello lasting = hello;
      lasting.line = 1;
      return lasting;
    }()).value();
    while (silent.stream->read()) {  // its heartbeats
    }
  }
  const auto patient = start({.heartbeat = 5ms, .silence = 1h, .grace = 1h});
  net::Hello lasting = kWorker;
  lasting.line = 1;
  const Greeted silent = greet(patient->address(), lasting).value();
  for (int beats = 0; beats < 20; ++beats) EXPECT_TRUE(silent.stream->read()) << "longer than the others' silence";
}

}  // namespace
}  // namespace dflow::cluster
