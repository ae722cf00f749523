// Where a value's bytes come from.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include <dflow/serialize.h>

#include "formats/result.h"

namespace dflow::transfer {

/// Where a value's bytes come from. What it throws is a `Broken`; `broken()` tells afterwards whether it has,
/// however whoever read from it took that.
class Source : public ByteSource {
 public:
  class Broken : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
  };

  explicit Source(std::uint64_t size) : left_(size) {}
  virtual ~Source() = default;

  void read(std::span<std::byte> into) final;

  /// An error if no byte can be had at all; nothing has been read then.
  virtual formats::Result<void> probe() { return {}; }
  /// Reads what is left, and forgets it.
  formats::Result<void> skip();

  /// Bytes that have not been read.
  std::uint64_t left() const noexcept { return left_; }
  /// Not empty: why no more bytes come.
  const std::string& broken() const noexcept { return broken_; }

 protected:
  /// Fills `into` wholly, or says why not. Never asked for more than `left()`.
  virtual formats::Result<void> fill(std::span<std::byte> into) = 0;

 private:
  std::uint64_t left_;
  std::string broken_;
};

}  // namespace dflow::transfer
