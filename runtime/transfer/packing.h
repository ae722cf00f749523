// Values in fewer bytes, for connections between hosts. The format: docs/formats.md.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "formats/result.h"
#include "runtime/net/messages.h"
#include "runtime/transfer/source.h"

namespace dflow::transfer {

/// Where values are packed: DFLOW_COMPRESSION=0 nowhere, 2 everywhere; else between hosts.
enum class Compression { never, between_hosts, always };
Compression compression();

/// To a process of that machine, this process packs what is worth it.
bool packs_for(const std::string& other);

using Pieces = std::span<const std::span<const std::byte>>;

/// True if the value is large enough and a sample of it becomes so much smaller that packing takes less time
/// than it saves.
bool worth_packing(Pieces pieces);

/// Packs chunk after chunk, and gives each to `write`.
formats::Result<void> pack(Pieces pieces,
                           const std::function<formats::Result<void>(std::span<const std::byte>)>& write);

/// What `pack` has written. Takes no more memory than two chunks, whatever comes.
class UnpackingSource final : public Source {
 public:
  using Read = std::function<formats::Result<void>(std::span<std::byte> into)>;

  UnpackingSource(Read read, std::uint64_t size) : Source(size), read_(std::move(read)), packed_left_(size) {}

 private:
  formats::Result<void> fill(std::span<std::byte> into) override;
  /// Unpacks the next chunk to `into` if it fits there, else to `chunk_`; how long it is.
  formats::Result<std::size_t> next_chunk(std::span<std::byte> into);

  Read read_;
  std::uint64_t packed_left_;  ///< Bytes, unpacked, of chunks that have not come.
  std::vector<std::byte> packed_, chunk_;
  std::span<const std::byte> waiting_;  ///< In `chunk_`.
};

}  // namespace dflow::transfer
