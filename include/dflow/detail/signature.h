// The parameters of a callable, where they can be told.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>

namespace dflow::inline v0::detail {

/// Stands for a parameter of a callable whose signature cannot be told (a generic lambda, overloaded operator()).
struct Unknown {};

template <class... P>
struct ParameterList {
  static constexpr bool known = true;
  static constexpr std::size_t count = sizeof...(P);
  using types = std::tuple<std::type_identity<P>...>;
};

struct NoSignature {
  static constexpr bool known = false;
  static constexpr std::size_t count = 0;
  using types = std::tuple<>;
};

// A member function's object: by value where the call may change it (then the task has its own), else const&.
#define DFLOW_DETAIL_MEMBER(QUALIFIERS, OBJECT)                                 \
  template <class R, class C, class... P>                                       \
  struct MemberSignature<R (C::*)(P...) QUALIFIERS> {                           \
    using call = ParameterList<P...>;                                             \
    using with_object = ParameterList<OBJECT, P...>;                              \
  };
template <class M>
struct MemberSignature;
DFLOW_DETAIL_MEMBER(, C)
DFLOW_DETAIL_MEMBER(const, const C&)
DFLOW_DETAIL_MEMBER(noexcept, C)
DFLOW_DETAIL_MEMBER(const noexcept, const C&)
DFLOW_DETAIL_MEMBER(&, C)
DFLOW_DETAIL_MEMBER(const&, const C&)
DFLOW_DETAIL_MEMBER(& noexcept, C)
DFLOW_DETAIL_MEMBER(const& noexcept, const C&)
DFLOW_DETAIL_MEMBER(&&, C)
DFLOW_DETAIL_MEMBER(&& noexcept, C)
#undef DFLOW_DETAIL_MEMBER

template <class F>
struct SignatureOf {
  using type = NoSignature;
};
template <class F>
  requires requires { &F::operator(); }
struct SignatureOf<F> {
  using type = typename MemberSignature<decltype(&F::operator())>::call;
};
template <class R, class... P>
struct SignatureOf<R (*)(P...)> {
  using type = ParameterList<P...>;
};
template <class R, class... P>
struct SignatureOf<R (*)(P...) noexcept> {
  using type = ParameterList<P...>;
};
template <class M>
  requires std::is_member_function_pointer_v<M>
struct SignatureOf<M> {
  using type = typename MemberSignature<M>::with_object;
};
template <class V, class C>
  requires(!std::is_function_v<V>)
struct SignatureOf<V C::*> {
  using type = ParameterList<const C&>;
};

/// F decayed.
template <class F>
using Signature = typename SignatureOf<F>::type;

/// The I-th parameter's type, or Unknown.
template <class S, std::size_t I>
struct ParameterAt {
  using type = Unknown;
};
template <class S, std::size_t I>
  requires(S::known && I < S::count)
struct ParameterAt<S, I> {
  using type = typename std::tuple_element_t<I, typename S::types>::type;
};

}  // namespace dflow::inline v0::detail
