// Serialize for numbers, enumerations and the standard's small types. Included by <dflow/serialize.h>.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <dflow/detail/serialize_reader.h>

namespace dflow::inline v0 {

namespace detail {

/// The compilers' integers of 128 bits, which are arithmetic for the library only with -std=gnu++20.
#ifdef __SIZEOF_INT128__
__extension__ using Int128 = __int128;
__extension__ using UnsignedInt128 = unsigned __int128;
template <class T>
concept WideInteger = std::same_as<T, Int128> || std::same_as<T, UnsignedInt128>;
#else
template <class T>
concept WideInteger = false;
#endif

/// Numbers whose every bit pattern is a value and whose bytes have no padding: not bool, not long double.
template <class T>
concept PlainNumber = WideInteger<T> || (std::is_arithmetic_v<T> && !std::same_as<T, bool> &&
                                         !std::same_as<T, long double> && std::same_as<T, std::remove_cv_t<T>>);

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

}  // namespace detail

template <class T>
  requires detail::PlainNumber<T> || detail::PlainEnum<T>
struct Serialize<T> {
  using parts = detail::Types<>;
  static constexpr bool flat = true;
  static void write(Writer& out, const T& value) { detail::write_little_endian(out, value); }
  static T read(Reader& in) { return detail::read_little_endian<T>(in); }
};

template <>
struct Serialize<bool> {
  using parts = detail::Types<>;
  static void write(Writer& out, bool value) { detail::write_flag(out, value); }
  static bool read(Reader& in) { return detail::read_flag(in); }
};

template <class T>
  requires std::is_enum_v<T> && std::same_as<std::underlying_type_t<T>, bool>
struct Serialize<T> {
  using parts = detail::Types<>;
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

template <class Rep, class Period>
struct Serialize<std::chrono::duration<Rep, Period>> {
  using parts = detail::Types<Rep>;
  using Duration = std::chrono::duration<Rep, Period>;
  static constexpr bool flat = detail::Flat<Rep>;
  static void write(Writer& out, const Duration& value) { out.write(value.count()); }
  static Duration read(Reader& in) { return Duration(in.read<Rep>()); }
};

template <class Clock, class Duration>
struct Serialize<std::chrono::time_point<Clock, Duration>> {
  using parts = detail::Types<Duration>;
  using TimePoint = std::chrono::time_point<Clock, Duration>;
  static constexpr bool flat = detail::Flat<Duration>;
  static void write(Writer& out, const TimePoint& value) { out.write(value.time_since_epoch()); }
  static TimePoint read(Reader& in) { return TimePoint(in.read<Duration>()); }
};

template <class A, class B>
struct Serialize<std::pair<A, B>> {
  using parts = detail::Types<A, B>;
  static void write(Writer& out, const std::pair<A, B>& value) {
    out.write(value.first);
    out.write(value.second);
  }
  static std::pair<A, B> read(Reader& in) {
    return std::pair<A, B>{in.read<detail::Plain<A>>(), in.read<detail::Plain<B>>()};
  }
};

template <class... Ts>
struct Serialize<std::tuple<Ts...>> {
  using parts = detail::Types<Ts...>;
  static void write([[maybe_unused]] Writer& out, const std::tuple<Ts...>& value) {
    std::apply([&](const Ts&... elements) { (out.write(elements), ...); }, value);
  }
  static std::tuple<Ts...> read([[maybe_unused]] Reader& in) {
    return std::tuple<Ts...>{in.read<detail::Plain<Ts>>()...};  // braces: left to right
  }
};

template <class T>
struct Serialize<std::optional<T>> {
  using parts = detail::Types<T>;
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

namespace detail {

/// What a unique_ptr to T may hold that nobody knows: an object of a class derived from T, an array of some
/// length.
template <class T>
class DerivedOrArray {
  DerivedOrArray();
};
template <class T>
struct PointeeParts {
  using type = Types<DerivedOrArray<T>>;
};
template <class T>
  requires(!std::is_array_v<T> && (!std::is_polymorphic_v<T> || std::is_final_v<T>))
struct PointeeParts<T> {
  using type = Types<T>;
};

}  // namespace detail

template <class T>
struct Serialize<std::unique_ptr<T>> {
  using parts = typename detail::PointeeParts<T>::type;
  static void write(Writer& out, const std::unique_ptr<T>& value) {
    const auto nesting = out.nest();
    detail::write_flag(out, value != nullptr);
    if (value) out.write(*value);
  }
  static std::unique_ptr<T> read(Reader& in) {
    const auto nesting = in.nest();
    if (!detail::read_flag(in)) return nullptr;
    return std::make_unique<T>(in.read<detail::Plain<T>>());
  }
};

namespace detail {

/// The standard's and dflow's exceptions that are a text and nothing more.
template <class T>
concept TextException =
    (std::derived_from<T, std::runtime_error> || std::derived_from<T, std::logic_error>) &&
    std::constructible_from<T, std::string> &&
    (printed_type<T>().substr(0, 5) == "std::" || printed_type<T>().substr(0, 7) == "dflow::");

}  // namespace detail

template <detail::TextException T>
struct Serialize<T> {
  using parts = detail::Types<>;
  static void write(Writer& out, const T& error) { out.write(std::string(error.T::what())); }
  static T read(Reader& in) { return T(in.read<std::string>()); }
};

/// The standard's exceptions that say nothing but their type.
template <class T>
  requires(std::derived_from<T, std::exception> && sizeof(T) == sizeof(std::exception) &&
           std::default_initializable<T> && detail::printed_type<T>().substr(0, 5) == "std::")
struct Serialize<T> {
  using parts = detail::Types<>;
  static void write(Writer&, const T&) {}
  static T read(Reader&) { return {}; }
};

}  // namespace dflow::inline v0
