// The first frames of every connection: both sides say who they are, and one may refuse.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "runtime/net/stream.h"

namespace dflow::cluster {

using formats::Result;

struct Greeted {
  std::unique_ptr<net::Stream> stream;
  net::Welcome welcome;
};

/// So long a connection may take to come about, if nothing else is said.
inline constexpr std::chrono::milliseconds kConnectTime{5'000};

/// Connects, which may take as long as `patience`, and introduces itself; an error for people if nobody answers, it is another
/// service, or it refuses. With credentials by TLS, to who proves to be a scheduler at that address, or a worker for a peer.
Result<Greeted> greet(const net::Address& address, net::Hello hello, net::Credentials* credentials = nullptr,
                      std::chrono::milliseconds patience = kConnectTime, const net::Begun& begun = {});

/// Why a greeting was in vain: no answer came, it is another service or version, it does not want the caller, or not yet.
enum class Unwelcome { unheard, foreign, refused, put_off };

/// The two steps of `greet`, for who has to know how the other is reached before he says who he is. `why` is set with an error.
Result<std::unique_ptr<net::Stream>> reach(const net::Address& address, net::Role own, net::Credentials* credentials,
                                           std::chrono::milliseconds patience = kConnectTime, net::Unreached* why = nullptr,
                                           const net::Begun& begun = {});
Result<Greeted> introduce(std::unique_ptr<net::Stream> stream, const net::Address& address, net::Hello hello,
                          Unwelcome* why = nullptr);

/// Tells somebody that there is no room for him; takes a moment at most.
void turn_away(net::Stream& stream);

/// Why he who has said `hello` on this stream may not stay; empty if he may. Other versions are refused, other programs and
/// secrets than `mine` (an empty program: any), and who claims to be what his certificate does not say.
std::string refusal(const net::Stream& stream, const net::Hello& hello, const net::Hello& mine);

/// Says to who was let in, by TLS, that this end knows the secret as well: what a certificate does not say where those of several users
/// have the same. Empty in the clear.
std::string proof_for_caller(const net::Stream& stream, const std::string& secret);

/// Answers: `refusal` not empty ends it.
Result<void> answer(net::Stream& stream, net::Welcome welcome);

/// Stands between a program's build and its user, in clusters of several users.
inline constexpr char kOfUser = '@';

/// This machine's name.
std::string host_name();

/// What nobody can guess, for processes that belong together.
std::string fresh_secret();
/// The same as a number, not 0.
std::uint64_t fresh_number();

}  // namespace dflow::cluster
