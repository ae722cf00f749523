/// The vocabulary as bytes, for event logs and for drivers that send it: `encode(x)`, `decode<T>(bytes)`.
///
/// Any type with `fields`, and what the standard library makes of them. Integers are LEB128 (signed ones
/// zigzag), tasks their client and its number for them, doubles eight bytes, sequences and strings a count
/// and their elements, optionals and pointers a byte 0 or 1 and the value, variants an index and the
/// alternative. A shared list that is the one written before it in the same message is a count that no list
/// has. Decoding trusts nothing: a count takes memory for 256 elements at most before they are there,
/// and whatever does not fit is refused. An enumeration's value is not checked against its names; who
/// switches over one that came from outside has a default.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "formats/result.h"
#include "runtime/core/ids.h"
#include "runtime/core/payload.h"
#include "runtime/core/shared_list.h"

namespace dflow::core {

template <class T>
concept Record = requires { T::fields; };

/// What elements are put behind.
template <class T>
concept Sequence = requires(T t) {
  typename T::value_type;
  t.clear();
  t.emplace_back();
};

/// Where `T` stands among a variant's alternatives.
template <class Variant, class T>
inline constexpr std::size_t index_in = 0;
template <class T, class... Rest>
inline constexpr std::size_t index_in<std::variant<T, Rest...>, T> = 0;
template <class First, class... Rest, class T>
inline constexpr std::size_t index_in<std::variant<First, Rest...>, T> = 1 + index_in<std::variant<Rest...>, T>;

/// Stands for a count: the list is the shared list before it.
inline constexpr std::uint64_t list_as_before = ~std::uint64_t{0};
/// So many elements may be said that way in one message, about as many as a message has room for: no few bytes stand for more work.
inline constexpr std::size_t most_said_again = std::size_t{1} << 24;

class Encoder {
 public:
  template <class T>
  void put(const T& value) {
    if constexpr (std::same_as<T, TaskId>)
      number(static_cast<std::uint64_t>(client_of(value))), number(number_of(value));
    else if constexpr (std::is_enum_v<T>)
      put(static_cast<std::underlying_type_t<T>>(value));
    else if constexpr (std::same_as<T, bool>)
      out_.push_back(value ? '\1' : '\0');
    else if constexpr (std::signed_integral<T>)
      number((static_cast<std::uint64_t>(value) << 1) ^
             static_cast<std::uint64_t>(static_cast<std::int64_t>(value) >> 63));
    else if constexpr (std::unsigned_integral<T>)
      number(value);
    else if constexpr (std::same_as<T, double>)
      fixed(std::bit_cast<std::uint64_t>(value));
    else if constexpr (Record<T>)
      std::apply([&](auto... field) { (put(value.*field), ...); }, T::fields);
    else
      compound(value);
  }
  /// What `put(Variant(alternative))` writes, without a copy of it.
  template <class Variant, class T>
  void put_as(const T& alternative) {
    static_assert(index_in<Variant, T> < std::variant_size_v<Variant>);
    number(index_in<Variant, T>);
    put(alternative);
  }
  /// What has been put. The next begins another message.
  std::string take() {
    std::string taken = std::move(out_);
    clear();
    return taken;
  }
  /// What has been put, of just that size. There is room for as much again, unless it is much.
  std::string copy() {
    constexpr std::size_t kept = std::size_t{1} << 16;
    return out_.size() > kept ? take() : out_;
  }
  void clear() {
    out_.clear();
    before_ = nullptr;
    said_again_ = 0;
  }

 private:
  void number(std::uint64_t value) {
    if (value < 0x80) return out_.push_back(static_cast<char>(value));
    char bytes[10];
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7) bytes[size++] = static_cast<char>(value | 0x80);
    bytes[size++] = static_cast<char>(value);
    out_.append(bytes, size);
  }
  void fixed(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
  }

