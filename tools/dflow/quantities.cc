#include "tools/dflow/quantities.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <utility>

#include "tools/dflow/text.h"

namespace dflow::tools {
namespace {

using formats::Error;
using formats::Result;

using Unit = std::pair<std::string_view, double>;

constexpr double kMostNs = 3.6e15;
constexpr double kMostBytes = 1e15;
constexpr std::uint32_t kMostWorkers = 65'536;

/// The number times its unit; nothing if it is none, or negative.
std::optional<double> scaled(std::string_view text, std::initializer_list<Unit> units) {
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || !std::isfinite(number) || number < 0) return {};
  std::string_view unit(parsed.ptr, static_cast<std::size_t>(text.data() + text.size() - parsed.ptr));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const auto& [name, factor] : units)
    if (unit == name) return number * factor;
  return {};
}

std::optional<double> bytes_of(std::string_view text) {
  return scaled(text, {{"", 1}, {"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}});
}

std::optional<std::uint32_t> count_of(std::string_view text) {
  std::uint32_t count = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, count);
  if (parsed.ec != std::errc() || parsed.ptr != end || count < 1 || count > kMostWorkers) return {};
  return count;
}

std::optional<std::vector<std::uint32_t>> doubled(std::string_view first, std::string_view last) {
  const auto from = count_of(first), to = count_of(last);
  if (!from || !to || *from > *to) return {};
  std::vector<std::uint32_t> counts;
  for (std::uint32_t count = *from; count < *to; count *= 2) counts.push_back(count);
  counts.push_back(*to);
  return counts;
}

std::optional<std::vector<std::uint32_t>> listed(std::string_view text) {
  std::vector<std::uint32_t> counts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto count = count_of(text.substr(begin, end - begin));
    if (!count) return {};
    counts.push_back(*count);
    begin = end + 1;
  }
  return counts;
}

}  // namespace

Result<std::chrono::nanoseconds> parse_time(std::string_view text) {
  const auto ns = scaled(
      text, {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 6e10}, {"h", 3.6e12}});
  if (!ns || *ns > kMostNs)
    return Error{tools::text({"\"", text, "\": expected a time up to 1000h, such as 250us, 1.5ms or 2s"})};
  return std::chrono::nanoseconds(std::llround(*ns));
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const auto bytes = bytes_of(text);
  if (!bytes || *bytes > kMostBytes)
    return Error{tools::text({"\"", text, "\": expected a size up to 1000TB, such as 8, 64kB or 1.5GB"})};
  return static_cast<std::uint64_t>(std::llround(*bytes));
}

Result<double> parse_rate(std::string_view text) {
  std::string_view size = text;
  if (size.ends_with("/s")) size.remove_suffix(2);
  const auto bytes = bytes_of(size);
  if (!bytes || *bytes < 1000 || *bytes > kMostBytes)
    return Error{
        tools::text({"\"", text, "\": expected bytes a second, from 1kB/s to 1000TB/s, such as 125MB/s"})};
  return *bytes;
}

Result<std::vector<std::uint32_t>> parse_workers(std::string_view text) {
  const std::size_t dots = text.find("..");
  const auto counts =
      dots == std::string_view::npos ? listed(text) : doubled(text.substr(0, dots), text.substr(dots + 2));
  if (!counts)
    return Error{
        tools::text({"\"", text, "\": expected a number of workers from 1 to ", std::to_string(kMostWorkers),
                     ", several with commas between, or FIRST..LAST such as 1..1024"})};
  return *counts;
}

}  // namespace dflow::tools
