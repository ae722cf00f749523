// Who is let in by TLS, and who is not.
#include "tests/net/steps.h"
#include "tests/net/tls_fixture.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <vector>

namespace dflow::net {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(TlsTest, CertificatesOfOneAuthorityMeet) {
  const Met met = meet(make(CertificateRole::client), make(CertificateRole::scheduler));
  EXPECT_EQ(met.caller, "");
  EXPECT_EQ(met.callee, "");
  EXPECT_EQ(met.near->certificate()->role, CertificateRole::scheduler);
  EXPECT_EQ(met.far->certificate()->role, CertificateRole::client);
  EXPECT_EQ(met.near->local_host(), "127.0.0.1");
}

TEST_F(TlsTest, AnotherAuthoritysCertificateIsRefusedByBothSides) {
  const Credential others = make_authority("dflow-other", around_now()).value();
  EXPECT_THAT(meet(make(CertificateRole::client), make(CertificateRole::scheduler, around_now(), others)).caller,
              HasSubstr("unable to get local issuer certificate"));
  const Met met = meet(make(CertificateRole::client, around_now(), others), make(CertificateRole::scheduler));
  EXPECT_THAT(met.callee, HasSubstr("unable to get local issuer certificate"));
  EXPECT_THAT(met.caller, HasSubstr("does not accept this side's certificate"));
}

TEST_F(TlsTest, AnAuthorityOfTheSameNameIsAnotherAuthority) {
  const Credential others = make_authority("dflow-test", around_now()).value();
  EXPECT_THAT(meet(make(CertificateRole::client, around_now(), others), make(CertificateRole::scheduler)).callee,
              HasSubstr("not accepted"));
}

TEST_F(TlsTest, ExpiredCertificatesAreRefusedByBothSides) {
  // They are loaded while they are valid: nobody loads one that has expired.
  const Validity moment{.from = std::time(nullptr) - kHour, .until = std::time(nullptr) + 2};
  const auto client = make(CertificateRole::client, moment), scheduler = make(CertificateRole::scheduler, moment);
  while (std::time(nullptr) <= moment.until) ::usleep(50'000);  // certificates count seconds
  EXPECT_THAT(meet(client, make(CertificateRole::scheduler)).callee, HasSubstr("certificate has expired"));
  EXPECT_THAT(meet(make(CertificateRole::client), scheduler).caller, HasSubstr("certificate has expired"));
}

TEST_F(TlsTest, AnExpiredOwnCertificateIsNotLoaded) {
  const Validity past{.from = std::time(nullptr) - 2 * kHour, .until = std::time(nullptr) - kHour};
  const Credential made = issue(authority(), {.role = CertificateRole::agent, .name = "a"}, past).value();
  const auto read = Credentials::load({.certificate = write("a.pem", made.certificate + made.key),
                                       .authority = folder() + "/ca.crt", .revoked = ""},
                                      CertificateRole::agent);
  EXPECT_THAT(read.message(), HasSubstr("a.pem has expired: `dflow security issue agent --force`"));
}

TEST_F(TlsTest, OthersCertificatesAreNotLoaded) {
  const Credential made = issue(authority(), {.role = CertificateRole::client, .name = "a"}, around_now()).value();
  const auto read = [&](const std::string& pem) {
    return Credentials::load({.certificate = write("a.pem", pem), .authority = folder() + "/ca.crt",
                              .revoked = ""}, CertificateRole::worker).message();
  };
  EXPECT_THAT(read(made.certificate + made.key), HasSubstr("a.pem is client's certificate, and this is a worker"));
  EXPECT_THAT(read(made.certificate), HasSubstr("no certificate with its key"));
  EXPECT_THAT(read(made.certificate + authority().key), HasSubstr("a.pem"));
}

TEST_F(TlsTest, WhoeverIsAtAnotherHostIsRefused) {
  const auto client = make(CertificateRole::client);
  const auto elsewhere = make(CertificateRole::scheduler, around_now(), {}, "10.0.0.5");
  EXPECT_THAT(meet(client, elsewhere).caller, HasSubstr("IP address mismatch"));
  EXPECT_THAT(meet(client, make(CertificateRole::scheduler), "localhost").caller, HasSubstr("ostname mismatch"));
  EXPECT_EQ(meet(client, make(CertificateRole::scheduler, around_now(), {}, "localhost"), "localhost").caller, "");
}

TEST_F(TlsTest, RevokedCertificatesAreRefusedByBothSidesFromThenOn) {
  const auto client = make(CertificateRole::client);
  const std::string of_client = last().serial;
  const auto scheduler = make(CertificateRole::scheduler);
  const std::string of_scheduler = last().serial;
  EXPECT_EQ(meet(client, scheduler).callee, "");
  revoke({of_client});
  EXPECT_THAT(meet(client, scheduler).callee, HasSubstr("certificate revoked"));
  EXPECT_EQ(meet(make(CertificateRole::client), scheduler).callee, "");
  revoke({of_scheduler});
  EXPECT_THAT(meet(make(CertificateRole::client), scheduler).caller, HasSubstr("certificate revoked"));
}

TEST_F(TlsTest, WithoutItsRevocationListNobodyIsLetIn) {
  const auto client = make(CertificateRole::client), scheduler = make(CertificateRole::scheduler);
  auto listener = Listener::bind({.host = "127.0.0.1", .port = 0}, scheduler);
  const auto callee = [&] {
    auto near = Stream::connect(listener.value()->address(), std::chrono::seconds(20));
    EXPECT_TRUE(near.value()->write_raw(std::vector<std::byte>(1)));
    return prove(*listener.value()->accept().value());
  };
  write("revoked.crl", "nothing");
  EXPECT_THAT(meet(client, scheduler).caller, HasSubstr("revoked.crl"));
  EXPECT_THAT(callee(), HasSubstr("revoked.crl"));
  write("revoked.crl", net::revoke(make_authority("dflow-test", around_now()).value(), "", {}).value());
  EXPECT_THAT(meet(client, scheduler).caller, HasSubstr("not this authority's"));
  EXPECT_THAT(callee(), HasSubstr("not this authority's"));
}

TEST_F(TlsTest, UsagesAreChecked) {
  EXPECT_THAT(meet(make(CertificateRole::client), make(CertificateRole::client)).caller,
              HasSubstr("unsuitable certificate purpose"));
  EXPECT_THAT(meet(make(CertificateRole::scheduler), make(CertificateRole::scheduler)).callee,
              HasSubstr("unsuitable certificate purpose"));
}

TEST_F(TlsTest, AnAuthoritysOwnCertificateLetsNobodyIn) {
  const auto scheduler = make(CertificateRole::scheduler);
  const auto read = Credentials::load({.certificate = write("a.pem", authority().certificate + authority().key),
                                       .authority = folder() + "/ca.crt", .revoked = ""},
                                      CertificateRole::client);
  EXPECT_THAT(read.message(), HasSubstr("nobody's certificate"));
}

TEST_F(TlsTest, InTheClearNothingIsReadNorWritten) {
  auto listener = Listener::bind({.host = "127.0.0.1", .port = 0}, make(CertificateRole::scheduler));
  auto near = Stream::connect(listener.value()->address(), std::chrono::seconds(20));
  auto far = listener.value()->accept();
  ASSERT_TRUE(near.value()->write(Hello{.name = "plain"}));
  EXPECT_FALSE(far.value()->read());
  EXPECT_FALSE(far.value()->write(Welcome{}));
  EXPECT_THAT(prove(*far.value()), HasSubstr("in the clear"));
  const auto answer = near.value()->read_greeting(std::chrono::seconds(20));
  ASSERT_TRUE(answer) << answer.message();
  EXPECT_THAT(std::get<Welcome>(answer.value()).refusal, HasSubstr("by TLS alone"));
}

TEST_F(TlsTest, WhoeverSpeaksAnotherProtocolIsNamed) {
  auto listener = Listener::bind({.host = "127.0.0.1", .port = 0});
  std::thread other([&] {
    auto stream = listener.value()->accept();
    const std::string text = "HTTP/1.1 400 Bad Request\r\n\r\n";
    (void)stream.value()->write_raw(std::as_bytes(std::span(text)));
    (void)stream.value()->read_greeting(std::chrono::seconds(20));
  });
  const auto stream = Stream::connect(listener.value()->address(), std::chrono::seconds(20),
                                      make(CertificateRole::client).get());
  EXPECT_THAT(stream.message(), HasSubstr("does not speak TLS"));
  other.join();
}

TEST_F(TlsTest, SilenceEndsAtItsLimit) {
  auto listener = Listener::bind({.host = "127.0.0.1", .port = 0});
  const auto stream = Stream::connect(listener.value()->address(), std::chrono::milliseconds(50),
                                      make(CertificateRole::client).get());
  EXPECT_THAT(stream.message(), HasSubstr("does not answer by TLS"));
}

/// Another program's end of a handshake, with settings that dflow never has.
class Foreign {
 public:
  explicit Foreign(const std::string& pem) : context_(SSL_CTX_new(TLS_method())) {
    SSL_CTX_use_certificate_file(context_, pem.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_, pem.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_security_level(context_, 0);
  }
  ~Foreign() { SSL_CTX_free(context_); }
  SSL_CTX* context() { return context_; }
  /// Whether a handshake over this socket succeeds.
  bool connect(int socket) {
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, socket);
    char byte = 0;  // what a TLS 1.3 server thinks of the client is known only after the handshake
    const bool in = SSL_connect(ssl) == 1 && SSL_read(ssl, &byte, 1) == 1;
    SSL_free(ssl);
    return in;
  }
  /// The same for who is called.
  void accept(int socket) {
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, socket);
    (void)SSL_accept(ssl);
    SSL_free(ssl);
  }

 private:
  SSL_CTX* context_;
};

struct Outcome {
  bool let_in = false;
  std::string why_not;
};

Outcome try_with(Foreign& foreign, const std::shared_ptr<Credentials>& callee, std::string (*prove)(Stream&)) {
  auto listener = Listener::bind({.host = "127.0.0.1", .port = 0}, callee);
  auto near = Stream::connect(listener.value()->address(), std::chrono::seconds(20));
  auto far = listener.value()->accept();
  auto why_not = std::async(std::launch::async, [&] {
    std::string why = prove(*far.value());
    if (why.empty()) (void)far.value()->write(Welcome{});
    far.value()->shut_down();
    return why;
  });
  const bool in = foreign.connect(near.value()->descriptor());
  return {in, why_not.get()};
}

TEST_F(TlsTest, OlderVersionsAndOtherCiphersAreRefused) {
  const auto scheduler = make(CertificateRole::scheduler);
  const Credential made = issue(authority(), {.role = CertificateRole::client, .name = "a"}, around_now()).value();
  Foreign foreign(write("foreign.pem", made.certificate + made.key));
  EXPECT_TRUE(try_with(foreign, scheduler, prove).let_in);  // it is the settings below that are refused
  SSL_CTX_set_ciphersuites(foreign.context(), "TLS_AES_128_CCM_8_SHA256");
  EXPECT_THAT(try_with(foreign, scheduler, prove).why_not, HasSubstr("no shared cipher"));
  SSL_CTX_set_ciphersuites(foreign.context(), "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_cipher_list(foreign.context(), "ALL");
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION}) {
    SSL_CTX_set_min_proto_version(foreign.context(), version);
    SSL_CTX_set_max_proto_version(foreign.context(), version);
    const Outcome outcome = try_with(foreign, scheduler, prove);
    EXPECT_FALSE(outcome.let_in) << version;
    EXPECT_THAT(outcome.why_not, HasSubstr("unsupported protocol")) << version;
  }
}

