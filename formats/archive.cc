#include "formats/archive.h"

#include <ar.h>
#include <cstddef>

#include <charconv>
#include <optional>

namespace dflow::formats {
namespace {

constexpr std::string_view kThinMagic = "!<thin>\n";

Error damaged(const std::string& how) {
  return {"a damaged archive: " + how};
}

std::string_view trimmed(std::string_view field) {
  const auto end = field.find_last_not_of(' ');
  return end == std::string_view::npos ? std::string_view() : field.substr(0, end + 1);
}

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "name/", or "/123" for the name at that byte of the table of long names.
std::optional<std::string> name_of(std::string_view field, std::string_view long_names) {
  if (!field.starts_with('/')) return std::string(field.substr(0, field.find('/')));
  const auto at = number(field.substr(1));
  if (!at || *at >= long_names.size()) return std::nullopt;
  const std::string_view rest = long_names.substr(*at);
  return std::string(rest.substr(0, rest.find("/\n")));
}

}  // namespace

Result<std::vector<ArchiveMember>> archive_members(std::string_view file) {
  if (file.starts_with(kThinMagic)) return Error{"a thin archive, whose members are files of their own"};
  if (!file.starts_with(std::string_view(ARMAG, SARMAG))) return Error{"not an archive"};
  std::vector<ArchiveMember> members;
  std::string_view long_names;
  for (std::size_t at = SARMAG; at < file.size();) {
    const std::string_view header = file.substr(at, sizeof(ar_hdr));
    if (header.size() < sizeof(ar_hdr) || !header.ends_with(std::string_view(ARFMAG, 2)))
      return damaged("no member begins at byte " + std::to_string(at));
    const std::string_view field = trimmed(header.substr(0, sizeof(ar_hdr::ar_name)));
    const auto size = number(trimmed(header.substr(offsetof(ar_hdr, ar_size), sizeof(ar_hdr::ar_size))));
    at += sizeof(ar_hdr);
    if (!size || *size > file.size() - at)
      return damaged("the member before byte " + std::to_string(at) + " is cut short");
    const std::string_view bytes = file.substr(at, *size);
    at += *size + *size % 2;
    if (field == "/" || field == "/SYM64/") continue;
    if (field == "//") {
      long_names = bytes;
      continue;
    }
    const auto name = name_of(field, long_names);
    if (!name) return damaged("a member's name is not in its table");
    members.push_back({*name, bytes});
  }
  return members;
}

}  // namespace dflow::formats
