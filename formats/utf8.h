#pragma once

#include <cstddef>
#include <string_view>

namespace dflow::formats {

/// The length of the well-formed UTF-8 sequence at `i` (table 3-7 of the Unicode standard), or 0.
inline std::size_t utf8_length(std::string_view text, std::size_t i) {
  const auto byte_at = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  const auto continues = [](unsigned byte) { return (byte & 0xC0U) == 0x80U; };
  const unsigned first = byte_at(i), second = byte_at(i + 1);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !continues(second)) return 0;
  if (first < 0xE0) return 2;
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool too_large = first == 0xF4 && second > 0x8F;
  if (overlong || surrogate || too_large || !continues(byte_at(i + 2))) return 0;
  if (first < 0xF0) return 3;
  return continues(byte_at(i + 3)) ? 4 : 0;
}

/// Terminals take it for an order, not for something to show: U+0000 to U+001F, U+007F to U+009F. `length` as `utf8_length` gives it.
inline bool is_control(std::string_view text, std::size_t i, std::size_t length) {
  const auto first = static_cast<unsigned char>(text[i]);
  if (length == 1) return first < 0x20 || first == 0x7F;
  return length == 2 && first == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
}

}  // namespace dflow::formats
