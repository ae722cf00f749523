#include "runtime/cluster/handshake.h"

#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "formats/printable.h"
#include "runtime/net/secrets.h"
#include "runtime/transfer/machine.h"

namespace dflow::cluster {

namespace {

using formats::Error;
using namespace std::chrono_literals;

/// Whoever is connected to and says nothing is no process of dflow's.
constexpr auto kSilence = 5s;
constexpr auto kForCrowded = 200ms;

Error about(const net::Address& address, const std::string& problem) {
  return Error{address.text() + ": " + problem};
}

std::string other_protocol(std::int32_t protocol, const std::string& version) {
  return "speaks protocol " + std::to_string(protocol) + " (dflow " + version + "), this is protocol " +
         std::to_string(net::kProtocol) + " (dflow " DFLOW_VERSION "): use one version of dflow everywhere";
}

net::CertificateRole expected_by(net::Role own) {
  return own == net::Role::peer ? net::CertificateRole::worker : net::CertificateRole::scheduler;
}

/// What a certificate of this role lets its holder be. Tasks that submit tasks are clients inside a worker.
bool allows(net::CertificateRole role, const net::Hello& hello) {
  switch (hello.role) {
    case net::Role::client:
      return hello.worker ? role == net::CertificateRole::worker : role == net::CertificateRole::client;
    case net::Role::worker:
      return role == net::CertificateRole::worker;
    case net::Role::peer:
      return role == net::CertificateRole::worker || role == net::CertificateRole::client;
    case net::Role::agent:
      return role == net::CertificateRole::agent;
    case net::Role::tool:
      return role == net::CertificateRole::client;
  }
  return false;
}

std::string other_role(const net::Certificate& certificate) {
  const std::string is = certificate.role ? std::string(net::name_of(*certificate.role)) + "'s" : "nobody's";
  return "the certificate of " + certificate.name + " is a " + is + ", and does not let its holder do that";
}

/// What says on this stream that one knows the secret. By TLS something that is made of it for this connection, so that whoever is
/// spoken to learns nothing that he could say elsewhere; in the clear the secret, which this user's own process hears.
std::string proof(const net::Stream& stream, const std::string& secret, std::string_view side) {
  if (secret.empty() || !stream.certificate()) return secret;
  return net::derived_secret(secret, "dflow " + std::string(side) + ' ' + stream.binding());
}

std::string_view build_of(std::string_view program) { return program.substr(0, program.find(kOfUser)); }

/// A worker's values are fetched where it says; it may say what its certificate says.
bool may_be_at(const net::Certificate& certificate, const std::string& address) {
  const Result<net::Address> parsed = net::parse_address(address);
  return parsed && certificate.names(parsed.value().host);
}

}  // namespace

Result<std::unique_ptr<net::Stream>> reach(const net::Address& address, net::Role own, net::Credentials* credentials,
                                           std::chrono::milliseconds patience, net::Unreached* why, const net::Begun& begun) {
  Result<std::unique_ptr<net::Stream>> stream = net::Stream::connect(address, patience, credentials, why, begun);
  if (!stream) return stream;
  if (!credentials) {
    const Result<void> checked = stream.value()->check_user(std::min<std::chrono::milliseconds>(patience, kSilence), why);
    if (!checked) return about(address, checked.message());
    return stream;
  }
  const net::Certificate& other = *stream.value()->certificate();
  const net::CertificateRole expected = expected_by(own);
  if (other.role == expected) return stream;
  if (why) *why = net::Unreached::refused;
  return about(address, other_role(other) + ": a " + std::string(net::name_of(expected)) + " was expected there");
}

Result<Greeted> introduce(std::unique_ptr<net::Stream> stream, const net::Address& address, net::Hello hello, Unwelcome* why) {
  const auto unwelcome = [&](Unwelcome reason, const std::string& problem) {
    if (why) *why = reason;
    return about(address, problem);
  };
  hello.version = DFLOW_VERSION;
  hello.machine = transfer::machine();
  const std::string expected = hello.role == net::Role::peer ? proof_for_caller(*stream, hello.secret) : "";
  hello.secret = proof(*stream, hello.secret, "caller");
  if (Result<void> sent = stream->write(hello); !sent) return unwelcome(Unwelcome::unheard, sent.message());
  Result<net::Message> reply = stream->read_greeting(kSilence);
  if (!reply && stream->foreign()) return unwelcome(Unwelcome::foreign, reply.message());
  if (!reply) {
    return unwelcome(Unwelcome::unheard, "no answer to a greeting (" + reply.message() + "): is it another service's port?");
  }
  auto* welcome = std::get_if<net::Welcome>(&reply.value());
  if (!welcome) return unwelcome(Unwelcome::foreign, "the answer is no welcome: it is no scheduler or worker of dflow's");
  if (welcome->protocol != net::kProtocol) {
    return unwelcome(Unwelcome::foreign, other_protocol(welcome->protocol, formats::printable(welcome->version)));
  }
  const Unwelcome reason = welcome->later ? Unwelcome::put_off : Unwelcome::refused;
  if (!welcome->refusal.empty()) return unwelcome(reason, formats::printable_lines(welcome->refusal));
  if (!expected.empty() && !net::same_secret(welcome->secret, expected)) {
    return unwelcome(Unwelcome::refused, "it has a worker's certificate, and is no worker of this program: another has taken its port");
  }
  return Greeted{std::move(stream), std::move(*welcome)};
}

Result<Greeted> greet(const net::Address& address, net::Hello hello, net::Credentials* credentials,
                      std::chrono::milliseconds patience, const net::Begun& begun) {
  Result<std::unique_ptr<net::Stream>> stream = reach(address, hello.role, credentials, patience, nullptr, begun);
  if (!stream) return stream.error();
  return introduce(std::move(stream).value(), address, std::move(hello));
}

std::string refusal(const net::Stream& stream, const net::Hello& hello, const net::Hello& mine) {
  if (hello.protocol != net::kProtocol) return other_protocol(hello.protocol, hello.version);
  if (const net::Certificate* certificate = stream.certificate()) {
    if (!certificate->role || !allows(*certificate->role, hello)) return other_role(*certificate);
    if (*certificate->role == net::CertificateRole::client && certificate->user.empty()) {
      return "the certificate of " + certificate->name +
             " is a client's, and does not say which user's: `dflow security issue client --user=USER` makes one that does";
    }
    if (!hello.address.empty() && !may_be_at(*certificate, hello.address)) {
      return "the certificate of " + certificate->name + " does not name the host of " + hello.address +
             ": `dflow security issue worker --host=HOST` makes one that does";
    }
  }
  if (!net::same_secret(hello.secret, proof(stream, mine.secret, "caller"))) {
    return "it serves another program only, or belongs to another user or DFLOW_HOME";
  }
  if (mine.program.empty() || build_of(hello.program) == build_of(mine.program)) return {};
  return "it runs another build of the program (" + mine.program + ", not " + hello.program +
         "): start all processes from one executable";
}

void turn_away(net::Stream& stream) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (!stream.read_greeting(kForCrowded)) return;  // his greeting would be lost with the answer to it
  (void)answer(stream, {.refusal = "it has as many connections as it may have, for it may open " +
                                   std::to_string(limit.rlim_cur) +
                                   " files: end other programs, or start it with a higher limit (ulimit -n)"});
}

std::string proof_for_caller(const net::Stream& stream, const std::string& secret) {
  return stream.certificate() ? proof(stream, secret, "callee") : "";
}

Result<void> answer(net::Stream& stream, net::Welcome welcome) {
  welcome.version = DFLOW_VERSION;
  welcome.machine = transfer::machine();
  return stream.write(std::move(welcome));
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

std::string fresh_secret() {
  std::array<char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
  std::string text;
  for (const char byte : bytes) {
    for (const int shift : {4, 0}) text += "0123456789abcdef"[static_cast<unsigned char>(byte) >> shift & 15];
  }
  return text;
}

std::uint64_t fresh_number() {
  std::uint64_t number = 0;
  while (number == 0) {
    if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) std::abort();
  }
  return number;
}

}  // namespace dflow::cluster
