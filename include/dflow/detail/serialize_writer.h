// Writer: values to bytes, large payloads where they are. Included by <dflow/serialize.h>.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <dflow/detail/serialize_core.h>

namespace dflow::inline v0 {

namespace detail {

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
/// bytes are referred to instead of copied: strings, vectors and arrays of flat elements, and what a
/// Serialize gives to write_payload. The values written must then live, unchanged, until segments() were
/// used. Borrowed is only what is sure to be part of the value written: not what a Serialize that does not
/// say `borrows` writes by write(), and nothing of a temporary.
class Writer {
 public:
  static constexpr std::size_t never_borrow = std::numeric_limits<std::size_t>::max();

  /// For a Writer that keeps no bytes: only size() is of use.
  struct CountOnly {};

  Writer() = default;
  explicit Writer(std::size_t borrow_from) : borrow_from_(borrow_from) {}
  explicit Writer(CountOnly) : counts_only_(true) {}

  template <class T>
  void write(const T& value) {
    check<T>();
    if constexpr (detail::Borrows<T>) {
      Serialize<T>::write(*this, value);
    } else {
      const Copying copying(*this, 1);
      Serialize<T>::write(*this, value);
    }
  }
  /// A temporary: all of it is copied.
  template <class T>
    requires(!std::is_reference_v<T>)
  void write(T&& value) {
    check<std::remove_const_t<T>>();
    const Copying copying(*this, 2);
    Serialize<std::remove_const_t<T>>::write(*this, value);
  }

  /// Raw bytes; whoever reads must know how many.
  void write_bytes(std::span<const std::byte> bytes) {
    if (counts_only_) {
      borrowed_size_ += bytes.size();
      return;
    }
    owned_.insert(owned_.end(), bytes.begin(), bytes.end());
  }

  /// Raw bytes that may be large and live as long as the value that is written: borrowed if the limit says
  /// so.
  void write_payload(std::span<const std::byte> bytes) { append(bytes, copying_ <= 1); }

  /// How many elements follow.
  void write_count(std::size_t count) {
    std::array<std::byte, sizeof(std::uint64_t)> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<std::byte>(std::uint64_t{count} >> (8 * i));
    write_bytes(bytes);
  }

  /// Bytes written, the borrowed ones too.
  std::size_t size() const noexcept { return owned_.size() + borrowed_size_; }

  /// All bytes in order, as pieces for one `writev`; valid until the next write and while the borrowed values
  /// live.
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

  /// write_payload of dflow's own Serialize: of a part, which lives as long as the whole does.
  void write_part(std::span<const std::byte> bytes) { append(bytes, copying_ == 0); }

 private:
  struct Borrowed {
    std::size_t position;  ///< In owned_: what stands before it there comes first.
    std::span<const std::byte> bytes;
  };

  /// While one of these lives, nothing but the outermost's own write_payload borrows.
  class Copying {
   public:
    Copying(Writer& writer, int levels) : writer_(writer), levels_(levels) { writer_.copying_ += levels_; }
    ~Copying() { writer_.copying_ -= levels_; }
    Copying(const Copying&) = delete;
    Copying& operator=(const Copying&) = delete;

   private:
    Writer& writer_;
    int levels_;
  };

  template <class T>
  static void check() {
    static_assert(detail::HasSerializer<T>,
                  "dflow: this type cannot be sent to another process: specialise dflow::Serialize<T>");
  }

  void append(std::span<const std::byte> bytes, bool may_borrow) {
    if (!may_borrow || bytes.size() < borrow_from_ || bytes.empty()) return write_bytes(bytes);
    borrowed_.push_back({owned_.size(), bytes});
    borrowed_size_ += bytes.size();
  }

  std::vector<std::byte> owned_;
  std::vector<Borrowed> borrowed_;
  std::size_t borrowed_size_ = 0;
  std::size_t borrow_from_ = never_borrow;
  bool counts_only_ = false;
  int depth_ = 0;
  int copying_ = 0;
};

namespace detail {

template <std::size_t N>
void reverse_if_big_endian(std::array<std::byte, N>& bytes) {
  if constexpr (std::endian::native == std::endian::big) {
    for (std::size_t i = 0; i < N / 2; ++i) std::swap(bytes[i], bytes[N - 1 - i]);
  }
}

/// `count` bytes of `value`, the lowest first.
template <class T>
void write_little_endian(Writer& out, const T& value, std::size_t count = sizeof(T)) {
  std::array<std::byte, sizeof(T)> bytes;
  std::memcpy(bytes.data(), &value, sizeof(T));
  reverse_if_big_endian(bytes);
  out.write_bytes(std::span(bytes).first(count));
}

}  // namespace detail

}  // namespace dflow::inline v0
