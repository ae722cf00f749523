// Serialize for numbers, enumerations and the standard's small types. Included by <dflow/serialize.h>.
#pragma once

#include <array>
#include <chrono>
#include <complex>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include <dflow/detail/serialize_core.h>

namespace dflow::inline v0 {

namespace detail {

/// Numbers whose every bit pattern is a value and whose bytes have no padding: not bool, not long double.
template <class T>
concept PlainNumber = std::is_arithmetic_v<T> && !std::same_as<T, bool> && !std::same_as<T, long double> &&
                      std::same_as<T, std::remove_cv_t<T>>;

template <class T>
concept PlainEnum = std::is_enum_v<T> && PlainNumber<std::underlying_type_t<T>>;

/// The first byte of an optional or a pointer, and a bool: 0 or 1, nothing else.
inline bool read_flag(Reader& in) {
  const auto flag = std::to_integer<unsigned>(in.read_bytes(1)[0]);
  if (flag > 1) in.fail("has " + std::to_string(flag) + " where 0 or 1 must be");
  return flag == 1;
}

inline void write_flag(Writer& out, bool flag) {
  const std::byte byte{flag};
  out.write_bytes({&byte, 1});
}

template <class T>
using Plain = std::remove_const_t<T>;

}  // namespace detail

template <class T>
  requires detail::PlainNumber<T> || detail::PlainEnum<T>
struct Serialize<T> {
  static constexpr bool flat = true;
  static void write(Writer& out, const T& value) { detail::write_little_endian(out, value); }
  static T read(Reader& in) { return detail::read_little_endian<T>(in); }
};

template <>
struct Serialize<bool> {
  static void write(Writer& out, bool value) { detail::write_flag(out, value); }
  static bool read(Reader& in) { return detail::read_flag(in); }
};

template <class T>
  requires std::is_enum_v<T> && std::same_as<std::underlying_type_t<T>, bool>
struct Serialize<T> {
  static void write(Writer& out, T value) { detail::write_flag(out, static_cast<bool>(value)); }
  static T read(Reader& in) { return static_cast<T>(detail::read_flag(in)); }
};

/// The 10 bytes of x87's format; elsewhere all of them. Padding is not sent.
template <>
struct Serialize<long double> {
  static constexpr std::size_t bytes =
      std::numeric_limits<long double>::digits == 64 ? 10 : sizeof(long double);
  static void write(Writer& out, long double value) { detail::write_little_endian(out, value, bytes); }
  static long double read(Reader& in) { return detail::read_little_endian<long double>(in, bytes); }
};

template <>
struct Serialize<std::monostate> {
  static void write(Writer&, std::monostate) {}
  static std::monostate read(Reader&) { return {}; }
};

template <Serializable T>
struct Serialize<std::complex<T>> {
  static constexpr bool flat = detail::Flat<T>;
  static void write(Writer& out, const std::complex<T>& value) {
    out.write(value.real());
    out.write(value.imag());
  }
  static std::complex<T> read(Reader& in) {
    const T real = in.read<T>();
    return {real, in.read<T>()};
  }
};

template <Serializable Rep, class Period>
struct Serialize<std::chrono::duration<Rep, Period>> {
  using Duration = std::chrono::duration<Rep, Period>;
  static constexpr bool flat = detail::Flat<Rep>;
  static void write(Writer& out, const Duration& value) { out.write(value.count()); }
  static Duration read(Reader& in) { return Duration(in.read<Rep>()); }
};

template <class Clock, Serializable Duration>
struct Serialize<std::chrono::time_point<Clock, Duration>> {
  using TimePoint = std::chrono::time_point<Clock, Duration>;
  static constexpr bool flat = detail::Flat<Duration>;
  static void write(Writer& out, const TimePoint& value) { out.write(value.time_since_epoch()); }
  static TimePoint read(Reader& in) { return TimePoint(in.read<Duration>()); }
};

template <class A, class B>
  requires Serializable<detail::Plain<A>> && Serializable<detail::Plain<B>>
struct Serialize<std::pair<A, B>> {
  static void write(Writer& out, const std::pair<A, B>& value) {
    out.write(value.first);
    out.write(value.second);
  }
  static std::pair<A, B> read(Reader& in) {
    return std::pair<A, B>{in.read<detail::Plain<A>>(), in.read<detail::Plain<B>>()};
  }
};

template <class... Ts>
  requires(Serializable<detail::Plain<Ts>> && ...)
struct Serialize<std::tuple<Ts...>> {
  static void write([[maybe_unused]] Writer& out, const std::tuple<Ts...>& value) {
    std::apply([&](const Ts&... elements) { (out.write(elements), ...); }, value);
  }
  static std::tuple<Ts...> read([[maybe_unused]] Reader& in) {
    return std::tuple<Ts...>{in.read<detail::Plain<Ts>>()...};  // braces: left to right
  }
};

template <Serializable T>
struct Serialize<std::optional<T>> {
  static void write(Writer& out, const std::optional<T>& value) {
    detail::write_flag(out, value.has_value());
    if (value) out.write(*value);
  }
  static std::optional<T> read(Reader& in) {
    std::optional<T> value;
    if (detail::read_flag(in)) value.emplace(in.read<T>());
    return value;
  }
};

template <Serializable T>
struct Serialize<std::unique_ptr<T>> {
  static void write(Writer& out, const std::unique_ptr<T>& value) {
    const auto nesting = out.nest();
    detail::write_flag(out, value != nullptr);
    if (value) out.write(*value);
  }
  static std::unique_ptr<T> read(Reader& in) {
    const auto nesting = in.nest();
    if (!detail::read_flag(in)) return nullptr;
    return std::make_unique<T>(in.read<T>());
  }
};

template <Serializable... Ts>
struct Serialize<std::variant<Ts...>> {
  using Variant = std::variant<Ts...>;

  static void write(Writer& out, const Variant& value) {
    if (value.valueless_by_exception())
      throw SerializeError("a std::variant that lost its value to an exception cannot be serialised");
    out.write(static_cast<std::uint32_t>(value.index()));
    std::visit([&out](const auto& alternative) { out.write(alternative); }, value);
  }
  static Variant read(Reader& in) {
    const auto index = in.read<std::uint32_t>();
    if (index >= sizeof...(Ts)) in.fail("names alternative " + std::to_string(index) + " of a variant");
    return read_alternative(in, index, std::index_sequence_for<Ts...>{});
  }

 private:
  template <std::size_t... I>
  static Variant read_alternative(Reader& in, std::size_t index, std::index_sequence<I...>) {
    using Read = Variant (*)(Reader&);
    static constexpr Read readers[] = {
        [](Reader& from) { return Variant(std::in_place_index<I>, from.read<Ts>()); }...};
    return readers[index](in);
  }
};

}  // namespace dflow::inline v0
