/// Any word of the vocabulary as a line for people: `describe(event)`. For traces and failed tests; not
/// parsed by anything.
#pragma once

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "runtime/core/codec.h"
#include "runtime/core/story.h"

namespace dflow::core {
namespace detail {

/// "RunTask" of `std::string_view dflow::core::detail::type_name() [with T = dflow::core::RunTask; ...]`.
template <class T>
constexpr std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text = text.substr(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  return text.substr(text.rfind(':') + 1);
}

template <class T>
void print(std::ostream& out, const T& value) {
  if constexpr (std::is_same_v<T, TaskId>)
    out << Story<WorkState>::name(value);
  else if constexpr (std::is_enum_v<T>)
    out << +static_cast<std::underlying_type_t<T>>(value);
  else if constexpr (std::is_arithmetic_v<T>)
    out << +value;
  else if constexpr (std::is_same_v<T, std::string>)
    out << value.size() << " bytes";
  else if constexpr (std::is_same_v<T, Duration>)
    out << value.count() << " ns";
  else if constexpr (std::is_same_v<T, Time>)
    out << value.time_since_epoch().count() << " ns";
  else if constexpr (Record<T>) {
    out << type_name<T>() << "{";
    const char* separator = "";
    std::apply(
        [&](auto... field) { ((out << std::exchange(separator, ", "), print(out, value.*field)), ...); },
        T::fields);
    out << "}";
  } else if constexpr (requires { value.index(); }) {
    std::visit([&](const auto& one) { print(out, one); }, value);
  } else if constexpr (requires { value.first; }) {
    print(out, value.first), out << ": ", print(out, value.second);
  } else if constexpr (requires { value.begin(); }) {
    const char* separator = "";
    out << "[";
    for (const auto& one : value) out << std::exchange(separator, ", "), print(out, one);
    out << "]";
  } else if (value) {
    print(out, *value);
  } else {
    out << "-";
  }
}

}  // namespace detail

template <class T>
std::string describe(const T& value) {
  std::ostringstream out;
  detail::print(out, value);
  return out.str();
}

}  // namespace dflow::core
