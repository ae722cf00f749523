// A worker's first moments, at a scheduler that the test speaks for.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "runtime/cluster/handshake.h"
#include "runtime/net/listener.h"
#include "tests/cluster/worker_program.h"

namespace dflow::cluster {
namespace {

using namespace std::chrono_literals;

/// Clients of a scheduler that was killed know workers that the next one has not answered yet.
TEST(WorkerStart, AValueMayComeBeforeTheSchedulersAnswer) {
  const auto listener = net::Listener::bind({.host = "127.0.0.1", .port = 0}).value();
  const WorkerProgram worker(listener->address());
  const auto scheduler = listener->accept().value();
  const net::Message greeting = scheduler->read_greeting(30s).value();
  const auto& hello = std::get<net::Hello>(greeting);

  Result<Greeted> peer = greet(net::parse_address(hello.address).value(), {.role = net::Role::peer, .program = hello.program});
  ASSERT_TRUE(peer) << peer.message();
  const std::string bytes = "value";
  const std::array pieces{std::as_bytes(std::span(bytes))};
  ASSERT_TRUE(peer.value().stream->write(net::Push{.task = 1, .size = bytes.size()}, pieces));
  peer.value().stream->set_read_timeout(300ms);
  const Result<net::Message> early = peer.value().stream->read();
  EXPECT_FALSE(early) << "it was taken by nobody";
  EXPECT_EQ(early.message().find("closed"), std::string::npos) << early.message();

  ASSERT_TRUE(answer(*scheduler, {.id = 7}));
  peer.value().stream->set_read_timeout(30s);
  const Result<net::Message> taken = peer.value().stream->read();
  ASSERT_TRUE(taken) << taken.message();
  EXPECT_EQ(std::get<net::Value>(taken.value()).outcome, net::Value::Outcome::here);
}

}  // namespace
}  // namespace dflow::cluster
