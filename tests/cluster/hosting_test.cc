// Whose word is taken for what agents run: the test speaks for clients and agents.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/cluster/scheduler_server.h"
#include "tests/cluster/member.h"

namespace dflow::cluster {
namespace {

using ::testing::HasSubstr;

const ProgramFiles kGood{{{.name = "app", .size = 4, .hash = "good"}}}, kOther{{{.name = "app", .size = 4, .hash = "evil"}}};

class HostingTest : public ::testing::Test {
 protected:
  static net::Hello agent(const std::string& name) { return {.role = net::Role::agent, .name = name, .host = name}; }
  static net::Hello client_of(const std::string& program) {
    net::Hello hello = kClient;
    hello.program = program;
    return hello;
  }
  /// What it said before has been heard.
  static void settle(AgentMember& agent) {
    agent.say(FromAgent(PieceWanted{.number = 99, .program = "nobody's"}));
    EXPECT_THAT(agent.await<Piece>().error, HasSubstr("has ended"));
  }
  static void settle(Client& client) {
    client.say(FromClient(Sync{}));
    client.await<Sync>();
  }
  static void offer(Client& client, const ProgramFiles& files) {
    client.await<FilesWanted>();
    client.say(FromClient(FilesOffered{.files = files}));
  }

  std::unique_ptr<SchedulerServer> server_ = SchedulerServer::start({.agents = true}).value();
};

TEST_F(HostingTest, BelievesNoAgentWhatAProgramIsMadeOf) {
  AgentMember liar(server_->address(), agent("l")), other(server_->address(), agent("o"));
  liar.say(FromAgent(ProgramHosted{"p", kOther}));
  settle(liar);
  Client client(server_->address(), kClient);
  offer(client, kGood);
  EXPECT_EQ(other.await<StartProgram>().files, kGood);
  liar.await<StopProgram>();
  EXPECT_EQ(liar.await<StartProgram>().files, kGood);
}

TEST_F(HostingTest, BelievesNoAgentAfterAClientHasSpokenEither) {
  AgentMember liar(server_->address(), agent("l"));
  Client client(server_->address(), kClient);
  offer(client, kGood);
  EXPECT_EQ(liar.await<StartProgram>().files, kGood);
  liar.say(FromAgent(ProgramHosted{"p", kOther}));
  liar.await<StopProgram>();
  AgentMember other(server_->address(), agent("o"));
  EXPECT_EQ(other.await<StartProgram>().files, kGood);
}

TEST_F(HostingTest, LetsAnAgentGoOnThatRunsWhatTheClientNames) {
  AgentMember one(server_->address(), agent("1"));
  one.say(FromAgent(ProgramHosted{"p", kGood}));
  settle(one);
  Client client(server_->address(), kClient);
  offer(client, kGood);
  AgentMember other(server_->address(), agent("o"));
  EXPECT_EQ(other.await<StartProgram>().files, kGood);
  settle(one);
  EXPECT_FALSE(one.was_told<StopProgram>());
}

TEST_F(HostingTest, TakesAFilesBytesFromTheClientThatWasAskedAlone) {
  AgentMember host(server_->address(), agent("h"));
  Client owner(server_->address(), client_of("p")), stranger(server_->address(), client_of("q"));
  offer(owner, kGood);
  host.await<StartProgram>();
  Client second(server_->address(), client_of("p"));
  host.say(FromAgent(PieceWanted{.number = 5, .program = "p", .file = "app"}));
  const std::uint64_t number = owner.await<PieceWanted>().number;
  for (Client* client : {&stranger, &second}) {
    client->say(FromClient(Piece{.number = number, .bytes = "evil"}));
    settle(*client);
  }
  owner.say(FromClient(Piece{.number = number, .bytes = "good"}));
  const Piece piece = host.await<Piece>();
  EXPECT_EQ(piece.number, 5u);
  EXPECT_EQ(piece.bytes, "good");
}

TEST_F(HostingTest, AsksTheNextClientForWhatTheLastOneDidNotSend) {
  AgentMember host(server_->address(), agent("h"));
  std::optional<Client> first(std::in_place, server_->address(), client_of("p"));
  offer(*first, kGood);
  host.await<StartProgram>();
  host.say(FromAgent(PieceWanted{.number = 5, .program = "p", .file = "app"}));
  first->await<PieceWanted>();
  first.reset();
  host.say(FromAgent(PieceWanted{.number = 6, .program = "p", .file = "lib"}));
  settle(host);
  Client second(server_->address(), client_of("p"));
  for (const std::string file : {"app", "lib"}) {
    const PieceWanted asked = second.await<PieceWanted>();
    EXPECT_EQ(asked.file, file);
    second.say(FromClient(Piece{.number = asked.number, .bytes = "good"}));
    const Piece piece = host.await<Piece>();
    EXPECT_EQ(piece.number, file == "app" ? 5u : 6u);
    EXPECT_EQ(piece.error, "");
  }
}

/// The agent is back before any client is.
TEST_F(HostingTest, LetsAnAgentWaitForAClientThatComesBack) {
  AgentMember host(server_->address(), agent("h"));
  host.say(FromAgent(ProgramHosted{"p", kGood}));
  host.say(FromAgent(PieceWanted{.number = 5, .program = "p", .file = "app"}));
  settle(host);
  Client client(server_->address(), client_of("p"));
  offer(client, kGood);
  const std::uint64_t number = client.await<PieceWanted>().number;
  client.say(FromClient(Piece{.number = number, .bytes = "good"}));
  EXPECT_EQ(host.await<Piece>().bytes, "good");
}

}  // namespace
}  // namespace dflow::cluster
