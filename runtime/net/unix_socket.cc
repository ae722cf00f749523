#include "runtime/net/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/net/stream.h"

namespace dflow::net {

namespace {

bool wanted() {
  static const bool wanted = [] {
    const char* setting = std::getenv("DFLOW_UNIX_SOCKETS");
    return !setting || std::string_view(setting) != "0";
  }();
  return wanted;
}

/// An abstract name begins with a zero, and is as long as it is said to be.
struct Name {
  sockaddr_un address{};
  socklen_t size = 0;

  explicit Name(const Address& of) {
    const std::string text = "dflow/" + of.text();
    address.sun_family = AF_UNIX;
    std::ranges::copy(text, address.sun_path + 1);
    size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

/// Not "localhost", which may lead to several addresses.
bool may_stand_beside(const Address& address) { return wanted() && address.loopback() && address.host != "localhost"; }

int fresh_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

/// The socket, if `done`.
int kept(int socket, bool done) {
  if (done || socket < 0) return socket;
  ::close(socket);
  return -1;
}

bool same_user(int connected) {
  ucred other{};
  socklen_t size = sizeof other;
  return ::getsockopt(connected, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 && other.uid == ::geteuid();
}

}  // namespace

int listen_beside(const Address& address) {
  if (!may_stand_beside(address)) return -1;
  const Name name(address);
  const int socket = fresh_socket();
  return kept(socket, ::bind(socket, name.get(), name.size) == 0 && ::listen(socket, SOMAXCONN) == 0);
}

int accept_beside(int listening) {
  const int socket = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0 || same_user(socket)) return socket;
  ::close(socket);
  errno = EACCES;
  return -1;
}

int connect_beside(const Address& address) {
  if (!may_stand_beside(address)) return -1;
  const Name name(address);
  const int socket = fresh_socket();
  const bool connected = ::connect(socket, name.get(), name.size) == 0;  // or too many wait there already
  return kept(socket, connected && same_user(socket) && ::fcntl(socket, F_SETFL, 0) == 0);
}

}  // namespace dflow::net
