// What serialising rests on: Serialize<T>, Writer, Reader. Included by <dflow/serialize.h>.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <dflow/errors.h>

namespace dflow::inline v0 {

/// Bytes that are no value of the type that is read, or a value that has no bytes (a valueless variant).
class SerializeError : public Error {
 public:
  using Error::Error;
};

class Writer;
class Reader;

/// Specialise it to send your own type; read back in the order of writing:
///
///     template <>
///     struct dflow::Serialize<Point> {
///       static void write(Writer& out, const Point& p) { out.write(p.x); out.write(p.y); }
///       static Point read(Reader& in) { const auto x = in.read<double>(); return {x, in.read<double>()}; }
///     };
///
/// `read` must throw SerializeError for bytes that are no value; Reader does so for bytes that are missing.
/// An optional member `static constexpr bool flat = true` states that the object's bytes in memory are what
/// `write` appends (no padding, no pointers, every bit pattern a value): containers then copy whole blocks.
template <class T>
struct Serialize;

/// T can be sent to another process.
template <class T>
concept Serializable = requires(Writer& out, Reader& in, const T& value) {
  Serialize<T>::write(out, value);
  { Serialize<T>::read(in) } -> std::same_as<T>;
};

namespace detail {

template <class T>
concept Flat = std::is_trivially_copyable_v<T> && std::endian::native == std::endian::little &&
               requires { requires Serialize<T>::flat; };

template <class T>
void write_little_endian(Writer& out, const T& value, std::size_t count = sizeof(T));
template <class T>
T read_little_endian(Reader& in, std::size_t count = sizeof(T));

/// Counts how deep the values being written or read are nested, so that hostile bytes cannot exhaust the
/// stack.
class Nesting {
 public:
  static constexpr int deepest = 1000;

  explicit Nesting(int& depth) : depth_(depth) {
    if (depth_ >= deepest)
      throw SerializeError("values are nested more than " + std::to_string(deepest) +
                           " containers or pointers deep: send a flat form, such as a vector of nodes");
    ++depth_;
  }
  ~Nesting() { --depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  int& depth_;
};

}  // namespace detail

/// Appends values to a buffer. Not thread-safe.
/// Ownership: owns its bytes, except that with a borrowing limit contiguous payloads of at least that many
/// bytes are referred to instead of copied; the values written must then outlive the use of segments().
class Writer {
 public:
  static constexpr std::size_t never_borrow = std::numeric_limits<std::size_t>::max();

  Writer() = default;
  explicit Writer(std::size_t borrow_from) : borrow_from_(borrow_from) {}

  template <class T>
  void write(const T& value) {
    static_assert(Serializable<T>,
                  "dflow: this type cannot be sent to another process: specialise dflow::Serialize<T>");
    Serialize<T>::write(*this, value);
  }

  /// Raw bytes; whoever reads must know how many.
  void write_bytes(std::span<const std::byte> bytes) {
    owned_.insert(owned_.end(), bytes.begin(), bytes.end());
  }

  /// Raw bytes that may be large: borrowed from the caller if the limit says so.
  void write_payload(std::span<const std::byte> bytes) {
    if (bytes.size() < borrow_from_ || bytes.empty()) return write_bytes(bytes);
    borrowed_.push_back({owned_.size(), bytes});
    borrowed_size_ += bytes.size();
  }

  /// How many elements follow.
  void write_count(std::size_t count) { detail::write_little_endian(*this, std::uint64_t{count}); }

  /// Bytes written, the borrowed ones too.
  std::size_t size() const noexcept { return owned_.size() + borrowed_size_; }

  /// All bytes in order, as pieces; valid until the next write and while the borrowed values live.
  std::vector<std::span<const std::byte>> segments() const {
    std::vector<std::span<const std::byte>> pieces;
    std::size_t done = 0;
    auto add_owned_until = [&](std::size_t end) {
      if (end > done) pieces.emplace_back(owned_.data() + done, end - done);
      done = end;
    };
    for (const Borrowed& borrowed : borrowed_) {
      add_owned_until(borrowed.position);
      pieces.push_back(borrowed.bytes);
    }
    add_owned_until(owned_.size());
    return pieces;
  }

  /// All bytes in one buffer; the writer is empty afterwards.
  std::vector<std::byte> take() {
    std::vector<std::byte> all;
    if (borrowed_.empty()) {
      all.swap(owned_);
      return all;
    }
    all.reserve(size());
    for (const auto piece : segments()) all.insert(all.end(), piece.begin(), piece.end());
    owned_.clear();
    borrowed_.clear();
    borrowed_size_ = 0;
    return all;
  }

  /// For containers and pointers, whose elements may contain more of them.
  [[nodiscard]] detail::Nesting nest() { return detail::Nesting(depth_); }

 private:
  struct Borrowed {
    std::size_t position;  ///< In owned_: what stands before it there comes first.
    std::span<const std::byte> bytes;
  };

  std::vector<std::byte> owned_;
  std::vector<Borrowed> borrowed_;
  std::size_t borrowed_size_ = 0;
  std::size_t borrow_from_ = never_borrow;
  int depth_ = 0;
};

/// Reads values from bytes that it does not own and does not trust: what is missing or absurd throws
/// SerializeError before memory is taken for it. Not thread-safe.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  template <class T>
  T read() {
    static_assert(Serializable<T>,
                  "dflow: this type cannot be read from another process: specialise dflow::Serialize<T>");
    return Serialize<T>::read(*this);
  }

  /// The next bytes, as a view into the source.
  std::span<const std::byte> read_bytes(std::size_t count) {
    if (count > remaining()) fail("needs " + std::to_string(count) + " more bytes");
    const auto taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
  }

  /// A count of elements, each of at least `bytes_each` (1 or more) bytes: bounded by the bytes that are
  /// there.
  std::size_t read_count(std::size_t bytes_each = 1) {
    const auto count = detail::read_little_endian<std::uint64_t>(*this);
    if (count > remaining() / bytes_each) fail("names " + std::to_string(count) + " elements");
    return static_cast<std::size_t>(count);
  }

  std::size_t position() const noexcept { return position_; }
  std::size_t remaining() const noexcept { return bytes_.size() - position_; }

  /// Throws SerializeError, saying where.
  [[noreturn]] void fail(const std::string& problem) const {
    throw SerializeError("serialised value " + problem + " at byte " + std::to_string(position_) + " of " +
                         std::to_string(bytes_.size()) +
                         ": it is truncated, damaged, or of another type than the one that reads it");
  }

  /// For containers and pointers, whose elements may contain more of them.
  [[nodiscard]] detail::Nesting nest() { return detail::Nesting(depth_); }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  int depth_ = 0;
};

namespace detail {

/// `count` bytes of `value`, the lowest first.
template <class T>
void write_little_endian(Writer& out, const T& value, std::size_t count) {
  std::array<std::byte, sizeof(T)> bytes;
  std::memcpy(bytes.data(), &value, sizeof(T));
  if constexpr (std::endian::native == std::endian::big) std::reverse(bytes.begin(), bytes.end());
  out.write_bytes(std::span(bytes).first(count));
}

template <class T>
T read_little_endian(Reader& in, std::size_t count) {
  const auto source = in.read_bytes(count);
  std::array<std::byte, sizeof(T)> bytes{};
  std::copy(source.begin(), source.end(), bytes.begin());
  if constexpr (std::endian::native == std::endian::big) std::reverse(bytes.begin(), bytes.end());
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

}  // namespace detail

}  // namespace dflow::inline v0
