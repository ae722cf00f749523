// Serialize for the standard's containers and variants. Included by <dflow/serialize.h>.
// All containers are a count and the elements. An element takes at least one byte (one that writes none is
// followed by a zero byte), so that a count can always be checked against the bytes that are left before
// memory is taken.
// Classes of the standard are told by their members, not by their names: including their headers would cost
// each user of dflow a third more to parse.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <dflow/detail/serialize_basic.h>

namespace dflow::inline v0 {

namespace detail {

template <class T>
void write_element(Writer& out, const T& element) {
  const std::size_t before = out.size();
  out.write(element);
  if (out.size() == before) write_flag(out, false);
}

template <class T>
T read_element(Reader& in) {
  const std::size_t before = in.position();
  T element = in.read<T>();
  if (in.position() == before && read_flag(in)) in.fail("has 1 where 0 must follow an empty element");
  return element;
}

/// How many of `count` elements to make room for at once: no more memory than there are bytes left to read.
template <class T>
std::size_t first_reservation(const Reader& in, std::size_t count) {
  const std::size_t most = in.remaining() / sizeof(T) + 1;
  return count < most ? count : most;
}

template <class Container>
void write_elements(Writer& out, const Container& elements) {
  const auto nesting = out.nest();
  out.write_count(elements.size());
  for (const auto& element : elements) write_element<typename Container::value_type>(out, element);
}

template <class Container>
void write_block(Writer& out, const Container& elements) {
  out.write_count(elements.size());
  out.write_part(std::as_bytes(std::span(elements.data(), elements.size())));
}

/// Makes room for `count` elements that are about to be overwritten, and leaves them as they are; false if the
/// library offers no way.
template <class Container>
bool grow_unwritten(Container&, std::size_t) {
  return false;
}
#if defined(__GLIBCXX__) && !defined(_GLIBCXX_DEBUG) && !defined(_GLIBCXX_SANITIZE_VECTOR)
/// Sets the end that libstdc++'s vector remembers. Flat elements come to life with their memory, and nothing of them
/// is read before it is written.
template <class T>
struct UnwrittenVector : std::vector<T> {
  static void set_size(std::vector<T>& elements, std::size_t count) {
    auto& memory = elements.*(&UnwrittenVector::_M_impl);
    memory._M_finish = memory._M_start + count;
  }
};
template <class T>
bool grow_unwritten(std::vector<T>& elements, std::size_t count) {
  elements.reserve(count);
  UnwrittenVector<T>::set_size(elements, count);
  return true;
}
#endif

/// Fills a string or vector of flat elements. Where it has to be grown the usual way, it is step by step: that
/// initialises memory while it is in the cache, where growing it at once would walk through a large payload twice.
template <class Container>
Container read_block(Reader& in) {
  using T = typename Container::value_type;
  const std::size_t count = in.read_count(sizeof(T));
  const std::size_t step = in.step() / sizeof(T) + 1;
  Container elements;
  if (grow_unwritten(elements, count)) {
    in.read_payload(std::as_writable_bytes(std::span(elements.data(), count)));
    return elements;
  }
  elements.reserve(count);
  for (std::size_t done = 0; done < count;) {
    const std::size_t now = step < count - done ? step : count - done;
    elements.resize(done + now);
    in.read_payload(std::as_writable_bytes(std::span(elements.data() + done, now)));
    done += now;
  }
  return elements;
}

/// Vectors, deques and lists.
template <class Container>
Container read_sequence(Reader& in) {
  using T = typename Container::value_type;
  const auto nesting = in.nest();
  const std::size_t count = in.read_count();
  Container elements;
  if constexpr (requires { elements.reserve(count); }) elements.reserve(first_reservation<T>(in, count));
  for (std::size_t i = 0; i < count; ++i) elements.push_back(read_element<T>(in));
  return elements;
}

/// Sets and maps, ordered or not, with equal keys or not. `Element` is the value type with a key that can be
/// moved.
template <class Container, class Element>
Container read_keyed(Reader& in) {
  const auto nesting = in.nest();
  const std::size_t count = in.read_count();
  Container elements;
  if constexpr (requires { elements.reserve(count); })
    elements.reserve(first_reservation<Element>(in, count));
  for (std::size_t i = 0; i < count; ++i) elements.emplace_hint(elements.end(), read_element<Element>(in));
  if (elements.size() != count) in.fail("has a set or map with a key twice");
  return elements;
}

template <class T>
concept Block = Flat<T> && std::default_initializable<T>;

// ---- what a class of the standard is, by its members
// -----------------------------------------------------------------

template <class T>
concept OfStd = std::is_class_v<T> && printed_type<T>().substr(0, 5) == "std::";

/// No view: owns its elements.
template <class T>
concept StdContainer = OfStd<T> && requires(const T& c) {
  typename T::allocator_type;
  typename T::value_type;
  { c.size() } -> std::same_as<std::size_t>;
  c.begin();
};

template <class T>
concept StdSequence = StdContainer<T> && requires(T& c) { c.pop_back(); };
template <class T>
concept StdSet =
    StdContainer<T> && requires { typename T::key_type; } && !requires { typename T::mapped_type; };
template <class T>
concept StdMap = StdContainer<T> && requires { typename T::mapped_type; };
template <class T>
concept StdComplex = OfStd<T> && requires(const T& z) {
  typename T::value_type;
  z.real();
  z.imag();
};
template <class T>
concept StdVariant = OfStd<T> && requires(const T& v) { v.valueless_by_exception(); };
template <class T>
concept StdBitset = OfStd<T> && requires(const T& b) { b.to_ullong(); };
template <class T>
concept StdValarray = OfStd<T> && requires(T& v) {
  typename T::value_type;
  v.cshift(1);
};
template <class T>
concept StdPath = OfStd<T> && requires(const T& p) {
  p.native();
  p.root_directory();
};

template <StdSequence T>
struct Automatic<T> {
  using parts = Types<typename T::value_type>;
  static void write(Writer& out, const T& elements) { write_elements(out, elements); }
  static T read(Reader& in) { return read_sequence<T>(in); }
};

template <StdSet T>
struct Automatic<T> {
  using parts = Types<typename T::key_type>;
  static void write(Writer& out, const T& elements) { write_elements(out, elements); }
  static T read(Reader& in) { return read_keyed<T, typename T::key_type>(in); }
};

template <StdMap T>
struct Automatic<T> {
  using parts = Types<typename T::key_type, typename T::mapped_type>;
  static void write(Writer& out, const T& elements) { write_elements(out, elements); }
  static T read(Reader& in) {
    return read_keyed<T, std::pair<typename T::key_type, typename T::mapped_type>>(in);
  }
};

template <StdComplex T>
struct Automatic<T> {
  using Real = typename T::value_type;
  using parts = Types<Real>;
  static constexpr bool flat = Flat<Real>;
  static void write(Writer& out, const T& value) {
    out.write(Real(value.real()));
    out.write(Real(value.imag()));
  }
  static T read(Reader& in) {
    const Real real = in.read<Real>();
    return T(real, in.read<Real>());
  }
};

template <class T>
struct AutomaticVariant;

template <template <class...> class Variant, class... Ts>
struct AutomaticVariant<Variant<Ts...>> {
  using T = Variant<Ts...>;
  using parts = Types<Ts...>;

