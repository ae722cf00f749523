// Connections between dflow's processes. The transport is Thrift's; its exceptions end here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "formats/result.h"
#include "runtime/net/messages.h"
#include "runtime/net/pace.h"
#include "runtime/net/tls.h"

namespace dflow::net {

using formats::Result;

struct Address {
  std::string host;
  std::uint16_t port = 0;

  /// As `parse_address` takes it.
  std::string text() const { return (host.find(':') == host.npos ? host : '[' + host + ']') + ':' + std::to_string(port); }
  bool loopback() const;
  /// Why there is no such host; empty if there is one. Asks the name service, which may take seconds to say that.
  std::string unknown() const;
};

/// The host, where "localhost" is one address: behind another that it may stand for there could be somebody else.
inline std::string numeric(const std::string& host) { return host == "localhost" ? "127.0.0.1" : host; }

/// HOST:PORT; an error that says what was expected otherwise.
Result<Address> parse_address(std::string_view text);

/// Why somebody was not reached.
enum class Unreached {
  nobody,     ///< Nobody answers there.
  broke_off,  ///< Somebody does, and the connection ended before it was agreed on: he may be ending, or starting.
  refused     ///< One of both sides does not want the other, or he speaks otherwise.
};

/// Told of a connection as soon as somebody is called, before he has answered, of the last one at last: who shuts a duplicate of it down
/// ends what waits for the other side.
using Begun = std::function<void(int descriptor)>;

/// One connection, blocking. One thread may read while another writes; no two do the same at once. `shut_down` may be
/// called from any thread.
class Stream {
 public:
  /// What a listener hands over: a descriptor, which is closed with the stream.
  struct Accepted {
    int descriptor = -1;
    std::string beside = {};  ///< Of a Unix socket: the host of the port that it stands beside. Else empty.
    bool crowded = false;
    std::shared_ptr<Credentials> asks = {};  ///< To whom the other side has to prove itself.
  };
  struct Impl;
  explicit Stream(std::unique_ptr<Impl> impl);
  explicit Stream(Accepted accepted);
  ~Stream();

  /// With credentials by TLS, to who proves that he is the address's host. In the clear by a Unix socket, if it leads there.
  /// `why` is set with an error.
  static Result<std::unique_ptr<Stream>> connect(const Address& address, std::chrono::milliseconds timeout,
                                                 Credentials* credentials = nullptr, Unreached* why = nullptr,
                                                 const Begun& begun = {});

  /// Who has connected proves himself, if the listener has credentials: a step of that, without waiting; `nothing` when
  /// all is done. Before that nothing is read or written.
  Result<Wants> shake_hands();
  /// Before anything is said in the clear that lets who hears it in: an error if the other side is no process of this user, or has not
  /// accepted in time. `why` is set with it.
  Result<void> check_user(std::chrono::milliseconds patience, Unreached* why = nullptr) const;
  /// Of the other side; null on a connection in the clear.
  const Certificate* certificate() const noexcept;
  /// What both ends of this connection know, and nobody else; empty on a connection in the clear.
  std::string binding() const;
  /// The IP address of this end.
  std::string local_host() const;
  /// To wait for it.
  int descriptor() const noexcept;

  /// A frame, and raw bytes behind it.
  Result<void> write(const Message& message, std::span<const std::span<const std::byte>> raw = {});
  /// Raw bytes alone.
  Result<void> write_raw(std::span<const std::byte> bytes);
  /// As many bytes of the pieces, from the first one on, as the socket takes without waiting; how many that were. 0: it takes
  /// none now. What is left of them has to be the next that is written.
  Result<std::size_t> try_write(std::span<const std::span<const std::byte>> pieces);
  /// The next frame; what raw bytes it announces are to be read next. An error at the connection's end, too.
  Result<Message> read();
  /// All of the next frame has come with what was read before: `read` does not wait for it.
  bool has_frame() const noexcept;
  /// Bytes of a frame that has not come as a whole, as far as `try_read` has read it.
  std::size_t begun() const noexcept;
  /// Raw bytes to where they belong.
  Result<void> read_raw(std::span<std::byte> into);
  /// The next frame if it has arrived; none: more has to come. Not in the middle of `read`. An error for a header of more
  /// than `most` bytes, before memory is taken for it.
  Result<std::optional<Message>> try_read(std::size_t most);
  /// The first frame, of at most `kMostGreeting`; all of it has to come in time.
  Result<Message> read_greeting(std::chrono::milliseconds patience);
  /// A read has failed because what came is no frame: the other side is no process of dflow's.
  bool foreign() const noexcept;
  /// True if some 64 KiB can be written now without waiting for the other side.
  bool writable() const;
  /// Something has come that was not read, or the end.
  bool readable() const;
  /// Says no more, and throws away what comes: a connection that is closed with unread bytes is reset, and the other side may
  /// never read what was said last. False when it is done, too. Does not wait; to be called until then.
  bool drain() noexcept;
  /// Reads and writes of any thread end now, with errors.
  void shut_down() noexcept;
  /// It was accepted with the process's last descriptor: others wait until this one ends, so it had better end soon.
  bool crowded() const noexcept;
  /// How long a read may take; 0: for ever.
  void set_read_timeout(std::chrono::milliseconds timeout);
  /// Reads fail when the other side is slower than that, from now on; without limits it may be as slow as it likes again.
  void keep_pace(std::optional<Pace::Limits> limits);
  /// A read has failed since `keep_pace` because the other side was too slow.
  bool too_slow() const noexcept;
  /// Has the kernel ask now and then whether the other machine is still there, and take the connection for broken if it has
  /// acknowledged nothing for so long, whether something was sent or not. A process that is stopped acknowledges.
  void notice_dead(std::chrono::milliseconds silence) noexcept;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace dflow::net
