#include "formats/printable.h"

#include "formats/utf8.h"

namespace dflow::formats {

namespace {

void append_escaped(std::string& out, std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    out += "\\x";
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
}

}  // namespace

std::string printable(std::string_view text, std::string_view kept) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    const std::string_view next = text.substr(i, length == 0 ? 1 : length);
    const bool shown = length > 0 && (!is_control(text, i, length) || kept.find(next) != std::string_view::npos);
    if (shown) out += next;
    else append_escaped(out, next);
    i += next.size();
  }
  return out;
}

}  // namespace dflow::formats
