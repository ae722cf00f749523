// Serialize for the standard's containers. Included by <dflow/serialize.h>.
// All of them are a count and the elements. An element takes at least one byte (one that writes none is
// followed by a zero byte), so that a count can always be checked against the bytes that are left before
// memory is taken.
#pragma once

#include <deque>
#include <list>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
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
  return std::min(count, in.remaining() / sizeof(T) + 1);
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
  out.write_payload(std::as_bytes(std::span(elements.data(), elements.size())));
}

/// Fills a string or vector of flat elements. Grows it page by page: that initialises memory while it is in
/// the cache, where growing it at once would walk through a large payload twice.
template <class Container>
Container read_block(Reader& in) {
  using T = typename Container::value_type;
  constexpr std::size_t step = std::max<std::size_t>(1, 16384 / sizeof(T));
  const std::size_t count = in.read_count(sizeof(T));
  const auto source = in.read_bytes(count * sizeof(T));
  Container elements;
  elements.reserve(count);
  for (std::size_t done = 0; done < count;) {
    const std::size_t now = std::min(step, count - done);
    elements.resize(done + now);
    std::memcpy(elements.data() + done, source.data() + done * sizeof(T), now * sizeof(T));
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

template <class Container>
struct SerializeSequence {
  static void write(Writer& out, const Container& elements) { write_elements(out, elements); }
  static Container read(Reader& in) { return read_sequence<Container>(in); }
};

template <class Container, class Element>
struct SerializeKeyed {
  static void write(Writer& out, const Container& elements) { write_elements(out, elements); }
  static Container read(Reader& in) { return read_keyed<Container, Element>(in); }
};

template <class T>
concept Block = Flat<T> && std::default_initializable<T>;

}  // namespace detail

template <class Char, class Traits, class Allocator>
  requires Serializable<Char>
struct Serialize<std::basic_string<Char, Traits, Allocator>> {
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

template <Serializable T, class Allocator>
struct Serialize<std::vector<T, Allocator>> {
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
template <Serializable T, std::size_t N>
struct Serialize<std::array<T, N>> {
  using Array = std::array<T, N>;
  static constexpr bool flat = detail::Flat<T> && N > 0 && sizeof(Array) == N * sizeof(T);

  static void write(Writer& out, const Array& elements) {
    if constexpr (flat) {
      out.write_payload(std::as_bytes(std::span(elements)));
    } else {
      for (const T& element : elements) out.write(element);
    }
  }
  static Array read(Reader& in) {
    if constexpr (flat && std::default_initializable<T>) {
      Array elements;
      std::memcpy(elements.data(), in.read_bytes(sizeof(Array)).data(), sizeof(Array));
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

template <Serializable T, class Allocator>
struct Serialize<std::deque<T, Allocator>> : detail::SerializeSequence<std::deque<T, Allocator>> {};

template <Serializable T, class Allocator>
struct Serialize<std::list<T, Allocator>> : detail::SerializeSequence<std::list<T, Allocator>> {};

template <Serializable K, class... Rest>
struct Serialize<std::set<K, Rest...>> : detail::SerializeKeyed<std::set<K, Rest...>, K> {};

template <Serializable K, class... Rest>
struct Serialize<std::multiset<K, Rest...>> : detail::SerializeKeyed<std::multiset<K, Rest...>, K> {};

template <Serializable K, class... Rest>
struct Serialize<std::unordered_set<K, Rest...>> : detail::SerializeKeyed<std::unordered_set<K, Rest...>, K> {
};

template <Serializable K, class... Rest>
struct Serialize<std::unordered_multiset<K, Rest...>>
    : detail::SerializeKeyed<std::unordered_multiset<K, Rest...>, K> {};

template <Serializable K, Serializable V, class... Rest>
struct Serialize<std::map<K, V, Rest...>> : detail::SerializeKeyed<std::map<K, V, Rest...>, std::pair<K, V>> {
};

template <Serializable K, Serializable V, class... Rest>
struct Serialize<std::multimap<K, V, Rest...>>
    : detail::SerializeKeyed<std::multimap<K, V, Rest...>, std::pair<K, V>> {};

template <Serializable K, Serializable V, class... Rest>
struct Serialize<std::unordered_map<K, V, Rest...>>
    : detail::SerializeKeyed<std::unordered_map<K, V, Rest...>, std::pair<K, V>> {};

template <Serializable K, Serializable V, class... Rest>
struct Serialize<std::unordered_multimap<K, V, Rest...>>
    : detail::SerializeKeyed<std::unordered_multimap<K, V, Rest...>, std::pair<K, V>> {};

}  // namespace dflow::inline v0
