#pragma once

#include <optional>
#include <string>
#include <utility>

namespace dflow::formats {

/// Why something from outside could not be read or written: one line for a person, naming what was found,
/// what was expected and, where there is one, the way out.
struct Error {
  std::string message;
};

/// A value, or the error that stands in its place. Check with `if (!result)` before `value()`.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                // NOLINT: `return value;` is the point
  Result(Error error) : message_(std::move(error.message)) {}  // NOLINT: as is `return Error{...};`

  explicit operator bool() const { return value_.has_value(); }

  const T& value() const& { return *value_; }
  T& value() & { return *value_; }
  T value() && { return std::move(*value_); }

  const std::string& message() const { return message_; }
  Error error() const { return {message_}; }

 private:
  std::optional<T> value_;
  std::string message_;
};

/// Success, or an error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : message_(std::move(error.message)), ok_(false) {}  // NOLINT

  explicit operator bool() const { return ok_; }
  const std::string& message() const { return message_; }
  Error error() const { return {message_}; }

 private:
  std::string message_;
  bool ok_ = true;
};

}  // namespace dflow::formats