/// What a caller comes to who calls such a program.
std::string call(Foreign& foreign, const std::shared_ptr<Credentials>& caller) {
  auto listener = Listener::bind({.host = "127.0.0.1", .port = 0});
  std::thread callee([&] {
    auto stream = listener.value()->accept();
    foreign.accept(stream.value()->descriptor());
    stream.value()->shut_down();
  });
  const auto stream = Stream::connect(listener.value()->address(), std::chrono::seconds(20), caller.get());
  callee.join();
  return stream ? "" : stream.message();
}

TEST_F(TlsTest, ACallerRefusesOlderVersionsAndOtherCiphersAsWell) {
  const auto client = make(CertificateRole::client);
  const Credential made =
      issue(authority(), {.role = CertificateRole::scheduler, .name = "s", .hosts = {"127.0.0.1"}}, around_now()).value();
  Foreign foreign(write("foreign.pem", made.certificate + made.key));
  EXPECT_EQ(call(foreign, client), "");
  SSL_CTX_set_ciphersuites(foreign.context(), "TLS_AES_128_CCM_8_SHA256");
  EXPECT_THAT(call(foreign, client), HasSubstr("no strong version or cipher of TLS"));
  SSL_CTX_set_ciphersuites(foreign.context(), "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_cipher_list(foreign.context(), "ALL");
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION}) {
    SSL_CTX_set_min_proto_version(foreign.context(), version);
    SSL_CTX_set_max_proto_version(foreign.context(), version);
    EXPECT_THAT(call(foreign, client), HasSubstr("no strong version or cipher of TLS")) << version;
  }
}

