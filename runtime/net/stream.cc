#include "runtime/net/stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <climits>
#include <limits>
#include <system_error>
#include <utility>
#include <vector>

#include <thrift/TOutput.h>
#include <thrift/transport/TServerSocket.h>
#include <thrift/transport/TSocket.h>

namespace dflow::net {

namespace {

using apache::thrift::TConfiguration;
using apache::thrift::transport::TServerSocket;
using apache::thrift::transport::TSocket;
using apache::thrift::transport::TTransport;
using apache::thrift::transport::TTransportException;
using formats::Error;

/// Large enough that a burst of messages does not wait for their reader.
constexpr int kSocketBuffer = 1 << 20;

/// Values are read in pieces of this size: more at once only spoils the caches.
constexpr std::size_t kPiece = 4 << 20;

/// One read brings a whole frame, or several, if they are small.
constexpr std::size_t kReadAhead = 16 << 10;

/// Thrift counts what a transport has read and refuses more than its limit; dflow bounds each frame by itself.
std::shared_ptr<TConfiguration> unbounded() {
  // What goes wrong is told by whoever wanted it, once; Thrift would print it as well.
  static const bool quiet = (apache::thrift::GlobalOutput.setOutputFunction([](const char*) {}), true);
  (void)quiet;
  return std::make_shared<TConfiguration>(std::numeric_limits<int>::max(), std::numeric_limits<int>::max());
}

/// What a server socket accepts has its limits, not ours, unless it is made here.
class ServerSocket final : public TServerSocket {
 public:
  using TServerSocket::TServerSocket;

