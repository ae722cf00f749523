// Where dflow's processes are called.
#pragma once

#include <memory>

#include "runtime/net/stream.h"

namespace dflow::net {

/// Takes connections: by TCP, and, in the clear, by a Unix socket beside it (unix_socket.h).
class Listener {
 public:
  struct Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  ~Listener();

  /// Port 0: any that is free. Refuses what is not loopback without credentials. With them it takes TLS alone, from who has
  /// a certificate of the same authority.
  static Result<std::unique_ptr<Listener>> bind(const Address& address, std::shared_ptr<Credentials> credentials = nullptr);

  /// With the port that it got.
  const Address& address() const noexcept;
  /// Blocks for the next; an error once it is closed. Where the process may open no more files, connections wait, one
  /// `crowded` one aside.
  Result<std::unique_ptr<Stream>> accept();
  void close() noexcept;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace dflow::net