TEST_F(TlsTest, NoCertificateIsRefused) {
  Foreign foreign(write("none.pem", ""));
  const Outcome outcome = try_with(foreign, make(CertificateRole::scheduler), prove);
  EXPECT_FALSE(outcome.let_in);
  EXPECT_THAT(outcome.why_not, HasSubstr("shows no certificate"));
}

/// Passes all on between two sockets, and keeps what came from the first.
std::string relay(int from, int to) {
  std::string kept;
  std::thread back([&] {
    char bytes[4096];
    for (ssize_t got = 0; (got = ::read(to, bytes, sizeof bytes)) > 0;) (void)!::write(from, bytes, static_cast<std::size_t>(got));
    ::shutdown(from, SHUT_WR);
  });
  char bytes[4096];
  for (ssize_t got = 0; (got = ::read(from, bytes, sizeof bytes)) > 0;) {
    kept.append(bytes, static_cast<std::size_t>(got));
    (void)!::write(to, bytes, static_cast<std::size_t>(got));
  }
  ::shutdown(to, SHUT_RDWR);
  back.join();
  return kept;
}

TEST_F(TlsTest, AReplayedHandshakeIsRefused) {
  const auto client = make(CertificateRole::client), scheduler = make(CertificateRole::scheduler);
  auto listener = Listener::bind({.host = "127.0.0.1", .port = 0}, scheduler);
  auto middle = Listener::bind({.host = "127.0.0.1", .port = 0});
  auto recorded = std::async(std::launch::async, [&] {
    auto from = middle.value()->accept();
    auto to = Stream::connect(listener.value()->address(), std::chrono::seconds(20));
    return relay(from.value()->descriptor(), to.value()->descriptor());
  });
  auto greeting = std::async(std::launch::async, [&] {
    auto far = listener.value()->accept();
    EXPECT_EQ(prove(*far.value()), "");
    return far.value()->read_greeting(std::chrono::seconds(20)).message();
  });
  {
    auto near = Stream::connect(middle.value()->address(), std::chrono::seconds(20), client.get());
    ASSERT_TRUE(near) << near.message();
    ASSERT_TRUE(near.value()->write(Hello{.name = "once"}));
    EXPECT_EQ(greeting.get(), "");
  }
  const std::string bytes = recorded.get();
  ASSERT_GT(bytes.size(), 500u);
  auto near = Stream::connect(listener.value()->address(), std::chrono::seconds(20));
  auto far = listener.value()->accept();
  ASSERT_TRUE(near.value()->write_raw(std::as_bytes(std::span(bytes))));
  EXPECT_THAT(prove(*far.value()), Not(IsEmpty()));
  EXPECT_FALSE(far.value()->read_greeting(std::chrono::milliseconds(10)));
}