  static void write(Writer& out, const T& value) {
    if (value.valueless_by_exception())
      throw SerializeError("a std::variant that lost its value to an exception cannot be serialised");
    write_little_endian(out, static_cast<std::uint32_t>(value.index()));
    write_alternative(out, value, std::index_sequence_for<Ts...>());
  }
  static T read(Reader& in) {
    const auto index = read_little_endian<std::uint32_t>(in);
    if (index >= sizeof...(Ts)) in.fail("names alternative " + std::to_string(index) + " of a variant");
    return read_alternative(in, index, std::index_sequence_for<Ts...>());
  }

 private:
  template <std::size_t... I>
  static void write_alternative(Writer& out, const T& value, std::index_sequence<I...>) {
    const auto write_if = [&out](const auto* alternative) {
      if (alternative != nullptr) out.write(*alternative);
    };
    (write_if(get_if<I>(&value)), ...);
  }
  template <std::size_t... I>
  static T read_alternative(Reader& in, std::size_t index, std::index_sequence<I...>) {
    using Read = T (*)(Reader&);
    static constexpr Read readers[] = {
        [](Reader& from) { return T(std::in_place_index<I>, from.read<Ts>()); }...};
    return readers[index](in);
  }
};

template <StdVariant T>
struct Automatic<T> : AutomaticVariant<T> {};

/// As text of zeros and ones.
template <StdBitset T>
struct Automatic<T> {
  using parts = Types<>;
  static void write(Writer& out, const T& bits) { out.write(bits.to_string()); }
  static T read(Reader& in) {
    const auto text = in.read<std::string>();
    if (text.size() != T().size() || text.find_first_not_of("01") != text.npos)
      in.fail("has no bits of a bitset");
    return T(text);
  }
};

template <StdValarray T>
struct Automatic<T> {
  using Element = typename T::value_type;
  using parts = Types<Element>;
  static void write(Writer& out, const T& elements) {
    out.write_count(elements.size());
    for (std::size_t i = 0; i < elements.size(); ++i) write_element<Element>(out, elements[i]);
  }
  static T read(Reader& in) {
    const auto elements = read_sequence<std::vector<Element>>(in);
    return T(elements.data(), elements.size());
  }
};

template <StdPath T>
struct Automatic<T> {
  using parts = Types<>;
  static void write(Writer& out, const T& path) { out.write(path.native()); }
  static T read(Reader& in) { return T(in.read<typename T::string_type>()); }
};

}  // namespace detail

template <class Char, class Traits, class Allocator>
struct Serialize<std::basic_string<Char, Traits, Allocator>> {
  using parts = detail::Types<Char>;
  using String = std::basic_string<Char, Traits, Allocator>;
  static void write(Writer& out, const String& text) {
    if constexpr (detail::Block<Char>) return detail::write_block(out, text);
    return detail::write_elements(out, text);
  }
  static String read(Reader& in) {
    if constexpr (detail::Block<Char>) return detail::read_block<String>(in);
    return detail::read_sequence<String>(in);
  }
};

template <class T, class Allocator>
struct Serialize<std::vector<T, Allocator>> {
  using parts = detail::Types<T>;
  using Vector = std::vector<T, Allocator>;
  static void write(Writer& out, const Vector& elements) {
    if constexpr (detail::Block<T>) {
      detail::write_block(out, elements);
    } else {
      detail::write_elements(out, elements);
    }
  }
  static Vector read(Reader& in) {
    if constexpr (detail::Block<T>) return detail::read_block<Vector>(in);
    return detail::read_sequence<Vector>(in);
  }
};

/// The elements without a count.
template <class T, std::size_t N>
struct Serialize<std::array<T, N>> {
  using parts = detail::Types<T>;
  using Array = std::array<T, N>;
  static constexpr bool flat = detail::Flat<T> && N > 0 && sizeof(Array) == N * sizeof(T);

  static void write([[maybe_unused]] Writer& out, const Array& elements) {
    if constexpr (flat) {
      out.write_part(std::as_bytes(std::span(elements)));
    } else {
      for (const T& element : elements) out.write(element);
    }
  }
  static Array read([[maybe_unused]] Reader& in) {
    if constexpr (flat && std::default_initializable<T>) {
      Array elements;
      in.read_payload(std::as_writable_bytes(std::span(elements)));
      return elements;
    } else if constexpr (std::default_initializable<T> && std::is_move_assignable_v<T>) {
      Array elements{};
      for (T& element : elements) element = in.read<T>();
      return elements;
    } else {
      return [&in]<std::size_t... I>(std::index_sequence<I...>) {
        return Array{(static_cast<void>(I), in.read<T>())...};
      }(std::make_index_sequence<N>{});
    }
  }
};

}  // namespace dflow::inline v0
