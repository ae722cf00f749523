// People's tools at a scheduler: they ask, and are not asked who they are for long.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "runtime/cluster/cluster_status.h"
#include "runtime/cluster/scheduler_server.h"
#include "tests/cluster/member.h"

namespace dflow::cluster {
namespace {

using Tool = Member<ToTool>;
const net::Hello kTool{.role = net::Role::tool, .name = "t", .host = "h"};

bool soon(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (!holds() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  return holds();
}

/// Nothing comes that is a message.
bool ended(net::Stream& stream) { return stream.readable() && !stream.read(); }

/// Each answer is made while everybody else waits.
TEST(Tools, WhatIsAskedOftenIsAnsweredNowAndThen) {
  std::atomic<bool> end_asked = false;
  const auto server = SchedulerServer::start({.end_asked = [&] { end_asked = true; }, .agents = true}).value();
  Tool tool(server->address(), kTool);
  for (int i = 0; i < 50'000; ++i) tool.say(FromTool(StatusWanted{}));
  tool.say(FromTool(EndCluster{}));
  EXPECT_TRUE(soon([&] { return end_asked.load(); }));  // all of that has been read
  const Client client(server->address(), kClient);
  tool.say(FromTool(StatusWanted{}));
  int answers = 1;
  while (tool.await<ClusterStatus>().programs.empty()) ++answers;
  EXPECT_LT(answers, 1000);
}

TEST(Tools, WhoAsksNothingIsLetGo) {
  const auto server = SchedulerServer::start({.agents = true, .pulse = {.heartbeat = 5ms, .silence = 20ms}}).value();
  const Greeted quiet = greet(server->address(), kTool).value();
  EXPECT_TRUE(soon([&] { return ended(*quiet.stream); }));
}

TEST(Tools, OfManyTheOneGoesThatHasAskedNothingForLongest) {
  const auto server = SchedulerServer::start({.agents = true}).value();
  Tool first(server->address(), kTool);
  const Greeted second = greet(server->address(), kTool).value();
  first.say(FromTool(StatusWanted{}));
  first.await<ClusterStatus>();
  std::vector<Greeted> others;
  while (others.size() + 2 < kMostTools) others.push_back(greet(server->address(), kTool).value());
  EXPECT_FALSE(second.stream->readable());
  others.push_back(greet(server->address(), kTool).value());
  EXPECT_TRUE(soon([&] { return ended(*second.stream); }));
  first.say(FromTool(StatusWanted{}));
  first.await<ClusterStatus>();
  EXPECT_FALSE(others.front().stream->readable());
}

}  // namespace
}  // namespace dflow::cluster
