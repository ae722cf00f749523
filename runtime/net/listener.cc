#include "runtime/net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <utility>

#include <thrift/transport/TServerSocket.h>

#include "formats/descriptor.h"
#include "runtime/net/file_limit.h"
#include "runtime/net/quiet.h"
#include "runtime/net/unix_socket.h"

namespace dflow::net {

namespace {

using apache::thrift::transport::TServerSocket;
using apache::thrift::transport::TTransportException;
using formats::Descriptor;
using formats::Error;

/// Milliseconds in which somebody may have closed a file.
constexpr int kBeforeNextTry = 50;

/// Nobody has called after all, or somebody who may not: there is nothing wrong here.
bool is_nothing(int error) { return error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EACCES; }

}  // namespace

struct Listener::Impl {
  std::shared_ptr<TServerSocket> socket;
  Address address;
  std::shared_ptr<Credentials> credentials;
  Descriptor beside;  ///< The Unix socket, if there is one.
  Descriptor over{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  Descriptor spare;   ///< Given up to take one more connection.
  std::atomic<bool> closed{false};
  bool beside_first = false;

  void hold_spare() {
    if (spare.number < 0) spare.number = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  /// Until somebody calls, or it is closed.
  void wait() const {
    std::array<pollfd, 3> polled{{{.fd = socket->getSocketFD(), .events = POLLIN, .revents = 0},
                                  {.fd = beside.number, .events = POLLIN, .revents = 0},
                                  {.fd = over.number, .events = POLLIN, .revents = 0}}};
    ::poll(polled.data(), polled.size(), -1);
  }
  /// Who has called; none, with `errno`. By turns, so that whoever calls in vain, and often, is not in others' way.
  Stream::Accepted next() {
    beside_first = !beside_first;
    for (const bool by_unix : {beside_first, !beside_first}) {
      if (by_unix && beside.number < 0) continue;
      const int descriptor = by_unix ? accept_beside(beside.number)
                                     : ::accept4(socket->getSocketFD(), nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor >= 0) return {.descriptor = descriptor, .beside = by_unix ? address.host : "", .asks = credentials};
      if (!is_nothing(errno)) break;
    }
    return {};
  }
};

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() { close(); }

Result<std::unique_ptr<Listener>> Listener::bind(const Address& address, std::shared_ptr<Credentials> credentials) {
  if (!address.loopback() && !credentials) {
    return Error{"binding to " + address.host + " would open this machine to others: without certificates on both ends "
                 "dflow stays on 127.0.0.1; `dflow security init` makes them"};
  }
  keep_thrift_quiet();
  auto impl = std::make_unique<Impl>();
  impl->socket = std::make_shared<TServerSocket>(credentials ? address.host : numeric(address.host), address.port);
  // Thrift would have the kernel hide who connects until he speaks, for a second.
  impl->socket->setListenCallback([](THRIFT_SOCKET listening) {
    const int off = 0;
    ::setsockopt(listening, IPPROTO_TCP, TCP_DEFER_ACCEPT, &off, sizeof off);
  });
  try {
    impl->socket->listen();
  } catch (const TTransportException& error) {
    if (at_file_limit(error.what())) return Error{"cannot listen at " + address.text() + ": " + kAtFileLimit};
    return Error{"cannot listen at " + address.text() + ": " + error.what() +
                 (address.port != 0 ? "; take another port, or 0 for any that is free" : "")};
  }
  if (impl->over.number < 0) return Error{"cannot listen at " + address.text() + ": " + kAtFileLimit};
  impl->address = {.host = address.host, .port = static_cast<std::uint16_t>(impl->socket->getPort())};
  if (!credentials) impl->beside.number = listen_beside(impl->address);
  impl->credentials = std::move(credentials);
  return std::make_unique<Listener>(std::move(impl));
}

const Address& Listener::address() const noexcept { return impl_->address; }

Result<std::unique_ptr<Stream>> Listener::accept() {
  for (bool crowded = false;;) {
    if (!crowded) impl_->hold_spare();
    if (!crowded) impl_->wait();
    if (impl_->closed) return Error{"nobody is let in any more"};
    Stream::Accepted caller = impl_->next();
    caller.crowded = crowded;
    if (caller.descriptor >= 0) return std::make_unique<Stream>(std::move(caller));
    if (is_nothing(errno)) {
      crowded = false;
      continue;
    }
    crowded = impl_->spare.close();
    if (!crowded) ::poll(nullptr, 0, kBeforeNextTry);
  }
}

void Listener::close() noexcept {
  if (impl_->closed.exchange(true)) return;
  ::eventfd_write(impl_->over.number, 1);
}

}  // namespace dflow::net
