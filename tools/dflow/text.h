#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace dflow::tools {

/// The parts one after the other. (A chain of + does the same, but g++ 12 warns of some, wrongly: its bug
/// 105651.)
inline std::string text(std::initializer_list<std::string_view> parts) {
  std::string whole;
  for (const std::string_view part : parts) whole.append(part);
  return whole;
}

/// "a bool", "an int".
inline std::string with_article(std::string_view noun) {
  const bool vowel = !noun.empty() && std::string_view("aeiou").find(noun[0]) != std::string_view::npos;
  return text({vowel ? "an " : "a ", noun});
}

/// The parts with `between` between them.
inline std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string whole;
  for (std::size_t i = 0; i < parts.size(); ++i) whole.append(i == 0 ? "" : between).append(parts[i]);
  return whole;
}

/// `left`, and blanks up to `width`.
inline std::string padded(std::string left, std::size_t width) {
  left.append(width > left.size() ? width - left.size() : 0, ' ');
  return left;
}

}  // namespace dflow::tools