TEST_F(TlsTest, CarriesMuchBothWaysAtOnce) {
  Met met = meet(make(CertificateRole::client), make(CertificateRole::scheduler));
  ASSERT_EQ(met.caller, "");
  constexpr std::size_t kBytes = 20 << 20;
  const auto send = [&](Stream& stream, int seed) {
    std::vector<std::byte> bytes(kBytes);
    for (std::size_t i = 0; i < kBytes; ++i) bytes[i] = static_cast<std::byte>(i * 31 + static_cast<std::size_t>(seed));
    const std::span<const std::byte> all(bytes);
    // Pieces smaller and larger than a record, and some of nothing.
    const std::vector<std::span<const std::byte>> pieces{all.first(1), {}, all.subspan(1, 5000), all.subspan(5001, 16384),
                                                         all.subspan(21385)};
    EXPECT_TRUE(stream.write(Push{.size = kBytes}, pieces));
  };
  const auto receive = [&](Stream& stream, int seed) {
    EXPECT_TRUE(stream.read());
    std::vector<std::byte> bytes(kBytes);
    ASSERT_TRUE(stream.read_raw(bytes));
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < kBytes; ++i) wrong += bytes[i] != static_cast<std::byte>(i * 31 + static_cast<std::size_t>(seed));
    EXPECT_EQ(wrong, 0u);
  };
  std::thread a([&] { send(*met.near, 1); }), b([&] { send(*met.far, 2); });
  std::thread c([&] { receive(*met.near, 2); }), d([&] { receive(*met.far, 1); });
  for (std::thread* thread : {&a, &b, &c, &d}) thread->join();
}

