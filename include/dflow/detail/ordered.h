// Calls whose arguments submit tasks, put in order: a function's arguments may be evaluated in any order (g++ takes
// the last first), those of a braced list from left to right. dflowc writes `f(a, b)` as
// `in_order([&](auto&&... x) { return f(x...); }, Ordered{a, b})`.
#pragma once

#include <tuple>
#include <utility>

namespace dflow::inline v0::detail {

/// References to the elements of the list it is made from; lives within one full expression, as they do.
template <class... A>
class Ordered {
 public:
  Ordered(A&&... arguments) : arguments_(static_cast<A&&>(arguments)...) {}  // NOLINT: a list, of any length

  template <class F>
  decltype(auto) apply(F&& f) && {
    return std::apply(static_cast<F&&>(f), std::move(arguments_));
  }

 private:
  std::tuple<A&&...> arguments_;
};

template <class... A>
Ordered(A&&...) -> Ordered<A...>;

template <class F, class... A>
decltype(auto) in_order(F&& f, Ordered<A...> arguments) {
  return std::move(arguments).apply(static_cast<F&&>(f));
}

}  // namespace dflow::inline v0::detail
