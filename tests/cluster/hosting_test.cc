// Whose word is taken for what agents run: the test speaks for clients and agents.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <stdexcept>

#include "runtime/cluster/hosting.h"
#include "runtime/cluster/scheduler_server.h"
#include "tests/cluster/member.h"
#include "tests/net/ends.h"

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

/// It would be waited for three hours, else.
TEST_F(HostingTest, WhoIsStoppedKeepsNobodyWaiting) {
  server_ = SchedulerServer::start({.agents = true, .pulse = {.heartbeat = 20ms, .silence = 1h}}).value();
  AgentMember host(server_->address(), agent("h"));
  const Greeted stopped = greet(server_->address(), client_of("p")).value();
  Client other(server_->address(), client_of("p"));
  offer(other, kGood);
  host.await<StartProgram>();
  host.say(FromAgent(PieceWanted{.number = 5, .program = "p", .file = "app"}));
  const std::uint64_t number = other.await<PieceWanted>().number;
  other.say(FromClient(Piece{.number = number, .bytes = "good"}));
  EXPECT_EQ(host.await<Piece>().bytes, "good");
}

/// What is told on one connection, read as it comes.
template <class Told>
class Listener {
 public:
  Listener() {
    near_.start({.received = [](const std::vector<std::string>&) {}, .closed = [](const std::string&) {}});
  }
  net::Connection& connection() { return near_; }
  /// The next message, which is of that kind.
  template <class M>
  M next() {
    while (unread_.empty()) {
      Result<net::Message> frame = ends_.far->read_greeting(30s);
      if (!frame) throw std::runtime_error(frame.message());
      for (std::string& message : std::get<net::Batch>(frame.value()).messages) unread_.push_back(std::move(message));
    }
    const std::string bytes = std::move(unread_.front());
    unread_.pop_front();
    return std::get<M>(core::decode<Told>(bytes).value());
  }

 private:
  net::Ends ends_ = net::connected();
  net::Connection near_{std::move(ends_.near)};
  std::deque<std::string> unread_;
};

/// Time passes as the test says: clients that do not answer.
class SilentClients : public ::testing::Test {
 protected:
  SilentClients() { hosting_.agent_joined(1, {.name = "a", .host = "h", .connection = &agent_.connection()}); }
  void pass(core::Duration time) { hosting_.tick(now_ += time); }
  void offer(std::uint32_t client) {
    FilesOffered offered{.files = kGood};
    hosting_.on(client, "p", offered);
  }
  void want(std::uint64_t number) {
    FromAgent wanted = PieceWanted{.number = number, .program = "p", .file = "app"};
    hosting_.from_agent(1, wanted);
  }
  void answer(std::uint32_t client, const PieceWanted& asked, const std::string& bytes) {
    Piece piece{.number = asked.number, .bytes = bytes};
    hosting_.on(client, piece);
  }

  core::Time now_{1h};
  Listener<ToAgent> agent_;
  Listener<ToClient> first_, second_;
  Hosting hosting_{{.ended = [](const std::string&, std::int64_t, const ProcessEnd&) {},
                    .printed = [](const std::string&, const Printed&) {},
                    .gave_up = [](const std::string&, const std::string&) {},
                    .failed = [](const std::string&, const std::string&, std::uint32_t) {},
                    .hosted = [](const std::string&, const std::string&) {},
                    .flushed = [](const std::string&, std::uint32_t) {},
                    .has_workers = [](const std::string&) { return false; },
                    .has_errands = [](const std::string&) { return false; }},
                   9s};
};

TEST_F(SilentClients, AnotherIsAskedWhatTheProgramIsMadeOf) {
  hosting_.client_joined("p", 2, first_.connection(), {});
  first_.next<FilesWanted>();
  pass(0s);
  pass(60s);
  hosting_.client_joined("p", 3, second_.connection(), {});
  pass(0s);
  second_.next<FilesWanted>();
  offer(3);
  EXPECT_EQ(agent_.next<StartProgram>().files, kGood);
  offer(2);  // too late
}