  void compound(const std::string& value) {
    number(value.size());
    out_ += value;
  }
  template <class R, class P>
  void compound(const std::chrono::duration<R, P>& value) {
    put(value.count());
  }
  template <class C, class D>
  void compound(const std::chrono::time_point<C, D>& value) {
    put(value.time_since_epoch().count());
  }
  template <class A, class B>
  void compound(const std::pair<A, B>& value) {
    put(value.first), put(value.second);
  }
  template <Sequence T>
  void compound(const T& values) {
    sequence(values);
  }
  template <class T>
  void compound(const SharedList<T>& list) {
    const void* shared = list.shared().get();
    if (shared && shared == before_ && list.size() <= most_said_again - said_again_) {
      said_again_ += list.size();
      return number(list_as_before);
    }
    if (shared) before_ = shared;
    sequence(list.items());
  }
  template <class K, class V>
  void compound(const std::map<K, V>& values) {
    sequence(values);
  }
  template <class T>
  void compound(const std::optional<T>& value) {
    maybe(value);
  }
  /// One that is put away has to be brought back first: what it stands for would be lost, and nobody would know.
  void compound(const Payload& value) {
    if (put_away(value)) throw std::logic_error("dflow: bytes that are put away cannot be sent");
    maybe(value);
  }
  template <class T>
  void compound(const std::shared_ptr<T>& value) {
    maybe(value);
  }
  template <class... T>
  void compound(const std::variant<T...>& value) {
    number(value.index());
    std::visit([&](const auto& alternative) { put(alternative); }, value);
  }

  void sequence(const auto& values) {
    number(values.size());
    for (const auto& value : values) put(value);
  }
  void maybe(const auto& value) {
    put(static_cast<bool>(value));
    if (value) put(*value);
  }

  std::string out_;
  const void* before_ = nullptr;  ///< The shared list that was written last.
  std::size_t said_again_ = 0;
};

class Decoder {
 public:
  explicit Decoder(std::string_view in) : in_(in) {}

  /// False if the bytes did not fit; `value` is then unspecified.
  template <class T>
  [[nodiscard]] bool get(T& value) {
    if constexpr (std::same_as<T, TaskId>)
      return task(value);
    else if constexpr (std::is_enum_v<T>)
      return through<std::underlying_type_t<T>>([&](auto raw) { value = static_cast<T>(raw); });
    else if constexpr (std::same_as<T, bool>)
      return through<std::uint8_t>([&](auto raw) {
        value = raw == 1;
        bad_ |= raw > 1;
      });
    else if constexpr (std::signed_integral<T>)
      return integer(value);
    else if constexpr (std::unsigned_integral<T>)
      return natural(value);
    else if constexpr (std::same_as<T, double>)
      return fixed(value);
    else if constexpr (Record<T>)
      return std::apply([&](auto... field) { return (get(value.*field) && ...); }, T::fields);
    else
      return compound(value);
  }
  bool at_end() const { return in_.empty(); }

