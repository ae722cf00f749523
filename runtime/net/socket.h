// What is done with a socket's descriptor, in the clear.
#pragma once

#include <sys/uio.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "formats/result.h"
#include "runtime/net/tls.h"

namespace dflow::net::socket {

/// How many pieces are looked at by those who write what goes out at once.
inline constexpr std::size_t kMostPieces = 256;

/// A socket that is connected to one of the host's addresses, each of which is tried for so long; an error says why there is none. `begun`
/// is told of each as soon as it is called: who shuts a duplicate of it down ends that.
Result<int> connect(const std::string& host, std::uint16_t port, std::chrono::milliseconds patience, const std::function<void(int)>& begun);

/// All of them, from where they lie; waits for the other side.
Result<void> write(int descriptor, std::span<iovec> pieces);
/// What goes out without waiting, from the first one on; how many bytes that were.
Result<std::size_t> try_write(int descriptor, std::span<iovec> pieces);
/// What is there without waiting, 0 bytes at the end; none: nothing yet.
Result<std::optional<std::size_t>> try_read(int descriptor, std::span<std::byte> into);
/// False if the time is over before the socket is ready.
bool wait_for(int descriptor, Wants what, std::chrono::steady_clock::time_point until);
/// As Stream::notice_dead, by TCP.
void notice_dead(int descriptor, std::chrono::milliseconds silence) noexcept;

}  // namespace dflow::net::socket
