// How a task crosses to another process: its callable, its arguments and its result as bytes. The other process runs the
// same executable, so code is named by where it lies in its module.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <dflow/detail/containers.h>
#include <dflow/serialize.h>

namespace dflow::inline v0::detail {

/// Takes what a task consists of. Implemented by whoever sends tasks.
class TaskWriter {
 public:
  Writer& bytes() noexcept { return bytes_; }
  /// A function, or another thing that lies in the executable or a library of it. Null is fine.
  virtual void code(const void* address) = 0;
  /// The result of another task, in whatever process it is.
  virtual void input(Node& producer) = 0;

 protected:
  ~TaskWriter() = default;
  Writer bytes_;
};

/// Gives it back, in the same order. Throws SerializeError for bytes that are no task.
class TaskReader {
 public:
  explicit TaskReader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  Reader& bytes() noexcept { return bytes_; }
  virtual const void* code() = 0;
  /// An ended node with a value of the form's type.
  virtual NodeRef input(const ValueForm& form) = 0;
  /// What tasks with the same inputs have made of the same bytes as come next, to read it; `make` reads the bytes and makes it if
  /// none has. Null, and nothing is read, if tasks have nothing in common here, or if `make` throws. `form`: of the values in it.
  using Make = std::shared_ptr<const void> (*)(TaskReader&);
  virtual std::shared_ptr<const void> in_common(const ValueForm& form, Make make) = 0;

 protected:
  ~TaskReader() = default;
  Reader bytes_;
};

/// A type that cannot be sent.
struct Obstacle {
  const std::type_info* type;
  std::string (*why)();  ///< For people: down to which of its members.
};

template <class T>
inline constexpr Obstacle obstacle_of{&typeid(T), &why_not_serializable<T>};

/// How results of one type cross. One constant a type; the functions are null if its values cannot be sent.
struct ValueForm {
  static constexpr std::uint64_t kMagic = 0x6466'6c6f'7720'7631;

  std::uint64_t magic;         ///< Says that an address sent by another process leads to a ValueForm.
  const std::type_info* type;
  const Obstacle* obstacle;  ///< Null if they can.
  bool copyable;
  void (*write)(Node& ended, Writer& out);
  void (*read)(Node& without_value, Reader& in);
  Node* (*hold)(Reader& in);  ///< A new node around the value.
};

/// How calls of one type cross.
struct CallForm {
  static constexpr std::uint64_t kMagic = 0x6466'6c6f'7720'6631;

  std::uint64_t magic;             ///< Says that an address sent by another process leads to a CallForm.
  const Obstacle* obstacle;        ///< The first type in the call that cannot be sent; null if there is none.
  void (*write)(Node& node, TaskWriter& out);
  Node* (*read)(TaskReader& in);
};

// ---- Parts of a call -----------------------------------------------------------------------------------------------

template <class T>
inline constexpr bool is_function_pointer_v = std::is_pointer_v<T> && std::is_function_v<std::remove_pointer_t<T>>;

/// Captureless lambdas and functors without state: their type is all there is of them.
template <class T>
inline constexpr bool is_stateless_v =
    std::is_empty_v<T> && std::is_default_constructible_v<T> && std::is_copy_constructible_v<T>;

/// What a call holds of one argument, or its callable. This one: plain values and code.
template <class A>
struct Part {
  using T = std::remove_const_t<A>;
  static constexpr bool sendable = Serializable<T> || is_function_pointer_v<T> || std::is_member_pointer_v<T> ||
                                   is_stateless_v<T>;
  static constexpr const Obstacle* obstacle() {
    if constexpr (sendable) return nullptr;
    else return &obstacle_of<T>;
  }

