// Serialize for classes, part by part: aggregates as any compiler can take them apart, and others as dflowc
// says. Included by <dflow/serialize.h>.
#pragma once

#include <dflow/detail/serialize_bindings.h>
#include <dflow/detail/serialize_reader.h>

// Casts to private bases, which no other cast reaches.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"

namespace dflow::inline v0::detail {

// ---- what dflowc says of a class: `template struct Expose<T, Base<B>, Member<&T::m>, ...>;`
// -------------------------

/// A data member, of T or of one of its bases.
template <auto Pointer>
struct Member;
template <class C, class X, X C::* Pointer>
struct Member<Pointer> {
  using type = X;
  template <class T>
  static X& of(T& whole) {
    return ((C&)whole).*Pointer;
  }
  template <class T>
  static const X& of(const T& whole) {
    return ((const C&)whole).*Pointer;
  }
};

/// A base class that is sent as a whole.
template <class B>
struct Base {
  using type = B;
  template <class T>
  static B& of(T& whole) {
    return (B&)whole;
  }
  template <class T>
  static const B& of(const T& whole) {
    return (const B&)whole;
  }
};

// A friend of a template is no template here: Expose defines the one that Exposed declares.
#if !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-template-friend"
#endif
template <class T>
struct Exposed {
  friend auto dflow_parts(Exposed<T>);
};
#if !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/// Its explicit instantiation may name what is private to T: access is not checked there.
template <class T, class... Parts>
struct Expose {
  friend auto dflow_parts(Exposed<T>) { return Types<Parts...>(); }
};

template <class T>
concept ExposedClass = std::is_class_v<T> && requires { dflow_parts(Exposed<T>()); };
/// Of a class local to a function, which only itself can name.
template <class T>
concept ExposesItself = std::is_class_v<T> && requires { T::dflow_parts_(); };

template <class T>
struct ExposedParts;
template <ExposedClass T>
struct ExposedParts<T> {
  using type = decltype(dflow_parts(Exposed<T>()));
};
template <ExposesItself T>
struct ExposedParts<T> {
  using type = decltype(T::dflow_parts_());
};

// ---- reading into place
// ----------------------------------------------------------------------------------------------

template <class X>
inline constexpr bool is_assignable_part_v = std::is_move_assignable_v<X>;
template <class X, std::size_t N>
inline constexpr bool is_assignable_part_v<X[N]> = is_assignable_part_v<X>;

template <class X>
void write_part(Writer& out, const X& part) {
  if constexpr (std::is_array_v<X>) {
    if constexpr (Flat<std::remove_all_extents_t<X>>)
      return out.write_part(std::as_bytes(std::span(&part, 1)));
    for (const auto& element : part) write_part(out, element);
  } else {
    out.write(part);
  }
}

template <class X>
void assign_part(Reader& in, X& part) {
  if constexpr (std::is_array_v<X>) {
    if constexpr (Flat<std::remove_all_extents_t<X>>)
      return in.read_payload(std::as_writable_bytes(std::span(&part, 1)));
    for (auto& element : part) assign_part(in, element);
  } else {
    part = in.read<X>();
  }
}

/// Destroys what it is given unless told that it is in good hands.
template <class X>
class Unfinished {
 public:
  explicit Unfinished(X* object) : object_(object) {}
  ~Unfinished() {
    if (object_ != nullptr) std::destroy_at(object_);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  void keep() { object_ = nullptr; }

 private:
  X* object_;
};

template <class X>
void construct_part(Reader& in, X* at) {
  if constexpr (std::is_array_v<X>) {
    const auto rest = [&in, at](const auto& self, std::size_t i) -> void {
      if (i == std::extent_v<X>) return;
      construct_part(in, &(*at)[i]);
      Unfinished done(&(*at)[i]);
      self(self, i + 1);
      done.keep();
    };
    rest(rest, 0);
  } else {
    ::new (const_cast<void*>(static_cast<const volatile void*>(at))) X(in.read<Plain<X>>());
  }
}

/// Makes a T without any of its own constructors but the last, which moves: its parts are made in place, in
/// memory that stands for a T, and end with it.
template <class T>
T assemble(Reader&, T& hollow, Types<>) {
  return T(static_cast<T&&>(hollow));
}
template <class T, class Part, class... Rest>
T assemble(Reader& in, T& hollow, Types<Part, Rest...>) {
  auto* at = std::addressof(Part::of(hollow));
  construct_part(in, at);
  const Unfinished part(at);
  return assemble(in, hollow, Types<Rest...>());
}

template <class Parts>
struct SerializeExposed;

template <class... Parts>
struct SerializeExposed<Types<Parts...>> {
  using parts = Types<typename Parts::type...>;

  template <class T>
  static constexpr bool flat = std::is_trivially_copyable_v<T> && sizeof...(Parts) != 0 &&
                               (Flat<Plain<std::remove_all_extents_t<typename Parts::type>>> && ...) &&
                               (sizeof(typename Parts::type) + ... + 0) == sizeof(T);

  template <class T>
  static void write([[maybe_unused]] Writer& out, [[maybe_unused]] const T& value) {
    (write_part(out, Parts::of(value)), ...);
  }
  template <class T>
  static T read([[maybe_unused]] Reader& in) {
    if constexpr (std::default_initializable<T> && (is_assignable_part_v<typename Parts::type> && ...)) {
      T value{};
      (assign_part(in, Parts::of(value)), ...);
      return value;
    } else {
      alignas(T) std::byte memory[sizeof(T)]{};
      return assemble(in, *std::launder(reinterpret_cast<T*>(memory)), Types<Parts...>());
    }
  }
};

template <class T>
  requires ExposedClass<T> || ExposesItself<T>
struct Automatic<T> {
  using Parts = SerializeExposed<typename ExposedParts<T>::type>;
  using parts = typename Parts::parts;
  static constexpr bool flat = Parts::template flat<T>;
  static void write(Writer& out, const T& value) { Parts::write(out, value); }
  static T read(Reader& in) { return Parts::template read<T>(in); }
};

// ---- aggregates, where nobody says anything
// --------------------------------------------------------------------------

template <class T>
concept Aggregate = BindableAggregate<T> && !ExposedClass<T> && !ExposesItself<T>;

template <class Parts>
struct SerializeBindings;

template <class... X>
struct SerializeBindings<Types<X...>> {
  template <class T>
  static constexpr bool flat =
      std::is_trivially_copyable_v<T> && sizeof...(X) != 0 &&
      (Flat<Plain<std::remove_all_extents_t<X>>> && ...) && (sizeof(X) + ... + 0) == sizeof(T);

  template <class T>
  static T read([[maybe_unused]] Reader& in) {
    if constexpr ((std::is_array_v<X> || ...)) {
      T value{};
      with_bindings(value, [&in](auto&... parts) { (assign_part(in, parts), ...); });
      return value;
    } else {
      return T{in.read<Plain<X>>()...};  // braces: left to right; bit-fields, too
    }
  }
};

template <Aggregate T>
struct Automatic<T> {
  using parts = BindingTypes<T>;
  using Parts = SerializeBindings<parts>;
  static constexpr bool flat = Parts::template flat<T>;
  static void write([[maybe_unused]] Writer& out, const T& value) {
    with_bindings(value, [&out](const auto&... each) { (write_part(out, each), ...); });
  }
  static T read(Reader& in) { return Parts::template read<T>(in); }
};

}  // namespace dflow::inline v0::detail

#pragma GCC diagnostic pop
