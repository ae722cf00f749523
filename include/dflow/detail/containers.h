// Containers that hold futures, at any depth: which they are, and what a task gets instead of them.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <dflow/future.h>

namespace dflow::inline v0::detail {

/// For an argument of decayed type A: does it hold futures, what is it once they have arrived (`type`), who are the
/// producers (`visit`), how is it built (`take`). This one: a plain value.
template <class A>
struct Arrival {
  static constexpr bool holds_futures = false;
  using type = A;
  template <class Visitor>
  static void visit(const A&, Visitor&&) {}
  static A take(A& value, bool may_move) {
    if constexpr (is_copyable_v<A>) {
      if (!may_move) return value;
    }
    return std::move(value);
  }
};

template <class T>
struct Arrival<Future<T>> {
  static_assert(!std::is_void_v<T>, "dflow: Future<void> is no argument: name it in TaskOptions::after");
  static constexpr bool holds_futures = true;
  using type = Stored<T>;  // a container of `void` would be reported many times over
  template <class Visitor>
  static void visit(const Future<T>& future, Visitor&& visitor) {
    visitor(future);
  }
  static type take(Future<T>& future, bool may_move) {
    return static_cast<Value<T>&>(*node_of(future)).take(may_move);
  }
};

/// A sequence of values that each arrive on their own.
template <class From, class To, class Element>
struct SequenceArrival {
  static constexpr bool holds_futures = true;
  using type = To;
  template <class Visitor>
  static void visit(const From& from, Visitor&& visitor) {
    for (const auto& element : from) Arrival<Element>::visit(element, visitor);
  }
};

template <class X, class Allocator>
  requires(Arrival<X>::holds_futures)
struct Arrival<std::vector<X, Allocator>>
    : SequenceArrival<std::vector<X, Allocator>, std::vector<typename Arrival<X>::type>, X> {
  static std::vector<typename Arrival<X>::type> take(std::vector<X, Allocator>& from, bool may_move) {
    std::vector<typename Arrival<X>::type> to;
    to.reserve(from.size());
    for (X& x : from) to.push_back(Arrival<X>::take(x, may_move));
    return to;
  }
};

template <class X, std::size_t N>
  requires(Arrival<X>::holds_futures)
struct Arrival<std::array<X, N>> : SequenceArrival<std::array<X, N>, std::array<typename Arrival<X>::type, N>, X> {
  static std::array<typename Arrival<X>::type, N> take(std::array<X, N>& from, bool may_move) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<typename Arrival<X>::type, N>{Arrival<X>::take(from[I], may_move)...};
    }(std::make_index_sequence<N>());
  }
};

template <class X>
  requires(Arrival<X>::holds_futures)
struct Arrival<std::optional<X>> {
  static constexpr bool holds_futures = true;
  using type = std::optional<typename Arrival<X>::type>;
  template <class Visitor>
  static void visit(const std::optional<X>& from, Visitor&& visitor) {
    if (from) Arrival<X>::visit(*from, visitor);
  }
  static type take(std::optional<X>& from, bool may_move) {
    if (!from) return std::nullopt;
    return Arrival<X>::take(*from, may_move);
  }
};

template <class A, class B>
  requires(Arrival<A>::holds_futures || Arrival<B>::holds_futures)
struct Arrival<std::pair<A, B>> {
  static constexpr bool holds_futures = true;
  using type = std::pair<typename Arrival<A>::type, typename Arrival<B>::type>;
  template <class Visitor>
  static void visit(const std::pair<A, B>& from, Visitor&& visitor) {
    Arrival<A>::visit(from.first, visitor);
    Arrival<B>::visit(from.second, visitor);
  }
  static type take(std::pair<A, B>& from, bool may_move) {
    return {Arrival<A>::take(from.first, may_move), Arrival<B>::take(from.second, may_move)};
  }
};

template <class... X>
  requires((Arrival<X>::holds_futures || ...))
struct Arrival<std::tuple<X...>> {
  static constexpr bool holds_futures = true;
  using type = std::tuple<typename Arrival<X>::type...>;
  template <class Visitor>
  static void visit(const std::tuple<X...>& from, Visitor&& visitor) {
    std::apply([&](const X&... x) { (Arrival<X>::visit(x, visitor), ...); }, from);
  }
  static type take(std::tuple<X...>& from, bool may_move) {
    return std::apply([&](X&... x) { return type{Arrival<X>::take(x, may_move)...}; }, from);
  }
};

template <class K, class X, class Less, class Allocator>
  requires(Arrival<X>::holds_futures)
struct Arrival<std::map<K, X, Less, Allocator>> {
  static constexpr bool holds_futures = true;
  using type = std::map<K, typename Arrival<X>::type, Less>;
  template <class Visitor>
  static void visit(const std::map<K, X, Less, Allocator>& from, Visitor&& visitor) {
    for (const auto& [key, x] : from) Arrival<X>::visit(x, visitor);
  }
  static type take(std::map<K, X, Less, Allocator>& from, bool may_move) {
    type to;
    for (auto& [key, x] : from) to.emplace_hint(to.end(), key, Arrival<X>::take(x, may_move));
    return to;
  }
};

}  // namespace dflow::inline v0::detail
