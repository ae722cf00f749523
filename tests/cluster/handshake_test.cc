// Who may join whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/cluster/handshake.h"
#include "runtime/net/listener.h"
#include "tests/net/tls_fixture.h"

namespace dflow::cluster {
namespace {

using ::testing::HasSubstr;

/// What a caller is told who says `hello` to one who is `mine`.
std::string reply_to(const net::Hello& hello, const net::Hello& mine) {
  auto listener = net::Listener::bind({.host = "127.0.0.1", .port = 0});
  std::thread callee([&] {
    auto stream = listener.value()->accept();
    const auto said = stream.value()->read_greeting(std::chrono::seconds(20));
    const std::string why = refusal(*stream.value(), std::get<net::Hello>(said.value()), mine);
    (void)answer(*stream.value(), {.refusal = why, .id = 5});
  });
  const Result<Greeted> greeted = greet(listener.value()->address(), hello);
  callee.join();
  return greeted ? "welcome " + std::to_string(greeted.value().welcome.id) : greeted.message();
}

TEST(Handshake, EqualsAreWelcome) {
  EXPECT_EQ(reply_to({.program = "a", .secret = "s"}, {.program = "a", .secret = "s"}), "welcome 5");
  EXPECT_EQ(reply_to({.program = "a"}, {}), "welcome 5");
}

TEST(Handshake, OtherProtocolIsNamed) {
  EXPECT_THAT(reply_to({.protocol = 99}, {}), HasSubstr("speaks protocol 99"));
}

TEST(Handshake, OtherBuildIsNamed) {
  EXPECT_THAT(reply_to({.program = "old"}, {.program = "new"}), HasSubstr("another build of the program"));
}

TEST(Handshake, OneBuildServesUsersWhoDiffer) {
  EXPECT_EQ(reply_to({.program = "a"}, {.program = "a@alice"}), "welcome 5");  // the secret tells them apart
}

TEST(Handshake, WhoDoesNotKnowTheSecretStaysOutside) {
  for (const char* guess : {"", "guess", "t", "ss"}) {
    EXPECT_THAT(reply_to({.secret = guess}, {.secret = "s"}), HasSubstr("another program only")) << guess;
  }
}

TEST(Handshake, AnotherServiceIsNamed) {
  auto listener = net::Listener::bind({.host = "127.0.0.1", .port = 0});
  std::thread callee([&] {
    auto stream = listener.value()->accept();
    // As a server of another protocol would: it reads something and answers in its own words.
    std::byte byte{};
    (void)stream.value()->read_raw({&byte, 1});
    const std::string text = "HTTP/1.1 400 Bad Request\r\n\r\n";
    (void)stream.value()->write_raw(std::as_bytes(std::span(text)));
  });
  const net::Address address = listener.value()->address();
  Unwelcome why{};
  const Result<Greeted> greeted = introduce(reach(address, net::Role::client, nullptr).value(), address, {}, &why);
  callee.join();
  ASSERT_FALSE(greeted);
  EXPECT_EQ(why, Unwelcome::foreign);
  EXPECT_THAT(greeted.message(), HasSubstr("another service's port"));
}

/// With certificates of each role.
class Roles : public net::TlsTest {
 protected:
  using Role = net::CertificateRole;
  static constexpr Role kAll[] = {Role::client, Role::scheduler, Role::agent, Role::worker};

