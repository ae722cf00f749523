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

/// To a process of machine `other`, one of machine `here` packs what is worth it.
bool packs_for(Compression setting, const std::string& here, const std::string& other);
/// The same for this process.
bool packs_for(const std::string& other);

using Pieces = std::span<const std::span<const std::byte>>;

/// True if the value is large enough and a sample of it becomes so much smaller that packing takes less time
/// than it saves.
bool worth_packing(Pieces pieces);

/// Pieces as one sequence of bytes.
class Cursor {
 public:
  explicit Cursor(Pieces pieces) : pieces_(pieces) {}

  /// The next `count` bytes, or what is left: where they lie, or, if that is several places, in `buffer`.
  std::span<const std::byte> next(std::size_t count, std::vector<std::byte>& buffer);
  void skip(std::size_t count);

 private:
  Pieces pieces_;
  std::size_t offset_ = 0;  ///< In the first of them.
};

/// Packs one chunk when it is asked for one; takes the memory of two. The pieces outlive it.
class Packer {
 public:
  explicit Packer(Pieces pieces);
  /// Until the next is asked for; empty at the end.
  std::span<const std::byte> next();

 private:
  Cursor cursor_;
  std::vector<std::byte> buffer_, packed_;
};

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