  static void write(TaskWriter& out, const T& value) {
    if constexpr (Serializable<T>) out.bytes().write(value);
    else if constexpr (is_function_pointer_v<T>) out.code(reinterpret_cast<const void*>(value));
    else if constexpr (std::is_member_pointer_v<T>) write_member(out, value);
  }
  static T read(TaskReader& in) {
    if constexpr (Serializable<T>) return in.bytes().template read<T>();
    else if constexpr (is_function_pointer_v<T>) return reinterpret_cast<T>(const_cast<void*>(in.code()));
    else if constexpr (std::is_member_pointer_v<T>) return read_member(in);
    else return T();
  }

 private:
  /// As the C++ ABI of Linux keeps them: of a function, its address or (odd) its place in a table, and an offset.
  using Words = std::array<std::uintptr_t, sizeof(T) / sizeof(std::uintptr_t)>;

  static void write_member(TaskWriter& out, const T& member) {
    Words words;
    std::memcpy(words.data(), &member, sizeof(T));
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool is_address = std::is_member_function_pointer_v<T> && i == 0 && words[0] % 2 == 0;
      if constexpr (std::is_member_function_pointer_v<T>) {
        if (i == 0) out.bytes().write(is_address);
      }
      if (is_address) out.code(reinterpret_cast<const void*>(words[i]));
      else out.bytes().write(std::uint64_t{words[i]});
    }
  }
  static T read_member(TaskReader& in) {
    Words words;
    for (std::size_t i = 0; i < words.size(); ++i) {
      bool is_address = false;
      if constexpr (std::is_member_function_pointer_v<T>) is_address = i == 0 && in.bytes().template read<bool>();
      words[i] = is_address ? reinterpret_cast<std::uintptr_t>(in.code()) : in.bytes().template read<std::uint64_t>();
    }
    T member;
    std::memcpy(&member, words.data(), sizeof(T));
    return member;
  }
};

template <class... A>
constexpr const Obstacle* first_obstacle() {
  const Obstacle* found = nullptr;
  ((found = found ? found : Part<A>::obstacle()), ...);
  return found;
}

template <class T>
const ValueForm& value_form_of() noexcept;

template <class T>
struct Part<Future<T>> {
  static constexpr const Obstacle* obstacle() { return nullptr; }
  static void write(TaskWriter& out, const Future<T>& future) { out.input(*node_of(future)); }
  static Future<T> read(TaskReader& in) { return Future<T>(in.input(value_form_of<T>())); }
};

template <class X, class Allocator>
  requires(Arrival<X>::holds_futures)
struct Part<std::vector<X, Allocator>> {
  using From = std::vector<X, Allocator>;
  static constexpr const Obstacle* obstacle() { return Part<X>::obstacle(); }
  static void write(TaskWriter& out, const From& from) {
    out.bytes().write_count(from.size());
    for (const X& x : from) {
      write_flag(out.bytes(), true);  // so that each element is bytes, against which the count is checked
      Part<X>::write(out, x);
    }
  }
  static From read(TaskReader& in) {
    From from;
    std::size_t left = in.bytes().read_count();
    from.reserve(std::min(left, kMostReserved));
    for (; left > 0; --left) {
      read_flag(in.bytes());
      from.push_back(Part<X>::read(in));
    }
    return from;
  }

 private:
  static constexpr std::size_t kMostReserved = 1024;  // elements that a count alone takes memory for
};

template <class X, std::size_t N>
  requires(Arrival<X>::holds_futures)
struct Part<std::array<X, N>> {
  static constexpr const Obstacle* obstacle() { return Part<X>::obstacle(); }
  static void write(TaskWriter& out, const std::array<X, N>& from) {
    for (const X& x : from) Part<X>::write(out, x);
  }
  static std::array<X, N> read(TaskReader& in) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<X, N>{(static_cast<void>(I), Part<X>::read(in))...};
    }(std::make_index_sequence<N>());
  }
};

template <class X>
  requires(Arrival<X>::holds_futures)
