// A node with a place for its result.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <dflow/detail/node.h>
#include <dflow/detail/round_trip.h>

namespace dflow::inline v0::detail {

/// Stands for `void` where an object is needed.
struct Unit {};

template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, Unit, T>;

/// Whether copying a T compiles. Standard containers claim to be copyable whatever they hold, so ask their elements.
template <class T>
inline constexpr bool is_copyable_v = std::is_copy_constructible_v<T>;
template <class T>
  requires requires {
    typename T::allocator_type;
    typename T::value_type;
  } && (!std::is_same_v<T, typename T::value_type>)
inline constexpr bool is_copyable_v<T> = std::is_copy_constructible_v<T> && is_copyable_v<typename T::value_type>;
template <class A, class B>
inline constexpr bool is_copyable_v<std::pair<A, B>> = is_copyable_v<A> && is_copyable_v<B>;
template <class... X>
inline constexpr bool is_copyable_v<std::tuple<X...>> = (is_copyable_v<X> && ...);
template <class X, std::size_t N>
inline constexpr bool is_copyable_v<std::array<X, N>> = is_copyable_v<X>;
template <class X>
inline constexpr bool is_copyable_v<std::optional<X>> = is_copyable_v<X>;

/// Of a move-only result: who reads it, and who waits for them to take it. See readers.h.
struct Readers {
  std::uint32_t count = 0;
  Node* taker = nullptr;
};
struct NoReaders {};

/// How results of type T cross (crossing.h).
template <class T>
const ValueForm& value_form_of() noexcept;

/// A node whose result is a `T`. The value exists iff `state` is done and it is not marked `kElsewhere`, or is being
/// written by the owner of the task.
template <class T>
class Value : public Node {
 public:
  static_assert(std::is_void_v<T> || std::is_object_v<T>);

  [[no_unique_address]] std::conditional_t<is_copyable_v<Stored<T>>, NoReaders, Readers> readers;

  Stored<T>& value() noexcept { return value_; }

  std::size_t value_size() const noexcept override { return std::is_void_v<T> ? 0 : sizeof(Stored<T>); }

  const ValueForm* value_form() const noexcept override { return &value_form_of<T>(); }

  void discard_value() noexcept override { std::destroy_at(std::addressof(value_)); }

  bool write_default() override {
    if constexpr (std::is_default_constructible_v<Stored<T>>) {
      std::construct_at(std::addressof(value_));
      return true;
    } else {
      return false;
    }
  }

  void pass_through_bytes([[maybe_unused]] Crossing what, [[maybe_unused]] bool must) override {
    if constexpr (!std::is_void_v<T>) {
      if (what == Crossing::value) detail::pass_through_bytes(value_, must);
    }
  }

  /// Copies or moves the value out; the caller holds the reference that is counted by `sole_reader`.
  Stored<T> take(bool may_move) {
    if constexpr (!is_copyable_v<Stored<T>>) {
      return std::move(value_);
    } else {
      if (may_move && sole_reader()) return std::move(value_);
      return value_;
    }
  }

 protected:
  Value() {}  // NOLINT: the value is written later
  ~Value() override {
    if (state_.load(std::memory_order_relaxed) == State::done && !marked(kElsewhere)) discard_value();
  }

  union {
    Stored<T> value_;
  };
};

}  // namespace dflow::inline v0::detail
