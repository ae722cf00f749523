// Reader: bytes, in memory or as they arrive, to values. Included by <dflow/serialize.h>.
#pragma once

#include <dflow/detail/serialize_writer.h>

namespace dflow::inline v0 {

/// Where bytes come from that are not in memory yet: a connection, a file.
class ByteSource {
 public:
  /// Fills `into` wholly, or throws. Never called for bytes beyond the size that the Reader was given.
  virtual void read(std::span<std::byte> into) = 0;

 protected:
  ~ByteSource() = default;
};

/// Reads values from bytes that it does not own and does not trust: what is missing or absurd throws
/// SerializeError before memory is taken for it. Not thread-safe.
///
/// From a source, payloads go straight into the memory of the value that is made, small things through a
/// buffer of 64 KiB. Each count is checked against the size that was announced, so bound that first.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) noexcept : window_(bytes), size_(bytes.size()) {}
  Reader(ByteSource& source, std::size_t size) noexcept : source_(&source), size_(size) {}

  template <class T>
  T read() {
    static_assert(detail::HasSerializer<T>,
                  "dflow: this type cannot be read from another process: specialise dflow::Serialize<T>");
    return Serialize<T>::read(*this);
  }

  /// The next bytes, as a view that is valid until the next call. For large ones prefer read_payload.
  std::span<const std::byte> read_bytes(std::size_t count) {
    if (count > remaining()) fail("needs " + std::to_string(count) + " more bytes");
    if (count > window_.size()) refill(count);
    return take_from_window(count);
  }

  /// The next bytes, put where they belong: what write_payload and write_bytes wrote.
  void read_payload(std::span<std::byte> into) {
    if (into.size() > remaining()) fail("needs " + std::to_string(into.size()) + " more bytes");
    const bool small = into.size() < window_.size() + kWindow;
    if (small && into.size() > window_.size()) refill(into.size());
    const auto first = take_from_window(into.size() < window_.size() ? into.size() : window_.size());
    if (!first.empty()) std::memcpy(into.data(), first.data(), first.size());
    const auto rest = into.subspan(first.size());
    if (rest.empty()) return;
    source_->read(rest);
    position_ += rest.size();
  }

  /// A count of elements, each of at least `bytes_each` (1 or more) bytes: bounded by the bytes that are
  /// there.
  std::size_t read_count(std::size_t bytes_each = 1) {
    const std::uint64_t count = read_uint64();
    if (count > remaining() / bytes_each) fail("names " + std::to_string(count) + " elements");
    return static_cast<std::size_t>(count);
  }

  /// The counts along N dimensions, each written by write_count; their product is bounded as one count would
  /// be.
  template <std::size_t N>
  std::array<std::size_t, N> read_counts(std::size_t bytes_each = 1) {
    std::array<std::size_t, N> counts{};
    std::uint64_t product = 1;
    bool fits = true;
    for (std::size_t& count : counts) {
      count = static_cast<std::size_t>(read_uint64());
      fits = fits && (count == 0 || product <= std::numeric_limits<std::uint64_t>::max() / count);
      product *= count;
    }
    if (!fits || product > remaining() / bytes_each) fail("names more elements than there are bytes");
    return counts;
  }

  std::size_t position() const noexcept { return position_; }
  std::size_t remaining() const noexcept { return size_ - position_; }

  /// How many bytes of a payload to take memory for at a time: they are still in the cache when they are
  /// filled.
  std::size_t step() const noexcept { return source_ == nullptr ? 16384 : 262144; }

  /// Throws SerializeError, saying where.
  [[noreturn]] void fail(const std::string& problem) const {
    throw SerializeError("serialised value " + problem + " at byte " + std::to_string(position_) + " of " +
                         std::to_string(size_) +
                         ": it is truncated, damaged, or of another type than the one that reads it");
  }

  /// For containers and pointers, whose elements may contain more of them.
  [[nodiscard]] detail::Nesting nest() { return detail::Nesting(depth_); }

 private:
  static constexpr std::size_t kWindow = 65536;

  std::uint64_t read_uint64() {
    const auto bytes = read_bytes(sizeof(std::uint64_t));
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      count |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    return count;
  }

  std::span<const std::byte> take_from_window(std::size_t count) {
    const auto taken = window_.first(count);
    window_ = window_.subspan(count);
    position_ += count;
    return taken;
  }

  /// Makes the window at least `count` bytes long, which are known to come. Takes memory as they arrive.
  void refill(std::size_t count) {
    const auto used = static_cast<std::ptrdiff_t>(buffer_.size() - window_.size());
    buffer_.erase(buffer_.begin(), buffer_.begin() + used);
    const std::size_t most = remaining() < kWindow ? remaining() : kWindow;
    const std::size_t wanted = count < most ? most : count;
    for (std::size_t done = buffer_.size(); done < wanted;) {
      const std::size_t now = wanted - done < (std::size_t{1} << 20) ? wanted - done : std::size_t{1} << 20;
      buffer_.resize(done + now);
      source_->read(std::span(buffer_).subspan(done, now));
      done += now;
    }
    window_ = buffer_;
  }

  std::span<const std::byte> window_;  ///< The next bytes: all of them, or what was read ahead into buffer_.
  ByteSource* source_ = nullptr;
  std::vector<std::byte> buffer_;
  std::size_t size_ = 0;
  std::size_t position_ = 0;
  int depth_ = 0;
};

namespace detail {

template <class T>
T read_little_endian(Reader& in, std::size_t count = sizeof(T)) {
  const auto source = in.read_bytes(count);
  std::array<std::byte, sizeof(T)> bytes{};
  for (std::size_t i = 0; i < count; ++i) bytes[i] = source[i];
  reverse_if_big_endian(bytes);
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

}  // namespace detail

}  // namespace dflow::inline v0
