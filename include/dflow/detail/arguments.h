// How one argument of a task is kept and handed over. P is the parameter's type (or Unknown), A the argument's,
// decayed.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <dflow/detail/containers.h>
#include <dflow/detail/crossing.h>
#include <dflow/detail/readers.h>
#include <dflow/detail/signature.h>
#include <dflow/future.h>
#include <dflow/refs.h>

namespace dflow::inline v0::detail {

/// A value argument that dflowc wrapped, so that a dry run need not evaluate it.
template <class F>
struct Lazy {
  F evaluate;
};

template <class F>
Lazy<F> lazy(F evaluate) {
  return {std::move(evaluate)};
}

template <class A>
inline constexpr bool is_lazy_v = false;
template <class F>
inline constexpr bool is_lazy_v<Lazy<F>> = true;

/// The argument itself, evaluated if it was wrapped.
template <class A>
decltype(auto) evaluated(A&& argument) {
  if constexpr (is_lazy_v<std::remove_cvref_t<A>>) {
    return argument.evaluate();
  } else {
    return std::forward<A>(argument);
  }
}

template <class A>
using Evaluated = decltype(evaluated(std::declval<A>()));

template <class P>
inline constexpr bool is_unknown_v = std::is_same_v<P, Unknown>;

/// Types that refer to what something else owns.
template <class R>
inline constexpr bool is_borrowing_v = std::is_same_v<std::remove_cvref_t<R>, std::string_view>;
template <class T, std::size_t N>
inline constexpr bool is_borrowing_v<std::span<T, N>> = true;
template <class T>
inline constexpr bool is_borrowing_v<std::reference_wrapper<T>> = true;
template <class T>
inline constexpr bool is_borrowing_v<Refs<T>> = true;

/// A parameter that can be bound to an object that others may read.
template <class P, class T>
inline constexpr bool binds_const_ref_v =
    std::is_lvalue_reference_v<P> && std::is_const_v<std::remove_reference_t<P>> &&
    std::is_convertible_v<const T*, std::add_pointer_t<P>>;

/// Hands an object that the task owns over to a parameter: by const& where that suffices, else by value.
template <class P, class T>
decltype(auto) hand_over(T& object, bool may_move) {
  if constexpr (binds_const_ref_v<P, T>) {
    return static_cast<P>(object);
  } else {
    using Passed = std::conditional_t<is_unknown_v<P>, std::remove_const_t<T>, std::remove_cvref_t<P>>;
    if constexpr (is_borrowing_v<Passed>) return static_cast<Passed>(object);
    if constexpr (is_copyable_v<T>) {
      if (!may_move) return static_cast<Passed>(std::as_const(object));
    }
    return static_cast<Passed>(std::move(object));
  }
}

/// What a plain value is stored as: the parameter's own type where that is known, but neither as a view of what
/// nobody would own, nor cut down to a base class.
template <class P, class D>
inline constexpr bool kept_as_given_v =
    is_unknown_v<P> || std::is_abstract_v<std::remove_cvref_t<P>> || is_borrowing_v<std::remove_cvref_t<P>> ||
    (binds_const_ref_v<P, D> && !std::is_same_v<std::remove_cvref_t<P>, D>);
template <class P, class D>
using StoredValue = std::conditional_t<kept_as_given_v<P, D>, D, std::decay_t<P>>;

/// The argument's type, decayed; a literal for a parameter of unknown type becomes a std::string.
template <class P, class A>
using Decayed = std::conditional_t<is_unknown_v<P> && std::is_array_v<std::remove_reference_t<A>> &&
                                       std::is_convertible_v<A, const char*>,
                                   std::string, std::decay_t<A>>;

enum class Kind { value, future, container, borrowed };

template <class T>
inline constexpr bool is_borrowed_v = false;
template <class T>
inline constexpr bool is_borrowed_v<Borrowed<T>> = true;
template <class T>
inline constexpr bool is_refs_v = false;
template <class T>
inline constexpr bool is_refs_v<Refs<T>> = true;

/// Lists of futures whose values may be read in many places at once.
template <class A>
inline constexpr bool is_list_v = false;
template <class T, class Allocator>
inline constexpr bool is_list_v<std::vector<Future<T>, Allocator>> = is_copyable_v<Stored<T>>;

template <class A>
constexpr Kind kind_of() {
  if constexpr (is_future_v<A>) return Kind::future;
  else if constexpr (is_borrowed_v<A>) return Kind::borrowed;
  else if constexpr (Arrival<A>::holds_futures) return Kind::container;
  else return Kind::value;
}

/// D: the argument's decayed type. `accepts<A>`: an argument of type A fits the parameter. `Kept`: what it is made from
/// and holds; that is what crosses to another process.
template <class P, class D, Kind = kind_of<D>()>
class Argument;

template <class P, class D>
class Argument<P, D, Kind::value> {
 public:
  using Object = StoredValue<P, D>;
  using Kept = Object;
  static constexpr int edges = 0;
  template <class A>
  static constexpr bool accepts =
      std::is_convertible_v<A, Object> && (!is_borrowing_v<std::remove_cvref_t<P>> || std::is_convertible_v<Object&, P>);

  template <class A>
  explicit Argument(A&& value) : object_(static_cast<Object>(std::forward<A>(value))) {}
  void claim() {}
  void abandon() noexcept {}
  template <class Visitor>
  void visit(Visitor&&) const {}
  decltype(auto) pass(bool may_move) { return hand_over<P>(object_, may_move); }
  Object& object() noexcept { return object_; }
  const Kept& kept() const noexcept { return object_; }

