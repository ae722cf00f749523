// Connections that both sides have to prove themselves on: TLS 1.3 with certificates on both ends, and nothing older.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include <sys/uio.h>

#include "runtime/net/certificates.h"

namespace dflow::net {

/// What a process shows of itself and by what it judges others. Thread-safe.
///
/// The files are read again when they have changed, so that a renewed certificate and a longer revocation list take effect
/// with the next connection. If they cannot be read any more, there is no next connection.
class Credentials {
 public:
  struct Files {
    std::string certificate;  ///< And its key.
    std::string authority;
    std::string revoked;  ///< Empty: nothing is ever revoked.
  };
  struct Context;

  /// An error if something is missing or does not fit together, or if the certificate is not of this role or not valid now.
  static Result<std::shared_ptr<Credentials>> load(Files files, CertificateRole role);

  /// The own certificate.
  Certificate own() const;
  /// For the next connection.
  Result<std::shared_ptr<const Context>> current();

 private:
  Credentials(Files files, CertificateRole role) : files_(std::move(files)), role_(role) {}

  Files files_;
  CertificateRole role_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Context> context_;
};

/// What a step that has to wait waits for.
enum class Wants { nothing, read, write };

/// One connection's encryption, over a socket that it does not own and makes non-blocking. One thread may read while
/// another writes.
class Tls {
 public:
  struct Impl;

  explicit Tls(std::unique_ptr<Impl> impl);
  ~Tls();

  /// `host`: who is called, and has to prove that he is it; empty: on the side that is called.
  static Result<std::unique_ptr<Tls>> over(int socket, Credentials& credentials, const std::string& host);

  /// A step of the handshake: `nothing` when it is complete.
  Result<Wants> shake_hands();
  /// A call has failed because the other side closed the connection, or the network did.
  bool broke_off() const noexcept;
  /// The other side's certificate; once the handshake is complete.
  const Certificate& other() const noexcept;
  /// Bytes that both ends of this connection have, and nobody else (RFC 9266); once the handshake is complete.
  std::string binding() const;

  /// What is there, at least one byte; waits for that, as long as `timeout` says (0: for ever). 0 at the end.
  Result<std::size_t> read(std::span<std::byte> into, std::chrono::milliseconds timeout);
  /// The same without waiting: none if nothing is there.
  Result<std::optional<std::size_t>> try_read(std::span<std::byte> into);
  Result<void> write(std::span<const iovec> pieces);
  /// What goes out without waiting, from the first piece on, in bytes; 0: nothing now. Then what is left comes next.
  Result<std::size_t> try_write(std::span<const iovec> pieces);

 private:
  Result<Wants> wants(int returned);
  Result<void> write_one(std::span<const std::byte> bytes);
  Result<std::size_t> try_write_some(std::span<const std::byte> bytes);

  std::unique_ptr<Impl> impl_;
};

}  // namespace dflow::net
