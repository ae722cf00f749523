#include "runtime/transfer/packing.h"

#include <lz4.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "runtime/transfer/machine.h"

namespace dflow::transfer {

namespace {

using formats::Error;
using formats::Result;

constexpr std::size_t kChunk = 1 << 20;
/// The sizes of a chunk, unpacked and packed, in 32 bits each.
constexpr std::size_t kHead = 8;

/// A smaller value is there before anything would be gained.
constexpr std::size_t kWorthLooking = 64 << 10;
constexpr std::size_t kSamples = 16;
constexpr std::size_t kSample = 4 << 10;
/// What a sample may shrink to at most, in hundredths.
constexpr std::size_t kMostLeft = 75;

const char* chars(std::span<const std::byte> bytes) {
  return reinterpret_cast<const char*>(bytes.data());
}
char* chars(std::span<std::byte> bytes) {
  return reinterpret_cast<char*>(bytes.data());
}

void write_size(std::span<std::byte> into, std::size_t size) {
  for (std::size_t i = 0; i < 4; ++i) into[i] = static_cast<std::byte>(size >> (8 * i));
}

std::size_t read_size(std::span<const std::byte> from) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size |= std::to_integer<std::size_t>(from[i]) << (8 * i);
  return size;
}

std::size_t size_of(Pieces pieces) {
  std::size_t size = 0;
  for (const auto piece : pieces) size += piece.size();
  return size;
}

}  // namespace

Compression compression() {
  static const Compression chosen = [] {
    const char* setting = std::getenv("DFLOW_COMPRESSION");
    const std::string_view text = setting ? setting : "";
    return text == "0" ? Compression::never : text == "2" ? Compression::always : Compression::between_hosts;
  }();
  return chosen;
}

bool packs_for(Compression setting, const std::string& here, const std::string& other) {
  return setting == Compression::always || (setting == Compression::between_hosts && !same_host(other, here));
}

bool packs_for(const std::string& other) { return packs_for(compression(), machine(), other); }

bool worth_packing(Pieces pieces) {
  const std::size_t size = size_of(pieces);
  if (size < kWorthLooking) return false;
  Cursor cursor(pieces);
  std::vector<std::byte> buffer, packed(LZ4_COMPRESSBOUND(kSample));
  std::size_t left = 0;
  for (std::size_t i = 0; i < kSamples; ++i) {
    const auto sample = cursor.next(kSample, buffer);
    left += static_cast<std::size_t>(LZ4_compress_default(chars(sample), chars(std::span(packed)),
                                                          static_cast<int>(sample.size()),
                                                          static_cast<int>(packed.size())));
    cursor.skip(size / kSamples - kSample);
  }
  return left * 100 <= kMostLeft * kSamples * kSample;
}

std::span<const std::byte> Cursor::next(std::size_t count, std::vector<std::byte>& buffer) {
  skip(0);
  if (pieces_.empty()) return {};
  if (pieces_.front().size() - offset_ >= count) {
    const auto bytes = pieces_.front().subspan(offset_, count);
    offset_ += count;
    return bytes;
  }
  buffer.clear();
  while (!pieces_.empty() && buffer.size() < count) {
    const auto rest = pieces_.front().subspan(offset_);
    const auto bytes = rest.first(std::min(rest.size(), count - buffer.size()));
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
    skip(bytes.size());
  }
  return buffer;
}

void Cursor::skip(std::size_t count) {
  for (offset_ += count; !pieces_.empty() && offset_ >= pieces_.front().size(); pieces_ = pieces_.subspan(1)) {
    offset_ -= pieces_.front().size();
  }
}

Packer::Packer(Pieces pieces) : cursor_(pieces), packed_(kHead + LZ4_COMPRESSBOUND(kChunk)) {}

std::span<const std::byte> Packer::next() {
  const std::span<const std::byte> chunk = cursor_.next(kChunk, buffer_);
  if (chunk.empty()) return {};
  const std::span<std::byte> body = std::span(packed_).subspan(kHead);
  // What does not become smaller goes as it is.
  int size = LZ4_compress_default(chars(chunk), chars(body), static_cast<int>(chunk.size()), static_cast<int>(chunk.size() - 1));
  if (size <= 0) {
    std::memcpy(body.data(), chunk.data(), chunk.size());
    size = static_cast<int>(chunk.size());
  }
  write_size(packed_, chunk.size());
  write_size(std::span(packed_).subspan(4), static_cast<std::size_t>(size));
  return std::span(packed_).first(kHead + static_cast<std::size_t>(size));
}

Result<void> pack(Pieces pieces, const std::function<Result<void>(std::span<const std::byte>)>& write) {
  Packer packer(pieces);
  for (std::span<const std::byte> chunk; !(chunk = packer.next()).empty();) {
    if (Result<void> written = write(chunk); !written) return written;
  }
  return {};
}

Result<std::size_t> UnpackingSource::next_chunk(std::span<std::byte> into) {
  std::array<std::byte, kHead> head;
  if (Result<void> came = read_(head); !came) return came.error();
  const std::size_t size = read_size(head), packed = read_size(std::span(head).subspan(4));
  if (size == 0 || size > kChunk || size > packed_left_ || packed == 0 || packed > size) {
    return Error{"a packed value with a chunk of " + std::to_string(packed) + " bytes for " +
                 std::to_string(size)};
  }
  packed_left_ -= size;
  std::span<std::byte> to = into.first(std::min(size, into.size()));
  if (to.size() < size) {
    chunk_.resize(size);
    to = chunk_;
  }
  if (packed == size) {
    if (Result<void> came = read_(to); !came) return came.error();
    return size;
  }
  packed_.resize(packed);
  if (Result<void> came = read_(packed_); !came) return came.error();
  const int got = LZ4_decompress_safe(chars(std::span<const std::byte>(packed_)), chars(to),
                                      static_cast<int>(packed), static_cast<int>(size));
  if (got < 0 || static_cast<std::size_t>(got) != size) return Error{"a packed value that is damaged"};
  return size;
}

Result<void> UnpackingSource::fill(std::span<std::byte> into) {
  while (!into.empty()) {
    if (waiting_.empty()) {
      const Result<std::size_t> chunk = next_chunk(into);
      if (!chunk) return chunk.error();
      if (chunk.value() <= into.size()) {
        into = into.subspan(chunk.value());
        continue;
      }
      waiting_ = chunk_;
    }
    const auto bytes = waiting_.first(std::min(waiting_.size(), into.size()));
    std::memcpy(into.data(), bytes.data(), bytes.size());
    waiting_ = waiting_.subspan(bytes.size());
    into = into.subspan(bytes.size());
  }
  return {};
}

}  // namespace dflow::transfer
