// The first frames of every connection: both sides say who they are, and one may refuse.
#pragma once

#include <memory>
#include <string>

#include "runtime/net/stream.h"

namespace dflow::cluster {

using formats::Result;

struct Greeted {
  std::unique_ptr<net::Stream> stream;
  net::Welcome welcome;
};

/// Connects and introduces itself; an error for people if nobody answers, it is another service, or it refuses.
Result<Greeted> greet(const net::Address& address, net::Hello hello);

/// Tells somebody that there is no room for him; takes a moment at most.
void turn_away(net::Stream& stream);

/// Reads who has connected. Refuses by itself other versions, and other programs and secrets than `mine` (empty: any).
Result<net::Hello> receive(net::Stream& stream, const net::Hello& mine);

/// Answers: `refusal` empty accepts.
Result<void> answer(net::Stream& stream, std::uint32_t id, const std::string& refusal = {});

/// This machine's name.
std::string host_name();

/// What nobody can guess, for processes that belong together.
std::string fresh_secret();

}  // namespace dflow::cluster
