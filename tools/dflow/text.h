#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace dflow::tools {

/// The parts one after the other. (A chain of + does the same, but g++ 12 warns of some, wrongly: its bug
/// 105651.)
inline std::string text(std::initializer_list<std::string_view> parts) {
  std::string whole;
  for (const std::string_view part : parts) whole.append(part);
  return whole;
}

}  // namespace dflow::tools
