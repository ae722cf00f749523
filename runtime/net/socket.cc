#include "runtime/net/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <memory>
#include <system_error>

namespace dflow::net::socket {

using formats::Error;

namespace {

/// The number of what has become of a call that is under way; 0: it was answered.
int outcome(int descriptor, std::chrono::milliseconds patience) {
  if (!wait_for(descriptor, Wants::write, std::chrono::steady_clock::now() + patience)) return ETIMEDOUT;
  int problem = 0;
  socklen_t size = sizeof problem;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 ? problem : errno;
}

/// The same from the beginning. The socket blocks afterwards.
int call(int descriptor, const addrinfo& address, std::chrono::milliseconds patience, const std::function<void(int)>& begun) {
  int problem = ::connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (begun) begun(descriptor);  // before that nothing is there to be ended
  if (problem == EINPROGRESS) problem = outcome(descriptor, patience);
  if (problem == 0 && ::fcntl(descriptor, F_SETFL, 0) != 0) problem = errno;
  return problem;
}

}  // namespace

Result<int> connect(const std::string& host, std::uint16_t port, std::chrono::milliseconds patience, const std::function<void(int)>& begun) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found); error != 0) {
    return Error{::gai_strerror(error)};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);
  int problem = 0;
  for (const addrinfo* each = all.get(); each; each = each->ai_next) {
    const int descriptor = ::socket(each->ai_family, each->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, each->ai_protocol);
    problem = descriptor < 0 ? errno : call(descriptor, *each, patience, begun);
    if (problem == 0) return descriptor;
    if (descriptor >= 0) ::close(descriptor);
  }
  return Error{std::generic_category().message(problem)};
}

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
