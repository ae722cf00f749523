// Aggregates taken apart by structured bindings, which any compiler can do: up to 24 members, no bases, and
// each member can be made from {}. Included by <dflow/serialize.h>.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <dflow/detail/serialize_core.h>

namespace dflow::inline v0::detail {

/// Becomes any base of T.
template <class T>
struct AnyBaseOf {
  template <class B>
    requires(std::is_base_of_v<B, T> && !std::is_same_v<B, T>)
  operator B() const;  // NOLINT: implicit by design
};

template <class T>
concept HasBase = requires { T{AnyBaseOf<T>()}; };

/// How many members T has, by how many empty braces it takes; 25 for more than 24.
template <class T>
consteval std::size_t count_members() {
  if constexpr (!requires { T{{}}; })
    return 0;
  else if constexpr (!requires { T{{}, {}}; })
    return 1;
  else if constexpr (!requires { T{{}, {}, {}}; })
    return 2;
  else if constexpr (!requires { T{{}, {}, {}, {}}; })
    return 3;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}}; })
    return 4;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}, {}}; })
    return 5;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}, {}, {}}; })
    return 6;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}, {}, {}, {}}; })
    return 7;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 8;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 9;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 10;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 11;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 12;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 13;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 14;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 15;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 16;
  else if constexpr (!requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 17;
  else if constexpr (!requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 18;
  else if constexpr (!requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 19;
  else if constexpr (!requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 20;
  else if constexpr (!requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 21;
  else if constexpr (!requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 22;
  else if constexpr (!requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 23;
  else if constexpr (!requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 24;
  else
    return 25;
}

/// Becomes any union that nobody says how to send. Where a member is a class that begins with one, braces may be left
/// out, and it becomes that one; AnyAround becomes the class.
struct AnyUnion {
  template <class U>
    requires(std::is_union_v<U> && !HasSerializer<U>)
  operator U() const;  // NOLINT: implicit by design
};
struct AnyAround {
  template <class X>
    requires(std::is_class_v<X> && requires { X{AnyUnion()}; })
  operator X() const;  // NOLINT: implicit by design
};

/// Whether a member itself is a union that nobody says how to send. Bindings cannot take apart a class with one that has no
/// name, and to ask them is an error.
template <class T>
consteval bool has_bare_union() {
#define DFLOW_BARE_UNION_BEHIND(...)                    \
  if constexpr (requires { T{__VA_ARGS__ AnyUnion()}; }) \
    if constexpr (!requires { T{__VA_ARGS__ AnyAround()}; }) return true;
#define DFLOW_FOUR {}, {}, {}, {},
#define DFLOW_BARE_UNION_IN_FOUR_BEHIND(...)     \
  DFLOW_BARE_UNION_BEHIND(__VA_ARGS__)           \
  DFLOW_BARE_UNION_BEHIND(__VA_ARGS__{}, )       \
  DFLOW_BARE_UNION_BEHIND(__VA_ARGS__{}, {}, )   \
  DFLOW_BARE_UNION_BEHIND(__VA_ARGS__{}, {}, {}, )
  DFLOW_BARE_UNION_IN_FOUR_BEHIND()
  DFLOW_BARE_UNION_IN_FOUR_BEHIND(DFLOW_FOUR)
  DFLOW_BARE_UNION_IN_FOUR_BEHIND(DFLOW_FOUR DFLOW_FOUR)
  DFLOW_BARE_UNION_IN_FOUR_BEHIND(DFLOW_FOUR DFLOW_FOUR DFLOW_FOUR)
  DFLOW_BARE_UNION_IN_FOUR_BEHIND(DFLOW_FOUR DFLOW_FOUR DFLOW_FOUR DFLOW_FOUR)
  DFLOW_BARE_UNION_IN_FOUR_BEHIND(DFLOW_FOUR DFLOW_FOUR DFLOW_FOUR DFLOW_FOUR DFLOW_FOUR)
#undef DFLOW_BARE_UNION_IN_FOUR_BEHIND
#undef DFLOW_FOUR
#undef DFLOW_BARE_UNION_BEHIND
  return false;
}

template <class T>
concept BindableAggregate = std::is_class_v<T> && std::is_aggregate_v<T> && requires { T{}; } &&
                            !HasBase<T> && count_members<T>() <= 24 && !has_bare_union<T>();

/// Calls `f` with all members of `whole`, in order.
template <class T, class F>
auto with_bindings([[maybe_unused]] T& whole, F&& f) {
  constexpr std::size_t count = count_members<std::remove_const_t<T>>();
  if constexpr (count == 0) {
    return f();
  } else if constexpr (count == 1) {
    auto& [m1] = whole;
    return f(m1);
  } else if constexpr (count == 2) {
    auto& [m1, m2] = whole;
    return f(m1, m2);
  } else if constexpr (count == 3) {
    auto& [m1, m2, m3] = whole;
    return f(m1, m2, m3);
  } else if constexpr (count == 4) {
    auto& [m1, m2, m3, m4] = whole;
    return f(m1, m2, m3, m4);
  } else if constexpr (count == 5) {
    auto& [m1, m2, m3, m4, m5] = whole;
    return f(m1, m2, m3, m4, m5);
  } else if constexpr (count == 6) {
    auto& [m1, m2, m3, m4, m5, m6] = whole;
    return f(m1, m2, m3, m4, m5, m6);
  } else if constexpr (count == 7) {
    auto& [m1, m2, m3, m4, m5, m6, m7] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7);
  } else if constexpr (count == 8) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8);
  } else if constexpr (count == 9) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9);
  } else if constexpr (count == 10) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10);
  } else if constexpr (count == 11) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11);
  } else if constexpr (count == 12) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12);
  } else if constexpr (count == 13) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13);
  } else if constexpr (count == 14) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14);
  } else if constexpr (count == 15) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15);
  } else if constexpr (count == 16) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16);
  } else if constexpr (count == 17) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17);
  } else if constexpr (count == 18) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18);
  } else if constexpr (count == 19) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19);
  } else if constexpr (count == 20) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20);
  } else if constexpr (count == 21) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21] =
        whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21);
  } else if constexpr (count == 22) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
           m22] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
             m22);
  } else if constexpr (count == 23) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
           m22, m23] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
             m22, m23);
  } else if constexpr (count == 24) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
           m22, m23, m24] = whole;
    return f(m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
             m22, m23, m24);
  }
}

