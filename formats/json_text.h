#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include "formats/file.h"

namespace dflow::formats {

/// Appends `text` as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD, so that the result
/// can always be read back; control characters are escaped, so that it can be shown.
void append_json_string(std::string& out, std::string_view text);

/// Writes JSON piece by piece, for documents too large to be built in memory first: the caller keeps the
/// punctuation right.
class JsonStream {
 public:
  explicit JsonStream(ByteSink& sink) : sink_(sink) {}

  JsonStream& raw(std::string_view text) {
    buffer_.append(text);
    if (buffer_.size() >= kFlushAt) flush();
    return *this;
  }

  JsonStream& string(std::string_view text) {
    append_json_string(buffer_, text);
    return raw("");
  }

  JsonStream& number(std::integral auto value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    return raw({digits, end});
  }

  /// A comma and a line break before each element but the first.
  JsonStream& next(bool& first) {
    raw(first ? "\n" : ",\n");
    first = false;
    return *this;
  }

  void flush() {
    sink_.write(buffer_);
    buffer_.clear();
  }

 private:
  static constexpr std::size_t kFlushAt = 1 << 16;
  ByteSink& sink_;
  std::string buffer_;
};

}  // namespace dflow::formats