TEST_F(TlsTest, WritesWhatTheSocketTakes) {
  const Met met = meet(make(CertificateRole::worker), make(CertificateRole::worker));
  expect_to_arrive(*met.near, *met.far);
}

TEST_F(TlsTest, LosesPatienceWithWhoSendsTooSlowly) {
  const Met met = meet(make(CertificateRole::worker), make(CertificateRole::worker));
  std::byte byte{};
  met.near->keep_pace(Pace::Limits{.patience = std::chrono::milliseconds(1)});
  EXPECT_THAT(met.near->read_raw({&byte, 1}).message(), HasSubstr("too slowly"));
}

TEST_F(TlsTest, TheOtherSidesEndIsAnErrorAndNoSignal) {
  Met met = meet(make(CertificateRole::client), make(CertificateRole::scheduler));
  met.far.reset();
  EXPECT_FALSE(met.near->read());
  const std::vector<std::byte> bytes(1 << 20);
  while (met.near->write_raw(bytes)) {
  }
}

TEST_F(TlsTest, AReadTimesOut) {
  Met met = meet(make(CertificateRole::client), make(CertificateRole::scheduler));
  met.near->set_read_timeout(std::chrono::milliseconds(10));
  EXPECT_THAT(met.near->read().message(), HasSubstr("nothing came in time"));
}

TEST_F(TlsTest, TheKernelIsToldHowLongAnotherMachineMaySayNothing) {
  const Met met = meet(make(CertificateRole::client), make(CertificateRole::scheduler));
  const auto option = [&](int which) {
    int value = 0;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(met.near->descriptor(), IPPROTO_TCP, which, &value, &size), 0);
    return value;
  };
  for (const int seconds : {9, 90}) {
    met.near->notice_dead(std::chrono::seconds(seconds));
    EXPECT_EQ(option(TCP_USER_TIMEOUT), seconds * 1000);
    EXPECT_EQ(option(TCP_KEEPIDLE), seconds / 3);
    EXPECT_EQ(option(TCP_KEEPINTVL), seconds / 3);
  }
}

}  // namespace
}  // namespace dflow::net
