// What serialising rests on: Serialize<T>, the point to customise, and which types can be sent. Included by
// <dflow/serialize.h>.
#pragma once

#include <bit>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include <dflow/errors.h>

namespace dflow::inline v0 {

/// Bytes that are no value of the type that is read, or a value that has no bytes (a valueless variant).
class SerializeError : public Error {
 public:
  using Error::Error;
};

class Writer;
class Reader;

namespace detail {

/// What Serialize<T> does where nobody says otherwise: empty for types that cannot be sent.
template <class T>
struct Automatic {};

template <class...>
struct Types {};

}  // namespace detail

/// Specialise it to send your own type; read back in the order of writing:
///
///     template <>
///     struct dflow::Serialize<Point> {
///       static void write(Writer& out, const Point& p) { out.write(p.x); out.write(p.y); }
///       static Point read(Reader& in) { const auto x = in.read<double>(); return {x, in.read<double>()}; }
///     };
///
/// `read` must throw SerializeError for bytes that are no value; Reader does so for bytes that are missing.
/// Optional members:
/// `static constexpr bool flat = true`: the object's bytes in memory are what `write` appends (no padding, no
/// pointers, every bit pattern a value): containers then copy whole blocks.
/// `static constexpr bool borrows = true`: whatever `write` hands to the Writer as an lvalue is part of the
/// value and lives as long as it: large payloads in it can then be sent from where they are. Without it they
/// are copied, so that `write` may use local variables.
template <class T>
struct Serialize : detail::Automatic<T> {};

namespace detail {

template <class T>
concept HasSerializer = requires(Writer& out, Reader& in, const T& value) {
  Serialize<T>::write(out, value);
  { Serialize<T>::read(in) } -> std::same_as<T>;
};

template <class T>
concept Flat = std::is_trivially_copyable_v<T> && std::endian::native == std::endian::little &&
               requires { requires Serialize<T>::flat; };

/// `parts`: the types that Serialize<T> hands on to, where it is one of dflow's own.
template <class T>
concept HasParts = requires { typename Serialize<T>::parts; };

template <class T>
concept Borrows = HasParts<T> || requires { requires Serialize<T>::borrows; };

template <class T>
using Plain = std::remove_cv_t<T>;

template <class T>
struct PartsOf {
  using type = Types<>;
};
template <HasParts T>
struct PartsOf<T> {
  using type = typename Serialize<T>::parts;
};

/// Looks at `Todo` and all that they are made of, each type once, so that a tree's nodes may hold nodes.
/// `obstacle` is the first type that cannot be sent, `holder` the one that holds it; void if there is none.
template <class Todo, class Done>
struct Walk;

template <class Done>
struct Walk<Types<>, Done> {
  using obstacle = void;
  using holder = void;
};

/// A type and what holds it.
template <class T, class Holder>
struct Step;

template <class T, class Holder>
struct Stuck {
  using obstacle = T;
  using holder = Holder;
};

template <class Parts, class Holder, class Rest>
struct Prepend;
template <class... P, class Holder, class... Rest>
struct Prepend<Types<P...>, Holder, Types<Rest...>> {
  using type = Types<Step<Plain<std::remove_all_extents_t<P>>, Holder>..., Rest...>;
};

template <class T, class Holder, class Rest, class... Done>
constexpr auto walk_on() {
  if constexpr ((std::is_same_v<T, Done> || ...)) {
    return std::type_identity<Walk<Rest, Types<Done...>>>();
  } else if constexpr (HasSerializer<T>) {
    using Todo = typename Prepend<typename PartsOf<T>::type, T, Rest>::type;
    return std::type_identity<Walk<Todo, Types<T, Done...>>>();
  } else {
    return std::type_identity<Stuck<T, Holder>>();
  }
}

template <class T, class Holder, class... Rest, class... Done>
struct Walk<Types<Step<T, Holder>, Rest...>, Types<Done...>>
    : decltype(walk_on<T, Holder, Types<Rest...>, Done...>())::type {};

template <class T>
using WalkFrom = Walk<Types<Step<T, T>>, Types<>>;

template <class T>
consteval std::string_view printed_type() {
  std::string_view text = __PRETTY_FUNCTION__;
#if defined(__clang__)
  text.remove_prefix(text.find("[T = ") + 5);
#else
  text.remove_prefix(text.find("with T = ") + 9);
  if (const auto end = text.find("; std::string_view"); end != text.npos) return text.substr(0, end);
#endif
  return text.substr(0, text.size() - 1);
}

}  // namespace detail

/// T can be sent to another process: it and all that it is made of. Ask in the body of a function template:
/// dflowc says at the end of a translation unit how its classes are taken apart.
template <class T>
concept Serializable = std::is_void_v<typename detail::WalkFrom<T>::obstacle>;

namespace detail {

/// T, or something that it is made of, cannot be sent; types that were `Seen` are passed over.
template <class T, class... Seen>
inline constexpr bool leads_to_obstacle = !std::is_void_v<typename Walk<Types<Step<T, T>>, Types<Seen...>>::obstacle>;

template <class T, class... Seen>
std::string way_to_obstacle();

template <class Part, class... Seen>
bool add_way_through(std::string& text) {
  if constexpr (leads_to_obstacle<Part, Seen...>) {
    text = " holds '" + std::string(printed_type<Part>()) + "'";
    const std::string further = way_to_obstacle<Part, Seen...>();
    if (!further.empty()) text += ", which" + further;
    return true;
  } else {
    return false;
  }
}

/// " holds 'Tree', which holds 'Node*'": from T to what cannot be sent; empty if that is T.
template <class T, class... Seen>
std::string way_to_obstacle() {
  std::string text;
  if constexpr (HasSerializer<T>) {
    [&]<class... P>(Types<P...>) {
      static_cast<void>((add_way_through<Plain<std::remove_all_extents_t<P>>, T, Seen...>(text) || ...));
    }(typename PartsOf<T>::type());
  }
  return text;
}

/// "'Counts' cannot be sent to another process: it holds 'Tree', which holds 'Node*'"; of a type that is not
/// Serializable.
template <class T>
std::string why_not_serializable() {
  const std::string way = way_to_obstacle<T>();
  return "'" + std::string(printed_type<T>()) + "' cannot be sent to another process" +
         (way.empty() ? "" : ": it" + way) + " (specialise dflow::Serialize, or compile with dflowc)";
}

}  // namespace detail

}  // namespace dflow::inline v0