TEST_F(SilentClients, AnswersCountHoweverLateIfTheyAreTheFirst) {
  hosting_.client_joined("p", 2, first_.connection(), {});
  hosting_.client_joined("p", 3, second_.connection(), {});
  pass(0s);
  pass(60s);
  second_.next<FilesWanted>();
  offer(2);
  EXPECT_EQ(agent_.next<StartProgram>().files, kGood);
}

TEST_F(SilentClients, AnotherIsAskedForAPieceAndFromThenOnFirst) {
  hosting_.client_joined("p", 2, first_.connection(), {});
  hosting_.client_joined("p", 3, second_.connection(), {});
  first_.next<FilesWanted>();
  offer(2);
  agent_.next<StartProgram>();
  want(5);
  const PieceWanted asked = first_.next<PieceWanted>();
  pass(0s);
  pass(9s);
  pass(1s);
  answer(3, second_.next<PieceWanted>(), "good");
  EXPECT_EQ(agent_.next<Piece>().bytes, "good");
  answer(2, asked, "evil");  // nobody waits for it any more
  want(6);
  answer(3, second_.next<PieceWanted>(), "more");
  EXPECT_EQ(agent_.next<Piece>().bytes, "more");
}

/// However long the one that has ended was silent before.
TEST_F(SilentClients, AnotherHasTimeToComeWhenTheOnlyOneHasEnded) {
  hosting_.client_joined("p", 2, first_.connection(), {});
  first_.next<FilesWanted>();
  offer(2);
  agent_.next<StartProgram>();
  want(5);
  first_.next<PieceWanted>();
  pass(0s);
  pass(20s);
  hosting_.client_left("p", 2);
  pass(0s);
  hosting_.client_joined("p", 3, second_.connection(), {});
  answer(3, second_.next<PieceWanted>(), "good");
  EXPECT_EQ(agent_.next<Piece>().bytes, "good");
}

TEST_F(SilentClients, TheOnlyOneIsWaitedForHoweverLongThatTakes) {
  hosting_.client_joined("p", 2, first_.connection(), {});
  first_.next<FilesWanted>();
  for (int i = 0; i < 3; ++i) pass(60s);
  offer(2);
  agent_.next<StartProgram>();
  want(5);
  const PieceWanted asked = first_.next<PieceWanted>();
  for (int i = 0; i < 3; ++i) pass(60s);
  answer(2, asked, "good");
  EXPECT_EQ(agent_.next<Piece>().bytes, "good");
}

/// Of a program that nobody has hosted since, as after a restart: such names would come to be ever more.
TEST_F(SilentClients, WhoIsToBeReplacedIsToldToAnAgentThatComesBackWithinAMinute) {
  const std::string worker = names_of_agent("h", 1) + "1";
  FromAgent hosted = ProgramHosted{"p", kGood};
  FromAgent unknown = PieceWanted{.number = 9, .program = "nobody's"};
  for (const core::Duration away : {core::Duration(59s), core::Duration(61s)}) {
    EXPECT_FALSE(hosting_.tell_of_worker("p", worker, WorkerNews::What::replace));
    pass(0s);
    pass(away);
    hosting_.from_agent(1, hosted);
    if (away < 60s) {
      EXPECT_EQ(agent_.next<WorkerNews>().worker, worker);
      pass(1000s);  // the agent is there, and may have been told in vain
      hosting_.agent_left(1);
      hosting_.agent_joined(1, {.name = "a", .host = "h", .connection = &agent_.connection()});
      hosting_.from_agent(1, hosted);
      EXPECT_EQ(agent_.next<WorkerNews>().worker, worker);
      pass(0s), pass(20s), pass(20s);  // the program is given up
      agent_.next<StopProgram>();
    }
  }
  hosting_.from_agent(1, unknown);
  EXPECT_EQ(agent_.next<Piece>().number, 9u) << "nothing was told before";
}

}  // namespace
}  // namespace dflow::cluster