struct Part<std::optional<X>> {
  static constexpr const Obstacle* obstacle() { return Part<X>::obstacle(); }
  static void write(TaskWriter& out, const std::optional<X>& from) {
    write_flag(out.bytes(), from.has_value());
    if (from) Part<X>::write(out, *from);
  }
  static std::optional<X> read(TaskReader& in) {
    if (!read_flag(in.bytes())) return std::nullopt;
    return Part<X>::read(in);
  }
};

template <class A, class B>
  requires(Arrival<A>::holds_futures || Arrival<B>::holds_futures)
struct Part<std::pair<A, B>> {
  static constexpr const Obstacle* obstacle() { return first_obstacle<A, B>(); }
  static void write(TaskWriter& out, const std::pair<A, B>& from) {
    Part<A>::write(out, from.first);
    Part<B>::write(out, from.second);
  }
  static std::pair<A, B> read(TaskReader& in) { return std::pair<A, B>{Part<A>::read(in), Part<B>::read(in)}; }
};

template <class... X>
  requires((Arrival<X>::holds_futures || ...))
struct Part<std::tuple<X...>> {
  static constexpr const Obstacle* obstacle() { return first_obstacle<X...>(); }
  static void write(TaskWriter& out, const std::tuple<X...>& from) {
    std::apply([&](const X&... x) { (Part<X>::write(out, x), ...); }, from);
  }
  static std::tuple<X...> read(TaskReader& in) { return std::tuple<X...>{Part<X>::read(in)...}; }
};

template <class K, class X, class Less, class Allocator>
  requires(Arrival<X>::holds_futures)
struct Part<std::map<K, X, Less, Allocator>> {
  using From = std::map<K, X, Less, Allocator>;
  static constexpr const Obstacle* obstacle() { return first_obstacle<K, X>(); }
  static void write(TaskWriter& out, const From& from) {
    out.bytes().write_count(from.size());
    for (const auto& [key, x] : from) {
      write_flag(out.bytes(), true);
      Part<K>::write(out, key);
      Part<X>::write(out, x);
    }
  }
  static From read(TaskReader& in) {
    From from;
    for (std::size_t left = in.bytes().read_count(); left > 0; --left) {
      read_flag(in.bytes());
      K key = Part<K>::read(in);
      from.emplace_hint(from.end(), std::move(key), Part<X>::read(in));
    }
    return from;
  }
};

// ---- Results --------------------------------------------------------------------------------------------------------

template <class T>
class HeldNode;

template <class T>
struct ValueFunctions {
  static constexpr bool sendable = std::is_void_v<T> || Serializable<Stored<T>> || is_stateless_v<Stored<T>>;

  static void write(Node& ended, [[maybe_unused]] Writer& out) {
    if constexpr (Serializable<Stored<T>>) out.write(static_cast<Value<T>&>(ended).value());
  }
  static Stored<T> make([[maybe_unused]] Reader& in) {
    if constexpr (Serializable<Stored<T>>) return in.read<Stored<T>>();
    else return Stored<T>();
  }
  static void read(Node& node, Reader& in) {
    ::new (static_cast<void*>(std::addressof(static_cast<Value<T>&>(node).value()))) Stored<T>(make(in));
  }
  static Node* hold(Reader& in) {
    auto* node = HeldNode<T>::make();
    try {
      node->set(make(in));
    } catch (...) {
      node->destroy();
      throw;
    }
    return node;
  }
};

template <class T>
const ValueForm& value_form_of() noexcept {
  if constexpr (ValueFunctions<T>::sendable) {
    using Functions = ValueFunctions<T>;
    static constexpr ValueForm form{ValueForm::kMagic, &typeid(T),      nullptr,        is_copyable_v<Stored<T>>,
                                    Functions::write,  Functions::read, Functions::hold};
    return form;
  } else {
    static constexpr ValueForm form{ValueForm::kMagic, &typeid(T), &obstacle_of<Stored<T>>, is_copyable_v<Stored<T>>,
                                    nullptr,           nullptr,    nullptr};
    return form;
  }
}

}  // namespace dflow::inline v0::detail
