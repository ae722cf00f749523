#include "runtime/net/stream.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <limits>
#include <system_error>
#include <utility>
#include <vector>

#include <thrift/transport/TSocket.h>

#include "runtime/net/file_limit.h"
#include "runtime/net/quiet.h"
#include "runtime/net/socket.h"
#include "runtime/net/tcp_owner.h"
#include "runtime/net/unix_socket.h"

namespace dflow::net {

namespace {

using apache::thrift::TConfiguration;
using apache::thrift::transport::TSocket;
using apache::thrift::transport::TTransportException;
using formats::Error;
using Clock = std::chrono::steady_clock;

/// Large enough that a burst of messages does not wait for their reader.
constexpr int kSocketBuffer = 1 << 20;

/// Values are read in pieces of this size: more at once only spoils the caches.
constexpr std::size_t kPiece = 4 << 20;

/// One read brings a whole frame, or several, if they are small.
constexpr std::size_t kReadAhead = 16 << 10;

/// Thrift counts what a transport has read and refuses more than its limit; dflow bounds each frame by itself.
std::shared_ptr<TConfiguration> unbounded() {
  keep_thrift_quiet();
  return std::make_shared<TConfiguration>(std::numeric_limits<int>::max(), std::numeric_limits<int>::max());
}

/// Time that is waited at once for who has to keep pace: what this process does not see of it, since it was stopped, is not
/// counted.
constexpr std::chrono::milliseconds kLook{1000};

/// In words that he understands who does not speak TLS.
void refuse_clear_text(int socket) {
  const std::string frame = encode_frame(Welcome{
      .refusal = "it takes connections by TLS alone, with a certificate of its authority: `dflow security show` tells which "
                 "there are here, `dflow security issue` makes one where the authority is"});
  (void)::send(socket, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void tune(TSocket& socket, bool tcp) {
  if (tcp) {
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
  }
  const int size = kSocketBuffer;
  ::setsockopt(socket.getSocketFD(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

}  // namespace

struct Stream::Impl {
  std::shared_ptr<TSocket> transport;
  std::string beside = {};  ///< As in Accepted.
  bool crowded = false;
  std::shared_ptr<Credentials> asks = {};  ///< What whoever has connected is to prove himself to.
  std::unique_ptr<Tls> tls = {};
  std::chrono::milliseconds read_timeout{};
  std::optional<Pace> pace = {};
  bool too_slow = false;
  bool foreign = false;
  std::string arrived = {};  ///< Of the frame that is being read.
  std::vector<std::byte> buffer = {};
  std::span<std::byte> ahead = {};  ///< In `buffer`: came with what was read, and belongs to what is read next.

  int descriptor() const { return transport->getSocketFD(); }
  /// In the clear, or encrypted; and nothing in the clear that has to be encrypted.
  Result<void> write(std::span<iovec> pieces) {
    if (tls) return tls->write(pieces);
    if (asks) return unproven();
    return socket::write(descriptor(), pieces);
  }
  Result<std::size_t> try_write(std::span<iovec> pieces) const {
    if (tls) return tls->try_write(pieces);
    return asks ? unproven() : socket::try_write(descriptor(), pieces);
  }
  /// What is there without waiting; none: nothing yet.
  Result<std::optional<std::size_t>> try_read(std::span<std::byte> into) {
    if (!ahead.empty()) return std::optional(take_ahead(into));
    if (into.size() >= kReadAhead) return receive_now(into);
    buffer.resize(kReadAhead);
    const Result<std::optional<std::size_t>> got = receive_now(buffer);
    if (!got || !got.value() || *got.value() == 0) return got;
    ahead = std::span(buffer).first(*got.value());
    return std::optional(take_ahead(into));
  }
  /// Some bytes, at least one: straight to where they belong if those are many, else with what follows them.
  Result<std::size_t> read_some(std::span<std::byte> into) {
    if (ahead.empty() && into.size() < kReadAhead) {
      buffer.resize(kReadAhead);
      const Result<std::size_t> got = receive(buffer);
      if (!got || got.value() == 0) return got;
      ahead = std::span(buffer).first(got.value());
    }
    return ahead.empty() ? receive(into) : take_ahead(into);
  }

 private:
  static Error unproven() { return Error{"the other side has not proved who it is"}; }

  std::size_t take_ahead(std::span<std::byte> into) {
    const std::span<std::byte> bytes = ahead.first(std::min(ahead.size(), into.size()));
    std::ranges::copy(bytes, into.begin());
    ahead = ahead.subspan(bytes.size());
    return bytes.size();
  }
  Result<std::size_t> receive(std::span<std::byte> into) {
    into = into.first(std::min(into.size(), kPiece));
    if (pace) return receive_in_pace(into);
    if (tls) return tls->read(into, read_timeout);
    if (asks) return unproven();
    if (!beside.empty()) return receive_beside(into);
    try {
      return std::size_t{transport->read(reinterpret_cast<std::uint8_t*>(into.data()), static_cast<std::uint32_t>(into.size()))};
    } catch (const TTransportException& error) {
      if (error.getType() == TTransportException::TIMED_OUT) return Error{"nothing came in time"};
      return Error{error.what()};
    }
  }
  Result<std::optional<std::size_t>> receive_now(std::span<std::byte> into) const {
    if (tls) return tls->try_read(into);
    if (asks) return unproven();
    return socket::try_read(descriptor(), into);
  }
  Result<std::size_t> receive_in_pace(std::span<std::byte> into) {
    for (;;) {
      const Result<std::optional<std::size_t>> got = receive_now(into);
      if (!got) return got.error();
      if (got.value()) {
        pace->came(*got.value());
        return *got.value();
      }
      const auto most = std::min(pace->left(), kLook);
      too_slow = most.count() == 0;
      if (too_slow) return Error{"the other side sends too slowly"};
      const auto began = Clock::now();
      (void)socket::wait_for(descriptor(), Wants::read, began + most);
      pace->waited(std::min(most, std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - began)));
    }
  }
  /// Waits in poll(), not in recv(): the kernel wakes who waits there also when the other side has read what was sent to it, for
  /// nothing, once for each message.
  Result<std::size_t> receive_beside(std::span<std::byte> into) const {
    pollfd wanted{.fd = descriptor(), .events = POLLIN, .revents = 0};
    const int most = read_timeout.count() > 0 ? static_cast<int>(std::min<std::int64_t>(read_timeout.count(), INT_MAX)) : -1;
    for (;;) {
      const Result<std::optional<std::size_t>> got = socket::try_read(descriptor(), into);
      if (!got) return got.error();
      if (got.value()) return *got.value();
      if (::poll(&wanted, 1, most) == 0) return Error{"nothing came in time"};
    }
  }
};

Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) { tune(*impl_->transport, impl_->beside.empty()); }

Stream::Stream(Accepted accepted)
    : Stream(std::make_unique<Impl>(Impl{.transport = std::make_shared<TSocket>(accepted.descriptor, unbounded()),
                                         .beside = std::move(accepted.beside),
                                         .crowded = accepted.crowded,
                                         .asks = std::move(accepted.asks)})) {}
Stream::~Stream() = default;

Result<std::unique_ptr<Stream>> Stream::connect(const Address& address, std::chrono::milliseconds timeout,
                                                Credentials* credentials, Unreached* why, const Begun& begun) {
  const auto unreached = [&](Unreached reason, const std::string& problem) {
    if (why) *why = reason;
    return Error{problem};
  };
  const int near = credentials ? -1 : connect_beside(address);
  if (near >= 0) {
    if (begun) begun(near);
    return std::make_unique<Stream>(Accepted{.descriptor = near, .beside = address.host});
  }
  const auto until = Clock::now() + timeout;
  const Result<int> called = socket::connect(credentials ? address.host : numeric(address.host), address.port, timeout, begun);
  if (!called && at_file_limit(called.message())) {
    return unreached(Unreached::nobody, "no connection to " + address.text() + " can be opened: " + kAtFileLimit);
  }
  if (!called) return unreached(Unreached::nobody, "nobody answers at " + address.text() + ": " + called.message());
  auto stream = std::make_unique<Stream>(Accepted{.descriptor = called.value()});
  stream->impl_->transport->setLinger(true, 0);  // as Thrift has it: what is left to be said at its end is of no use
  if (!credentials) return stream;
  Result<std::unique_ptr<Tls>> tls = Tls::over(stream->descriptor(), *credentials, address.host);
  if (!tls) return unreached(Unreached::refused, tls.message());
  stream->impl_->tls = std::move(tls).value();
  for (;;) {
    const Result<Wants> wants = stream->shake_hands();
    if (!wants) {
      const bool broke_off = stream->impl_->tls->broke_off();
      return unreached(broke_off ? Unreached::broke_off : Unreached::refused, address.text() + ": " + wants.message());
    }
    if (wants.value() == Wants::nothing) return stream;
    if (!socket::wait_for(stream->descriptor(), wants.value(), until)) {
      return unreached(Unreached::refused, address.text() + ": it does not answer by TLS: is it another service's port?");
    }
  }
}

Result<Wants> Stream::shake_hands() {
  if (impl_->asks && !impl_->tls) {
    std::array<char, 4> first{};
    const ssize_t got = ::recv(descriptor(), first.data(), first.size(), MSG_PEEK | MSG_DONTWAIT);
    if (got == 0) return Error{"the other side closed the connection"};
    if (got < 0) return Wants::read;
    if (begins_frame({first.data(), static_cast<std::size_t>(got)})) {  // he would not understand TLS
      refuse_clear_text(descriptor());
      return Error{"a connection in the clear"};
    }
    Result<std::unique_ptr<Tls>> tls = Tls::over(descriptor(), *impl_->asks, "");
    if (!tls) return tls.error();
    impl_->tls = std::move(tls).value();
  }
  return impl_->tls ? impl_->tls->shake_hands() : Wants::nothing;
}

Result<void> Stream::check_user(std::chrono::milliseconds patience, Unreached* why) const {
  if (impl_->tls || !impl_->beside.empty()) return {};  // there it is known
  bool stranger = false;
  const Result<void> own = is_own(descriptor(), Clock::now() + patience, &stranger);
  if (!own && why) *why = stranger ? Unreached::refused : Unreached::broke_off;
  return own;
}

const Certificate* Stream::certificate() const noexcept { return impl_->tls ? &impl_->tls->other() : nullptr; }

std::string Stream::binding() const { return impl_->tls ? impl_->tls->binding() : ""; }

int Stream::descriptor() const noexcept { return impl_->descriptor(); }

std::string Stream::local_host() const {
  if (!impl_->beside.empty()) return impl_->beside;
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  std::array<char, NI_MAXHOST> text{};
  auto* address = reinterpret_cast<sockaddr*>(&own);
  if (::getsockname(descriptor(), address, &size) != 0) return {};
  if (::getnameinfo(address, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) return {};
  const std::string host = text.data();
  constexpr std::string_view kMapped = "::ffff:";  // IPv4 through a socket for both
  return host.starts_with(kMapped) ? host.substr(kMapped.size()) : host;
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
  return impl_->write(pieces);
}

Result<void> Stream::write_raw(std::span<const std::byte> bytes) {
  iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
  return impl_->write({&piece, bytes.empty() ? 0u : 1u});
}

Result<std::size_t> Stream::try_write(std::span<const std::span<const std::byte>> pieces) {
  std::array<iovec, socket::kMostPieces> parts;
  const std::size_t count = std::min(pieces.size(), parts.size());
  for (std::size_t i = 0; i < count; ++i) parts[i] = {const_cast<std::byte*>(pieces[i].data()), pieces[i].size()};
  return impl_->try_write(std::span(parts).first(count));
}

Result<void> Stream::read_raw(std::span<std::byte> into) {
  while (!into.empty()) {
    const Result<std::size_t> got = impl_->read_some(into);
    if (!got) return got.error();
    if (got.value() == 0) return Error{"the other side closed the connection"};
    into = into.subspan(got.value());
  }
  return {};
}

Result<Message> Stream::read() {
  std::array<char, kPrefix> prefix;
  Result<void> read = read_raw(std::as_writable_bytes(std::span(prefix)));
  if (!read) return read.error();
  const Result<std::size_t> size = header_size({prefix.data(), prefix.size()});
  impl_->foreign = !begins_frame({prefix.data(), prefix.size()});
  if (!size) return size.error();
  // Grows with what arrives, so that a size alone takes no memory.
  std::string& header = impl_->arrived;
  header.clear();
  while (header.size() < size.value()) {
    const std::size_t done = header.size();
    header.resize(std::min(size.value(), done + (1 << 20)));
    read = read_raw(std::as_writable_bytes(std::span(header).subspan(done)));
    if (!read) return read.error();
  }
  return decode_header(header);
}

bool Stream::has_frame() const noexcept {
  const std::span<std::byte> ahead = impl_->ahead;
  if (ahead.size() < kPrefix) return false;
  const Result<std::size_t> size = header_size({reinterpret_cast<const char*>(ahead.data()), kPrefix});
  return size && size.value() <= ahead.size() - kPrefix;
}

std::size_t Stream::begun() const noexcept { return impl_->arrived.size(); }

Result<std::optional<Message>> Stream::try_read(std::size_t most) {
  std::string& frame = impl_->arrived;
  for (std::size_t whole = kPrefix;;) {
    if (frame.size() >= kPrefix) {
      const Result<std::size_t> header = header_size(frame);
      impl_->foreign = !begins_frame(frame);
      if (!header) return header.error();
      if (header.value() > most) return Error{"a frame whose header would have " + std::to_string(header.value()) + " bytes"};
      whole = kPrefix + header.value();
    }
    const std::size_t done = frame.size();
    if (done >= kPrefix && done == whole) break;
    frame.resize(std::min(whole, done + std::max(done, kReadAhead)));  // grows with what arrives
    const auto got = impl_->try_read(std::as_writable_bytes(std::span(frame).subspan(done)));
    frame.resize(done + (got && got.value() ? *got.value() : 0));
    if (!got) return got.error();
    if (!got.value()) return std::optional<Message>();
    if (*got.value() == 0) return Error{"the other side closed the connection"};
  }
  Result<Message> message = decode_header(std::string_view(frame).substr(kPrefix));
  frame.clear();
  if (!message) return message.error();
  return std::optional<Message>(std::move(message).value());
}

Result<Message> Stream::read_greeting(std::chrono::milliseconds patience) {
  const auto until = Clock::now() + patience;
  for (;;) {
    Result<std::optional<Message>> message = try_read(kMostGreeting);
    if (!message) return message.error();
    if (message.value()) return std::move(*message.value());
    if (!socket::wait_for(descriptor(), Wants::read, until)) return Error{"nothing came in time"};
  }
}

bool Stream::writable() const {
  pollfd wanted{.fd = descriptor(), .events = POLLOUT, .revents = 0};
  return ::poll(&wanted, 1, 0) == 1 && (wanted.revents & POLLOUT) != 0;
}

bool Stream::readable() const {
  pollfd wanted{.fd = descriptor(), .events = POLLIN, .revents = 0};
  return ::poll(&wanted, 1, 0) == 1;
}

bool Stream::drain() noexcept {
  ::shutdown(descriptor(), SHUT_WR);
  std::array<char, 16 << 10> ignored;
  const ssize_t got = ::recv(descriptor(), ignored.data(), ignored.size(), MSG_DONTWAIT);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

void Stream::shut_down() noexcept { ::shutdown(impl_->transport->getSocketFD(), SHUT_RDWR); }

bool Stream::crowded() const noexcept { return impl_->crowded; }

void Stream::set_read_timeout(std::chrono::milliseconds timeout) {
  impl_->read_timeout = timeout;
  impl_->transport->setRecvTimeout(static_cast<int>(timeout.count()));
}

void Stream::keep_pace(std::optional<Pace::Limits> limits) {
  impl_->pace.reset();
  if (limits) impl_->pace.emplace(*limits);
  impl_->too_slow = false;
}

bool Stream::foreign() const noexcept { return impl_->foreign; }

bool Stream::too_slow() const noexcept { return impl_->too_slow; }

void Stream::notice_dead(std::chrono::milliseconds silence) noexcept {
  if (impl_->beside.empty()) socket::notice_dead(descriptor(), silence);  // else its machine is this one
}

}  // namespace dflow::net
