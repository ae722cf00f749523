// Calling anything that can be called.
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

namespace dflow::inline v0::detail {

/// std::invoke. Its header would bring the algorithms and hash tables of the library along: a fifth of what everybody
/// who includes dflow had to parse.
template <class F, class... A>
constexpr decltype(auto) call(F&& f, A&&... arguments) {
  if constexpr (std::is_member_pointer_v<std::remove_cvref_t<F>>) {
    return std::apply(f, std::forward_as_tuple(std::forward<A>(arguments)...));
  } else {
    return std::forward<F>(f)(std::forward<A>(arguments)...);
  }
}

}  // namespace dflow::inline v0::detail
