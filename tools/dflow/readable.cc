#include "tools/dflow/readable.h"

#include <array>
#include <cstdio>

namespace dflow::tools {
namespace {

/// Three digits and the unit; `units` are a factor of 1000 apart.
template <std::size_t N>
std::string scaled(std::uint64_t value, const std::array<const char*, N>& units) {
  auto number = static_cast<double>(value);
  std::size_t unit = 0;
  for (; number >= 999.5 && unit + 1 < N; ++unit) number /= 1000;
  char text[48];
  const int decimals = unit == 0 || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
  std::snprintf(text, sizeof text, "%.*f %s", decimals, number, units[unit]);
  return text;
}

}  // namespace

std::string readable_time(std::uint64_t ns) {
  return scaled(ns, std::array{"ns", "µs", "ms", "s"});
}

std::string readable_size(std::uint64_t bytes) {
  if (bytes == 1) return "1 byte";
  return scaled(bytes, std::array{"bytes", "kB", "MB", "GB", "TB"});
}

}  // namespace dflow::tools
