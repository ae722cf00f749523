#include "compiler/codegen/generated_text.h"

#include <algorithm>

namespace dflow::compiler {

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

std::string behind(const std::string& first, const std::string& list) {
  return list.empty() ? first : first + ", " + list;
}

std::string unused(const std::string& declared) {
  std::string text;
  for (std::size_t at = 0; at < declared.size();) {
    const std::size_t end = std::min(declared.find(", ", at), declared.size());
    text += (text.empty() ? "" : ", ") + ("[[maybe_unused]] " + declared.substr(at, end - at));
    at = end + 2;
  }
  return text;
}

std::string indented(const std::string& text, std::size_t depth) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) result += std::string(depth, ' ') + text.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return result;
}

}  // namespace dflow::compiler