template <class T>
auto binding_types(T& whole) {
  constexpr std::size_t count = count_members<T>();
  if constexpr (count == 0) {
    return Types<>();
  } else if constexpr (count == 1) {
    auto& [m1] = whole;
    return Types<decltype(m1)>();
  } else if constexpr (count == 2) {
    auto& [m1, m2] = whole;
    return Types<decltype(m1), decltype(m2)>();
  } else if constexpr (count == 3) {
    auto& [m1, m2, m3] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3)>();
  } else if constexpr (count == 4) {
    auto& [m1, m2, m3, m4] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4)>();
  } else if constexpr (count == 5) {
    auto& [m1, m2, m3, m4, m5] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5)>();
  } else if constexpr (count == 6) {
    auto& [m1, m2, m3, m4, m5, m6] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6)>();
  } else if constexpr (count == 7) {
    auto& [m1, m2, m3, m4, m5, m6, m7] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7)>();
  } else if constexpr (count == 8) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8)>();
  } else if constexpr (count == 9) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9)>();
  } else if constexpr (count == 10) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10)>();
  } else if constexpr (count == 11) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11)>();
  } else if constexpr (count == 12) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12)>();
  } else if constexpr (count == 13) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12),
                 decltype(m13)>();
  } else if constexpr (count == 14) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12),
                 decltype(m13), decltype(m14)>();
  } else if constexpr (count == 15) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12),
                 decltype(m13), decltype(m14), decltype(m15)>();
  } else if constexpr (count == 16) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12),
                 decltype(m13), decltype(m14), decltype(m15), decltype(m16)>();
  } else if constexpr (count == 17) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12),
                 decltype(m13), decltype(m14), decltype(m15), decltype(m16), decltype(m17)>();
  } else if constexpr (count == 18) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12),
                 decltype(m13), decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18)>();
  } else if constexpr (count == 19) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12),
                 decltype(m13), decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18),
                 decltype(m19)>();
  } else if constexpr (count == 20) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12),
                 decltype(m13), decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18),
                 decltype(m19), decltype(m20)>();
  } else if constexpr (count == 21) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21] =
        whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12),
                 decltype(m13), decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18),
                 decltype(m19), decltype(m20), decltype(m21)>();
  } else if constexpr (count == 22) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
           m22] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12),
                 decltype(m13), decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18),
                 decltype(m19), decltype(m20), decltype(m21), decltype(m22)>();
  } else if constexpr (count == 23) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
           m22, m23] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12),
                 decltype(m13), decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18),
                 decltype(m19), decltype(m20), decltype(m21), decltype(m22), decltype(m23)>();
  } else if constexpr (count == 24) {
    auto& [m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21,
           m22, m23, m24] = whole;
    return Types<decltype(m1), decltype(m2), decltype(m3), decltype(m4), decltype(m5), decltype(m6),
                 decltype(m7), decltype(m8), decltype(m9), decltype(m10), decltype(m11), decltype(m12),
                 decltype(m13), decltype(m14), decltype(m15), decltype(m16), decltype(m17), decltype(m18),
                 decltype(m19), decltype(m20), decltype(m21), decltype(m22), decltype(m23), decltype(m24)>();
  }
}

/// Their types as they were declared.
template <class T>
using BindingTypes = decltype(binding_types(std::declval<T&>()));

}  // namespace dflow::inline v0::detail