 private:
  template <class Raw>
  bool through(auto&& use) {
    Raw raw{};
    if (!get(raw)) return false;
    use(raw);
    return !bad_;
  }
  bool natural(auto& value) {
    std::uint64_t number = 0;
    for (int shift = 0;; shift += 7) {
      if (in_.empty() || shift > 63) return false;
      const auto byte = static_cast<unsigned char>(in_.front());
      in_.remove_prefix(1);
      if (shift == 63 && byte > 1) return false;
      number |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) break;
    }
    value = static_cast<std::remove_reference_t<decltype(value)>>(number);
    return value == number;
  }
  bool task(TaskId& value) {
    std::uint32_t client = 0;
    std::uint64_t number = 0;
    if (!natural(client) || !natural(number) || client > max_client || number > max_task_number) return false;
    value = task_id(ClientId{client}, number);
    return true;
  }
  bool integer(auto& value) {
    std::uint64_t zigzag = 0;
    if (!natural(zigzag)) return false;
    const auto number = static_cast<std::int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
    value = static_cast<std::remove_reference_t<decltype(value)>>(number);
    return value == number;
  }
  bool fixed(double& value) {
    if (in_.size() < 8) return false;
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i)
      bits |= std::uint64_t{static_cast<unsigned char>(in_[static_cast<std::size_t>(i)])} << (8 * i);
    in_.remove_prefix(8);
    value = std::bit_cast<double>(bits);
    return true;
  }

  /// A count of things that take at least a byte each.
  bool count(std::size_t& n) { return natural(n) && n <= in_.size(); }

  bool compound(std::string& value) {
    std::size_t n = 0;
    if (!count(n)) return false;
    value.assign(in_.substr(0, n));
    in_.remove_prefix(n);
    return true;
  }
  template <class R, class P>
  bool compound(std::chrono::duration<R, P>& value) {
    return through<R>([&](R raw) { value = std::chrono::duration<R, P>(raw); });
  }
  template <class C, class D>
  bool compound(std::chrono::time_point<C, D>& value) {
    D since{};
    if (!get(since)) return false;
    value = std::chrono::time_point<C, D>(since);
    return true;
  }
  template <Sequence T>
  bool compound(T& values) {
    std::size_t n = 0;
    if (!count(n)) return false;
    values.clear();
    if constexpr (requires { values.reserve(n); }) values.reserve(std::min(n, most_reserved));
    for (; n > 0; --n) {
      if (!get(values.emplace_back())) return false;
    }
    return true;
  }
  template <class T>
  bool compound(SharedList<T>& list) {
    std::uint64_t n = 0;
    const std::string_view from = in_;
    if (!natural(n)) return false;
    if (n == list_as_before) return as_before(list);
    in_ = from;
    std::vector<T> items;
    if (!compound(items)) return false;
    list = SharedList<T>(std::move(items));
    if (list.shared()) before_ = list.shared(), before_type_ = type_tag<T>();
    return true;
  }
  template <class T>
  bool as_before(SharedList<T>& list) {
    if (!before_ || before_type_ != type_tag<T>()) return false;
    list = SharedList<T>(std::static_pointer_cast<const std::vector<T>>(before_));
    if (list.size() > most_said_again - said_again_) return false;
    said_again_ += list.size();
    return true;
  }
  template <class T>
  static const void* type_tag() {
    static constexpr char tag = 0;
    return &tag;
  }
  template <class K, class V>
  bool compound(std::map<K, V>& values) {
    std::size_t n = 0;
    if (!count(n)) return false;
    values.clear();
    for (; n > 0; --n) {
      std::pair<K, V> entry;
      if (!get(entry.first) || !get(entry.second) || !values.insert(std::move(entry)).second) return false;
    }
    return true;
  }
  template <class T>
  bool compound(std::optional<T>& value) {
    bool there = false;
    if (!get(there)) return false;
    if (!there) {
      value.reset();
      return true;
    }
    T held{};  // not emplace: g++ 12 at -O3 warns of destroying what the optional never held
    if (!get(held)) return false;
    value = std::move(held);
    return true;
  }
  template <class T>
  bool compound(std::shared_ptr<T>& value) {
    bool there = false;
    if (!get(there)) return false;
    value.reset();
    if (!there) return true;
    auto made = std::make_shared<std::remove_const_t<T>>();
    if (!get(*made)) return false;
    value = std::move(made);
    return true;
  }
  template <class... T>
  bool compound(std::variant<T...>& value) {
    std::size_t index = 0;
    if (!natural(index) || index >= sizeof...(T)) return false;
    return alternative(value, index, std::index_sequence_for<T...>{});
  }
  template <class V, std::size_t... I>
  bool alternative(V& value, std::size_t index, std::index_sequence<I...>) {
    bool fits = false;
    ((index == I ? (fits = get(value.template emplace<I>()), 0) : 0), ...);
    return fits;
  }

  /// Elements that a count alone takes memory for.
  static constexpr std::size_t most_reserved = 256;

  std::string_view in_;
  std::shared_ptr<const void> before_ = {};  ///< The shared list that was read last,
  const void* before_type_ = nullptr;        ///< and what of.
  std::size_t said_again_ = 0;
  bool bad_ = false;
};

/// Messages are written to where others were before, and copied: each would take memory several times while it grows.
inline Encoder& empty_encoder() {
  thread_local Encoder encoder;
  encoder.clear();
  return encoder;
}

template <class T>
std::string encode(const T& value) {
  Encoder& encoder = empty_encoder();
  encoder.put(value);
  return encoder.copy();
}

/// What `encode(Variant(alternative))` gives.
template <class Variant, class T>
std::string encode_as(const T& alternative) {
  Encoder& encoder = empty_encoder();
  encoder.put_as<Variant>(alternative);
  return encoder.copy();
}

template <class T>
formats::Result<T> decode(std::string_view bytes) {
  Decoder decoder(bytes);
  T value;
  if (!decoder.get(value))
    return formats::Error{"a message of the cluster is damaged, or of another version of dflow"};
  if (!decoder.at_end())
    return formats::Error{"a message of the cluster has bytes left over: it is of another version of dflow"};
  return value;
}

}  // namespace dflow::core
