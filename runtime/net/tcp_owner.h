// Whose a TCP connection's other end is, within this machine.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "formats/result.h"

namespace dflow::net {

using formats::Result;

/// An end of a TCP connection; IPv4 as IPv6 has it (::ffff:127.0.0.1).
struct TcpEnd {
  std::array<std::uint8_t, 16> host{};
  std::uint16_t port = 0;
  bool operator==(const TcpEnd&) const = default;
};

/// The user of the process that has the socket at `near` of the connection to `far`, as a table of the kernel's says
/// (/proc/net/tcp, /proc/net/tcp6); none: nobody's, or nobody has accepted it.
std::optional<uid_t> owner_in(std::string_view table, const TcpEnd& near, const TcpEnd& far);

/// An error that says why the other end of a connected socket is not to be trusted: a process of another user has it (root may see
/// all that this one has, anyway), nobody has accepted it until then, or there is nobody who could tell. `stranger`: it is another user's.
Result<void> is_own(int socket, std::chrono::steady_clock::time_point until, bool* stranger);

}  // namespace dflow::net
