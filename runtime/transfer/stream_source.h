// A value's bytes as they come on a connection.
#pragma once

#include "runtime/net/stream.h"
#include "runtime/transfer/source.h"

namespace dflow::transfer {

/// Straight from the socket to where they belong.
class StreamSource final : public Source {
 public:
  StreamSource(net::Stream& stream, std::uint64_t size) : Source(size), stream_(stream) {}

 private:
  formats::Result<void> fill(std::span<std::byte> into) override { return stream_.read_raw(into); }

  net::Stream& stream_;
};

}  // namespace dflow::transfer
