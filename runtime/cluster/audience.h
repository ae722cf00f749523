// For whose tasks a worker prints: marks in what it prints, where that changes.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dflow::cluster {

/// Clients by number; empty: nobody in particular, and so all.
using Audience = std::vector<std::uint32_t>;

/// An application program command of ECMA-48, which no terminal shows: what follows is printed for these.
inline std::string audience_mark(const Audience& clients) {
  std::string mark = "\x1b_dflow";
  for (const std::uint32_t client : clients) mark += ';' + std::to_string(client);
  return mark + "\x1b\\";
}

/// A mark in a text.
struct FoundMark {
  std::size_t begin = 0, size = 0;
  Audience audience = {};
};

/// The text's first whole mark. Longer ones than a worker writes, and others' commands, are text.
inline std::optional<FoundMark> find_mark(std::string_view text) {
  constexpr std::string_view kBegin = "\x1b_dflow", kEnd = "\x1b\\";
  for (std::size_t begin = text.find(kBegin); begin != std::string_view::npos; begin = text.find(kBegin, begin + 1)) {
    FoundMark found{.begin = begin};
    const char* at = text.data() + begin + kBegin.size();
    const char* const end = text.data() + text.size();
    while (at != end && *at == ';') {
      std::uint32_t client = 0;
      const auto [rest, error] = std::from_chars(at + 1, end, client);
      if (error != std::errc()) break;
      found.audience.push_back(client);
      at = rest;
    }
    const std::string_view rest(at, static_cast<std::size_t>(end - at));
    if (!rest.starts_with(kEnd)) continue;
    found.size = static_cast<std::size_t>(rest.data() - text.data()) + kEnd.size() - begin;
    return found;
  }
  return std::nullopt;
}

}  // namespace dflow::cluster
