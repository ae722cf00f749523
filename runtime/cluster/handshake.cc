#include "runtime/cluster/handshake.h"

#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "runtime/transfer/machine.h"

namespace dflow::cluster {

namespace {

using formats::Error;
using namespace std::chrono_literals;

constexpr auto kConnectTime = 5s;
/// Whoever connects and says nothing is no process of dflow's.
constexpr auto kSilence = 5s;
constexpr auto kForCrowded = 200ms;

Error about(const net::Address& address, const std::string& problem) {
  return Error{address.text() + ": " + problem};
}

std::string other_protocol(std::int32_t protocol, const std::string& version) {
  return "speaks protocol " + std::to_string(protocol) + " (dflow " + version + "), this is protocol " +
         std::to_string(net::kProtocol) + " (dflow " DFLOW_VERSION "): use one version of dflow everywhere";
}

std::string no_answer(const std::string& why) {
  const bool told = why.find("another service") != std::string::npos;
  return told ? why : "no answer to a greeting (" + why + "): is it another service's port?";
}

}  // namespace

Result<Greeted> greet(const net::Address& address, net::Hello hello) {
  Result<std::unique_ptr<net::Stream>> stream = net::Stream::connect(address, kConnectTime);
  if (!stream) return stream.error();
  hello.version = DFLOW_VERSION;
  hello.machine = transfer::machine();
  if (Result<void> sent = stream.value()->write(hello); !sent) return about(address, sent.message());
  stream.value()->set_read_timeout(kSilence);
  Result<net::Message> reply = stream.value()->read();
  if (!reply) return about(address, no_answer(reply.message()));
  auto* welcome = std::get_if<net::Welcome>(&reply.value());
  if (!welcome) return about(address, "the answer is no welcome: it is no scheduler or worker of dflow's");
  if (welcome->protocol != net::kProtocol) return about(address, other_protocol(welcome->protocol, welcome->version));
  if (!welcome->refusal.empty()) return about(address, welcome->refusal);
  stream.value()->set_read_timeout(0s);
  return Greeted{std::move(stream).value(), std::move(*welcome)};
}

Result<net::Hello> receive(net::Stream& stream, const net::Hello& mine) {
  stream.set_read_timeout(kSilence);
  Result<net::Message> message = stream.read();
  if (!message) return message.error();
  auto* hello = std::get_if<net::Hello>(&message.value());
  if (!hello) return Error{"the first message is no greeting"};
  std::string refusal;
  if (hello->protocol != net::kProtocol) refusal = other_protocol(hello->protocol, hello->version);
  else if (hello->secret != mine.secret) refusal = "it serves another program only, or belongs to another user or DFLOW_HOME";
  else if (!mine.program.empty() && hello->program != mine.program) {
    refusal = "it runs another build of the program (" + mine.program + ", not " + hello->program + "): start all processes "
              "from one executable";
  }
  if (!refusal.empty()) {
    (void)answer(stream, 0, refusal);
    return Error{refusal};
  }
  stream.set_read_timeout(0s);
  return std::move(*hello);
}

void turn_away(net::Stream& stream) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  stream.set_read_timeout(kForCrowded);
  if (!stream.read()) return;  // his greeting would be lost with the answer to it
  (void)answer(stream, 0, "it has as many connections as it may have, for it may open " + std::to_string(limit.rlim_cur) +
                              " files: end other programs, or start it with a higher limit (ulimit -n)");
}

Result<void> answer(net::Stream& stream, std::uint32_t id, const std::string& refusal) {
  return stream.write(net::Welcome{.version = DFLOW_VERSION, .refusal = refusal, .id = id,
                                   .machine = transfer::machine()});
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

}  // namespace dflow::cluster
