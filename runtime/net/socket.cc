#include "runtime/net/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

namespace dflow::net::socket {

using formats::Error;

/// As many pieces in one call as the kernel takes, from where they lie.
Result<void> write(int descriptor, std::span<iovec> pieces) {
  while (!pieces.empty()) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = std::min<std::size_t>(pieces.size(), IOV_MAX);
    const ssize_t sent = ::sendmsg(descriptor, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return Error{std::generic_category().message(errno)};
    auto left = static_cast<std::size_t>(sent);
    while (!pieces.empty() && left >= pieces.front().iov_len) {
      left -= pieces.front().iov_len;
      pieces = pieces.subspan(1);
    }
    if (left == 0) continue;
    pieces.front().iov_base = static_cast<std::byte*>(pieces.front().iov_base) + left;
    pieces.front().iov_len -= left;
  }
  return {};
}

Result<std::size_t> try_write(int descriptor, std::span<iovec> pieces) {
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  const ssize_t sent = ::sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  return Error{std::generic_category().message(errno)};
}

Result<std::optional<std::size_t>> try_read(int descriptor, std::span<std::byte> into) {
  const ssize_t got = ::recv(descriptor, into.data(), into.size(), MSG_DONTWAIT);
  if (got >= 0) return std::optional(static_cast<std::size_t>(got));
  if (errno == EAGAIN || errno == EINTR) return std::optional<std::size_t>();
  return Error{std::generic_category().message(errno)};
}

/// False if the time is over before the socket is ready.
bool wait_for(int descriptor, Wants what, std::chrono::steady_clock::time_point until) {
  pollfd wanted{.fd = descriptor, .events = static_cast<short>(what == Wants::write ? POLLOUT : POLLIN), .revents = 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    const int ready = ::poll(&wanted, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

void notice_dead(int descriptor, std::chrono::milliseconds silence) noexcept {
  const int on = 1;
  const auto most = static_cast<unsigned>(std::clamp<std::int64_t>(silence.count(), 1000, INT_MAX));
  const int pause = std::clamp(static_cast<int>(most / 3000), 1, 32767);  // seconds, the kernel's largest
  ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &pause, sizeof pause);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &pause, sizeof pause);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &most, sizeof most);
}

}  // namespace dflow::net::socket
