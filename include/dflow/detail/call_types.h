// What is known of a call from its types alone: its parameters, what the runtime fills in, and dflow's rules.
#pragma once

#include <concepts>
#include <cstddef>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>

#include <dflow/detail/arguments.h>
#include <dflow/detail/export.h>
#include <dflow/detail/signature.h>

namespace dflow::inline v0 {
class Executor;
}

namespace dflow::inline v0::detail {

// ---- What the runtime fills in by itself ----------------------------------------------------------------------

template <class P>
inline constexpr bool is_filled_in_v =
    std::is_same_v<std::remove_cvref_t<P>, std::stop_token> || std::is_same_v<P, Executor&>;

/// How many leading parameters of a known signature are filled in when `given` arguments are passed; -1: they do not fit.
template <class S, std::size_t Given>
constexpr int leading_count() {
  if constexpr (!S::known) return 0;
  else if constexpr (S::count < Given) return -1;
  else {
    constexpr std::size_t leading = S::count - Given;
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return (is_filled_in_v<typename ParameterAt<S, I>::type> && ... && true) ? static_cast<int>(leading) : -1;
    }(std::make_index_sequence<leading>());
  }
}

/// The Executor that a task's body gets.
DFLOW_EXPORT Executor& executor_of_current_task();
DFLOW_EXPORT std::stop_token stop_token_of(Node& node);

template <class P>
decltype(auto) fill_in(Node& node) {
  if constexpr (std::is_same_v<P, Executor&>) {
    return executor_of_current_task();
  } else {
    return stop_token_of(node);
  }
}

// ---- Rules, each with the message that users see ---------------------------------------------------------------

template <class P>
inline constexpr bool is_mutable_reference_v =
    std::is_lvalue_reference_v<P> && !std::is_const_v<std::remove_reference_t<P>> && !std::is_same_v<P, Executor&>;

template <class S>
constexpr bool takes_mutable_reference() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return (is_mutable_reference_v<typename ParameterAt<S, I>::type> || ... || false);
  }(std::make_index_sequence<S::count>());
}

template <class A>
inline constexpr bool is_void_future_v = std::is_same_v<std::remove_cvref_t<A>, Future<void>>;

/// V is a pointer (perhaps a smart one) to an object that a member function of P's class can be called on.
template <class V, class P>
concept PointsTo = std::is_class_v<std::remove_cvref_t<P>> && !std::is_convertible_v<V, P> && requires(V& v) {
  { *v } -> std::convertible_to<const std::remove_cvref_t<P>&>;
};

/// The parameter for the I-th given argument. A member function's object may also be a pointer to it.
template <class S, std::size_t Leading, std::size_t I, class A>
struct ParameterFor {
  using declared = typename ParameterAt<S, I + Leading>::type;
  using type =
      std::conditional_t<PointsTo<typename FlattenedType<std::decay_t<A>>::type, declared>, Unknown, declared>;
};

/// Everything that is known of calling F with arguments A (already evaluated).
template <class F, class Indices, class... A>
struct CallOf;

template <class F, std::size_t... I, class... A>
struct CallOf<F, std::index_sequence<I...>, A...> {
  using S = Signature<F>;
  static constexpr int leading = leading_count<S, sizeof...(A)>();
  static constexpr bool fits = leading >= 0;
  static constexpr std::size_t lead = fits ? static_cast<std::size_t>(leading) : 0;

  static constexpr bool no_mutable_reference = !takes_mutable_reference<S>();
  static constexpr bool no_void_future = !(is_void_future_v<A> || ... || false);

  template <std::size_t K, class X>
  using Parameter = typename ParameterFor<S, lead, K, X>::type;
  template <std::size_t K, class X>
  using Slot = Argument<Parameter<K, X>, Decayed<Parameter<K, X>, X>>;

  template <class X, std::size_t K>
  static constexpr bool accepts_one() {
    if constexpr (!no_void_future) return true;
    else return Slot<K, X>::template accepts<X>;
  }
  static constexpr bool accepts = (accepts_one<A, I>() && ... && true);
};

template <class F, class... A>
using Call = CallOf<F, std::index_sequence_for<A...>, A...>;

template <class F, class Slots, class Leading>
struct Invocation;

/// The type of the call, with what is passed by each slot.
template <class F, class... Slots, class... Leading>
struct Invocation<F, std::tuple<Slots...>, std::tuple<Leading...>> {
  static constexpr bool as_lvalue =
      std::is_invocable_v<F&, Leading..., decltype(std::declval<Slots&>().pass(true))...>;
  using Callee = std::conditional_t<as_lvalue, F&, F>;
  static constexpr bool possible =
      std::is_invocable_v<Callee, Leading..., decltype(std::declval<Slots&>().pass(true))...>;
};

template <class C, class F, class... A>
struct SlotsOf {
  using type = decltype([]<std::size_t... I>(std::index_sequence<I...>) {
    return std::type_identity<std::tuple<typename C::template Slot<I, A>...>>();
  }(std::index_sequence_for<A...>()));
};

/// Leading parameters of a known signature, or those with which a generic callable can be called.
template <class C, class F, class Slots>
constexpr auto leading_types() {
  if constexpr (C::S::known) {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return std::type_identity<std::tuple<typename ParameterAt<typename C::S, I>::type...>>();
    }(std::make_index_sequence<C::lead>());
  } else if constexpr (Invocation<F, Slots, std::tuple<>>::possible) {
    return std::type_identity<std::tuple<>>();
  } else if constexpr (Invocation<F, Slots, std::tuple<std::stop_token>>::possible) {
    return std::type_identity<std::tuple<std::stop_token>>();
  } else if constexpr (Invocation<F, Slots, std::tuple<Executor&>>::possible) {
    return std::type_identity<std::tuple<Executor&>>();
  } else {
    return std::type_identity<std::tuple<>>();
  }
}

template <class... L>
constexpr bool takes_stop_token(std::type_identity<std::tuple<L...>>) {
  return (std::is_same_v<std::remove_cvref_t<L>, std::stop_token> || ... || false);
}

}  // namespace dflow::inline v0::detail
