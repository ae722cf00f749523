// For std::visit.
#pragma once

namespace dflow::net {

/// One call operator of several: an alternative that none of them takes does not compile.
template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

}  // namespace dflow::net