 private:
  Object object_;
};

template <class P, class T>
class Argument<P, Borrowed<T>, Kind::borrowed> {
 public:
  using Kept = Borrowed<T>;
  static constexpr int edges = 0;
  template <class>
  static constexpr bool accepts = is_unknown_v<P> || std::is_convertible_v<const T&, P>;

  explicit Argument(Borrowed<T> borrowed) : borrowed_(borrowed) {}
  void claim() {}
  void abandon() noexcept {}
  template <class Visitor>
  void visit(Visitor&&) const {}
  const T& pass(bool) { return borrowed_.get(); }
  const Kept& kept() const noexcept { return borrowed_; }

 private:
  Borrowed<T> borrowed_;
};

template <class P, class T>
class Argument<P, Future<T>, Kind::future> {
 public:
  using Kept = Future<T>;
  static constexpr bool claims = !is_copyable_v<T>;
  static constexpr bool reads = binds_const_ref_v<P, T>;
  static constexpr int edges = claims && !reads ? 2 : 1;  // at most: who takes a result waits for those who read it
  template <class>
  static constexpr bool accepts = is_unknown_v<P> || binds_const_ref_v<P, Stored<T>> ||
                                  std::is_convertible_v<Stored<T>, std::remove_cvref_t<P>>;

  template <class A>
  explicit Argument(A&& future) : future_(std::forward<A>(future)) {}
  void claim() {
    if constexpr (claims) claim_ = detail::claim<reads>(future_);
  }
  void abandon() noexcept {
    if constexpr (claims) claim_.abandon();
  }
  template <class Visitor>
  void visit(Visitor&& visitor) const {
    visitor(future_);
    if constexpr (claims) claim_.visit(visitor);
  }

  /// By const& where the parameter allows it; by value otherwise, moved for the last reader.
  decltype(auto) pass(bool may_move) {
    T& value = static_cast<Value<T>&>(*node_of(future_)).value();
    constexpr bool shares = is_unknown_v<P> && is_copyable_v<T>;
    if constexpr (shares) {
      return std::as_const(value);
    } else {
      if constexpr (is_borrowing_v<std::remove_cvref_t<P>>) return hand_over<P>(std::as_const(value), false);
      const bool move = !is_copyable_v<T> || (may_move && node_of(future_)->sole_reader());
      return hand_over<P>(value, move);
    }
  }
  const Kept& kept() const noexcept { return future_; }

 private:
  Future<T> future_;
  [[no_unique_address]] std::conditional_t<claims, Claim, Unit> claim_;  // ends before the future does
};

template <class P, class From>
class Argument<P, From, Kind::container> {
 public:
  using Kept = From;
  using To = typename Arrival<From>::type;
  static constexpr int edges = -1;  // only known at run time
  static constexpr bool by_reference = is_refs_v<std::remove_cvref_t<P>>;
  /// A list that the body only reads: in another process, tasks with the same list have one copy of its values in common.
  static constexpr bool shares = is_list_v<From> && binds_const_ref_v<P, To>;

  template <class>
  static constexpr bool accepts = [] {
    if constexpr (by_reference) {
      return requires(const From& from) {
        { *from.begin() } -> std::convertible_to<Future<typename std::remove_cvref_t<P>::value_type>>;
      };
    } else {
      return is_unknown_v<P> || std::is_convertible_v<To, std::remove_cvref_t<P>>;
    }
  }();

  /// The list, or the values that it stands for.
  struct Received {
    From futures;
    std::shared_ptr<const To> values;
  };
  static Received receive(TaskReader& in)
    requires shares
  {
    constexpr auto take = [](TaskReader& from) -> std::shared_ptr<const void> {
      From futures = Part<From>::read(from);
      return std::make_shared<const To>(Arrival<From>::take(futures, false));
    };
    auto values = std::static_pointer_cast<const To>(in.in_common(value_form_of<typename To::value_type>(), take));
    if (values) return {From(), std::move(values)};
    return {Part<From>::read(in), nullptr};
  }

  template <class A>
  explicit Argument(A&& container) : container_(std::forward<A>(container)) {}
  explicit Argument(Received&& received)
    requires shares
      : container_(std::move(received.futures)), values_(std::move(received.values)) {}
  void claim() {
    Arrival<From>::visit(container_, [this]<class T>(const Future<T>& future) {
      if constexpr (!is_copyable_v<T>) claims_.push_back(detail::claim<by_reference>(future));
    });
  }
  void abandon() noexcept {
    for (Claim& claim : claims_) claim.abandon();
  }
  template <class Visitor>
  void visit(Visitor&& visitor) const {
    Arrival<From>::visit(container_, visitor);
    for (const Claim& claim : claims_) claim.visit(visitor);
  }

  decltype(auto) pass(bool may_move) {
    if constexpr (shares) {
      if (!values_) values_ = std::make_shared<const To>(Arrival<From>::take(container_, may_move));
      return static_cast<P>(*values_);
    } else if constexpr (by_reference) {
      using T = typename std::remove_cvref_t<P>::value_type;
      std::vector<const T*> pointers;
      Arrival<From>::visit(container_, [&](const Future<T>& future) {
        pointers.push_back(std::addressof(static_cast<Value<T>&>(*node_of(future)).value()));
      });
      return Refs<T>(std::move(pointers));
    } else {
      return Arrival<From>::take(container_, may_move);
    }
  }
  const Kept& kept() const noexcept { return container_; }

 private:
  From container_;
  [[no_unique_address]] std::conditional_t<shares, std::shared_ptr<const To>, Unit> values_;
  std::vector<Claim> claims_;  // end before the futures do
};

}  // namespace dflow::inline v0::detail