  /// What a caller comes to who says that he is `as`, at one with a certificate of role `callee`.
  static std::string reach_it(net::Role as, const std::shared_ptr<net::Credentials>& caller,
                              const std::shared_ptr<net::Credentials>& callee) {
    auto listener = net::Listener::bind({.host = "127.0.0.1", .port = 0}, callee);
    std::thread other([&] {
      auto stream = listener.value()->accept();
      (void)prove(*stream.value());
    });
    const auto stream = reach(listener.value()->address(), as, caller.get());
    other.join();
    return stream ? "" : stream.message();
  }
  /// Why the scheduler does not want who shows this certificate and says that.
  std::string refusal_of(Role certificate, const net::Hello& hello, const std::string& clients_user = "alice") {
    const Met met = meet(make(certificate, around_now(), {}, "127.0.0.1", clients_user), make(Role::scheduler));
    EXPECT_EQ(met.callee, "");
    return met.callee.empty() ? refusal(*met.far, hello, {}) : met.callee;
  }
};

TEST_F(Roles, WhoIsCalledHasToBeWhatWasCalled) {
  for (const auto& [as, own] : {std::pair(net::Role::client, Role::client), std::pair(net::Role::tool, Role::client),
                                std::pair(net::Role::agent, Role::agent), std::pair(net::Role::worker, Role::worker),
                                std::pair(net::Role::peer, Role::worker), std::pair(net::Role::peer, Role::client)}) {
    const Role expected = as == net::Role::peer ? Role::worker : Role::scheduler;
    for (const Role callee : kAll) {
      const std::string why = reach_it(as, make(own), make(callee));
      const bool serves = callee == Role::scheduler || callee == Role::worker;  // others' certificates are for callers
      if (callee == expected) EXPECT_EQ(why, "") << net::name_of(callee);
      else EXPECT_THAT(why, HasSubstr(serves ? " was expected there" : "unsuitable certificate purpose")) << net::name_of(callee);
    }
  }
}

/// Who breaks off in the middle is there, and may be tried again.
TEST_F(Roles, WhyNobodyWasReachedIsTold) {
  const auto caller = make(Role::client);
  const auto why = [&](const net::Address& address, const std::shared_ptr<net::Credentials>& own) {
    net::Unreached reason{};
    EXPECT_FALSE(reach(address, net::Role::client, own.get(), kConnectTime, &reason));
    return reason;
  };
  auto listener = net::Listener::bind({.host = "127.0.0.1", .port = 0}, make(Role::worker));
  const net::Address address = listener.value()->address();
  std::thread hasty([&] { (void)listener.value()->accept(); });
  EXPECT_EQ(why(address, caller), net::Unreached::broke_off);
  hasty.join();
  std::thread patient([&] { (void)prove(*listener.value()->accept().value()); });
  EXPECT_EQ(why(address, caller), net::Unreached::refused) << "a scheduler was called";
  patient.join();
  listener.value().reset();
  EXPECT_EQ(why(address, caller), net::Unreached::nobody);
  EXPECT_EQ(why(address, nullptr), net::Unreached::nobody);
}

TEST_F(Roles, WhoCallsHasToBeWhatHisCertificateSays) {
  const net::Hello inside{.role = net::Role::client, .worker = 3};
  const std::pair<net::Hello, std::vector<Role>> table[] = {{{.role = net::Role::client}, {Role::client}},
                                                            {inside, {Role::worker}},
                                                            {{.role = net::Role::tool}, {Role::client}},
                                                            {{.role = net::Role::agent}, {Role::agent}},
                                                            {{.role = net::Role::worker}, {Role::worker}},
                                                            {{.role = net::Role::peer}, {Role::worker, Role::client}}};
  for (const auto& [hello, may] : table) {
    for (const Role certificate : {Role::client, Role::agent, Role::worker}) {
      const std::string why = refusal_of(certificate, hello);
      const bool let_in = std::find(may.begin(), may.end(), certificate) != may.end();
      if (let_in) EXPECT_EQ(why, "") << net::name_of(certificate);
      else EXPECT_THAT(why, HasSubstr("does not let its holder do that")) << net::name_of(certificate);
    }
  }
}

/// Two that have the same kind of certificate, and secrets of their own.
class Secrets : public Roles {
 protected:
  /// What becomes of a peer that greets one who wants `expected` and says, in the end, that he knows `known`; what was said of the secret
  /// is kept.
  std::string greet_peer(const std::string& secret, const std::string& expected, const std::string& known) {
    auto listener = net::Listener::bind({.host = "127.0.0.1", .port = 0}, make(Role::worker));
    std::thread callee([&] {
      auto stream = listener.value()->accept();
      EXPECT_EQ(prove(*stream.value()), "");
      const auto said = stream.value()->read_greeting(std::chrono::seconds(20));
      const auto& hello = std::get<net::Hello>(said.value());
      said_ = hello.secret;
      const std::string why = refusal(*stream.value(), hello, {.secret = expected});
      (void)answer(*stream.value(), {.refusal = why, .id = 5, .secret = proof_for_caller(*stream.value(), known)});
    });
    const auto worker = make(Role::worker);
    const Result<Greeted> greeted = greet(listener.value()->address(), {.role = net::Role::peer, .secret = secret}, worker.get());
    callee.join();
    return greeted ? "" : greeted.message();
  }
  std::string said_;
};

TEST_F(Secrets, AreNotSaid) {
  EXPECT_EQ(greet_peer("s", "s", "s"), "");
  EXPECT_NE(said_, "s");
  const std::string before = said_;
  EXPECT_EQ(greet_peer("s", "s", "s"), "");
  EXPECT_NE(said_, before) << "what was heard on one connection would do on another";
}

TEST_F(Secrets, AreKnownByBoth) {
  EXPECT_THAT(greet_peer("other", "s", "s"), HasSubstr("another program only"));
  EXPECT_THAT(greet_peer("s", "s", "guess"), HasSubstr("is no worker of this program"));
}

/// Nobody's programs would run as the agent's own user, who may be root.
TEST_F(Roles, WhoseProgramsAClientRunsHasToBeSaid) {
  for (const net::Role role : {net::Role::client, net::Role::tool, net::Role::peer}) {
    EXPECT_EQ(refusal_of(Role::client, {.role = role}), "");
    EXPECT_THAT(refusal_of(Role::client, {.role = role}, ""), HasSubstr("does not say which user's"));
  }
}

}  // namespace
}  // namespace dflow::cluster