 protected:
  std::shared_ptr<TSocket> createSocket(THRIFT_SOCKET client) override {
    struct Accepted final : TSocket {
      Accepted(THRIFT_SOCKET socket, std::shared_ptr<TConfiguration> configuration)
          : TSocket(socket, std::move(configuration)) {}
    };
    return std::make_shared<Accepted>(client, unbounded());
  }
};

/// As many pieces in one call as the kernel takes, from where they lie.
Result<void> write_all(int socket, std::span<iovec> pieces) {
  while (!pieces.empty()) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = std::min<std::size_t>(pieces.size(), IOV_MAX);
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
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

void tune(TSocket& socket) {
  socket.setNoDelay(true);
  socket.setKeepAlive(true);
  const int size = kSocketBuffer;
  ::setsockopt(socket.getSocketFD(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

}  // namespace

bool Address::loopback() const { return host == "localhost" || host == "::1" || host.rfind("127.", 0) == 0; }

Result<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const Error error{"'" + std::string(text) + "' is no address: it takes HOST:PORT, such as 127.0.0.1:7070"};
  if (colon == std::string_view::npos || colon == 0) return error;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  Address address{.host = std::string(host)};
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (problem != std::errc() || end != port.data() + port.size()) return error;
  return address;
}

struct Stream::Impl {
  std::shared_ptr<TSocket> socket;
  bool crowded = false;
  std::string header = {};  ///< Of the frame that is being read.
  std::vector<std::byte> buffer = {};
  std::span<std::byte> ahead = {};  ///< In `buffer`: came with what was read, and belongs to what is read next.

  /// Some bytes, at least one: straight to where they belong if those are many, else with what follows them.
  std::size_t read_some(std::span<std::byte> into) {
    if (ahead.empty() && into.size() < kReadAhead) {
      buffer.resize(kReadAhead);
      ahead = std::span(buffer).first(receive(buffer));
      if (ahead.empty()) return 0;
    }
    if (ahead.empty()) return receive(into);
    const std::span<std::byte> bytes = ahead.first(std::min(ahead.size(), into.size()));
    std::ranges::copy(bytes, into.begin());
    ahead = ahead.subspan(bytes.size());
    return bytes.size();
  }

 private:
  std::size_t receive(std::span<std::byte> into) {
    const std::size_t most = std::min(into.size(), kPiece);
    return socket->read(reinterpret_cast<std::uint8_t*>(into.data()), static_cast<std::uint32_t>(most));
  }
};

Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) { tune(*impl_->socket); }
Stream::~Stream() = default;

Result<std::unique_ptr<Stream>> Stream::connect(const Address& address, std::chrono::milliseconds timeout) {
  auto socket = std::make_shared<TSocket>(address.host, address.port, unbounded());
  socket->setConnTimeout(static_cast<int>(timeout.count()));
  try {
    socket->open();
  } catch (const TTransportException& error) {
    return Error{"nobody answers at " + address.text() + ": " + error.what()};
  }
  return std::make_unique<Stream>(std::make_unique<Impl>(Impl{.socket = std::move(socket)}));
}

Result<void> Stream::write(const Message& message, std::span<const std::span<const std::byte>> raw) {
  const std::string frame = encode_frame(message);
  if (frame.size() - kPrefix > kMostHeader) return Error{"a message of " + std::to_string(frame.size()) + " bytes"};
  std::vector<iovec> pieces;
  pieces.reserve(raw.size() + 1);
  const auto add = [&](std::span<const std::byte> bytes) {
    if (!bytes.empty()) pieces.push_back({const_cast<std::byte*>(bytes.data()), bytes.size()});
  };
  add(std::as_bytes(std::span(frame)));
  for (const std::span<const std::byte> bytes : raw) add(bytes);
  return write_all(impl_->socket->getSocketFD(), pieces);
}

Result<void> Stream::write_raw(std::span<const std::byte> bytes) {
  iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
  return write_all(impl_->socket->getSocketFD(), {&piece, bytes.empty() ? 0u : 1u});
}

Result<void> Stream::read_raw(std::span<std::byte> into) {
  try {
    while (!into.empty()) {
      const std::size_t got = impl_->read_some(into);
      if (got == 0) return Error{"the other side closed the connection"};
      into = into.subspan(got);
    }
  } catch (const TTransportException& error) {
    if (error.getType() == TTransportException::TIMED_OUT) return Error{"nothing came in time"};
    return Error{error.what()};
  }
  return {};
}

Result<Message> Stream::read() {
  std::array<char, kPrefix> prefix;
  Result<void> read = read_raw(std::as_writable_bytes(std::span(prefix)));
  if (!read) return read.error();
  const Result<std::size_t> size = header_size({prefix.data(), prefix.size()});
  if (!size) return size.error();
  // Grows with what arrives, so that a size alone takes no memory.
  impl_->header.clear();
  while (impl_->header.size() < size.value()) {
    const std::size_t done = impl_->header.size();
    impl_->header.resize(std::min(size.value(), done + (1 << 20)));
    read = read_raw(std::as_writable_bytes(std::span(impl_->header).subspan(done)));
    if (!read) return read.error();
  }
  return decode_header(impl_->header);
}

bool Stream::writable() const {
  pollfd wanted{.fd = impl_->socket->getSocketFD(), .events = POLLOUT, .revents = 0};
  return ::poll(&wanted, 1, 0) == 1 && (wanted.revents & POLLOUT) != 0;
}

void Stream::shut_down() noexcept { ::shutdown(impl_->socket->getSocketFD(), SHUT_RDWR); }

bool Stream::crowded() const noexcept { return impl_->crowded; }

void Stream::set_read_timeout(std::chrono::milliseconds timeout) {
  impl_->socket->setRecvTimeout(static_cast<int>(timeout.count()));
}

struct Listener::Impl {
  std::shared_ptr<ServerSocket> socket;
  Address address;
  std::atomic<bool> closed{false};
  int spare = -1;  ///< A descriptor that is given up to take one more connection.

  ~Impl() { give_up_spare(); }
  void hold_spare() {
    if (spare < 0) spare = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  bool give_up_spare() { return spare >= 0 && ::close(std::exchange(spare, -1)) == 0; }
};

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() { close(); }

Result<std::unique_ptr<Listener>> Listener::bind(const Address& address) {
  if (!address.loopback()) {
    return Error{"binding to " + address.host + " would open this machine to others: without certificates on both ends "
                 "dflow stays on 127.0.0.1"};
  }
  auto socket = std::make_shared<ServerSocket>(address.host, address.port);
  // Thrift would have the kernel hide who connects until he speaks, for a second.
  socket->setListenCallback([](THRIFT_SOCKET listening) {
    const int off = 0;
    ::setsockopt(listening, IPPROTO_TCP, TCP_DEFER_ACCEPT, &off, sizeof off);
  });
  try {
    socket->listen();
  } catch (const TTransportException& error) {
    return Error{"cannot listen at " + address.text() + ": " + error.what() +
                 (address.port != 0 ? "; take another port, or 0 for any that is free" : "")};
  }
  auto impl = std::make_unique<Impl>();
  impl->address = {.host = address.host, .port = static_cast<std::uint16_t>(socket->getPort())};
  impl->socket = std::move(socket);
  return std::make_unique<Listener>(std::move(impl));
}

const Address& Listener::address() const noexcept { return impl_->address; }

Result<std::unique_ptr<Stream>> Listener::accept() {
  constexpr int kBeforeNextTry = 50;  // milliseconds
  for (bool crowded = false;;) {
    if (!crowded) impl_->hold_spare();
    try {
      const std::shared_ptr<TTransport> accepted = impl_->socket->accept();
      auto impl = std::make_unique<Stream::Impl>();
      impl->socket = std::dynamic_pointer_cast<TSocket>(accepted);
      impl->crowded = crowded;
      return std::make_unique<Stream>(std::move(impl));
    } catch (const TTransportException& error) {
      if (impl_->closed) return Error{error.what()};
      crowded = impl_->give_up_spare();
      if (!crowded) ::poll(nullptr, 0, kBeforeNextTry);
    }
  }
}

void Listener::close() noexcept {
  if (impl_->closed.exchange(true)) return;
  impl_->socket->interrupt();
}

}  // namespace dflow::net
