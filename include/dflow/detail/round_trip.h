// DFLOW_SERIALIZE: values become bytes and values again in one process, as they would on their way to
// another.
#pragma once

#include <memory>
#include <utility>

#include <dflow/serialize.h>

namespace dflow::inline v0::detail {

/// What of a task passes through its bytes.
enum class Crossing : bool { arguments, value };

/// Code is no value: a cluster names it by where it lies.
template <class T>
inline constexpr bool is_code_v =
    std::is_member_pointer_v<T> || (std::is_pointer_v<T> && std::is_function_v<std::remove_pointer_t<T>>);

/// Replaces the value by what comes out of its bytes. One that cannot be sent stays as it is, or throws if it
/// `must`.
template <class T>
void pass_through_bytes(T& value, [[maybe_unused]] bool must) {
  if constexpr (is_code_v<T>) {
    return;
  } else if constexpr (Serializable<T>) {
    Writer out(64);  // borrows, as a transport would
    out.write(std::as_const(value));
    T copy = from_bytes<T>(out.take());
    std::destroy_at(std::addressof(value));
    std::construct_at(std::addressof(value), std::move(copy));
  } else if (must) {
    throw SerializeError(why_not_serializable<T>());
  }
}

}  // namespace dflow::inline v0::detail
