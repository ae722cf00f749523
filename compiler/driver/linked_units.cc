#include "compiler/driver/linked_units.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>

#include "formats/archive.h"
#include "formats/elf.h"
#include "formats/file.h"

namespace dflow::compiler {
namespace {

bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

/// ld says "(libx.a)y.o", the others "libx.a(y.o)".
std::optional<LinkedObject> member_in(const std::string& line) {
  if (line.starts_with('(')) {
    const auto end = line.find(')');
    if (end != std::string::npos && is_file(line.substr(1, end - 1)))
      return LinkedObject{line.substr(1, end - 1), line.substr(end + 1)};
  }
  if (line.ends_with(')')) {
    const auto begin = line.rfind('(');
    if (begin != std::string::npos && is_file(line.substr(0, begin)))
      return LinkedObject{line.substr(0, begin), line.substr(begin + 1, line.size() - begin - 2)};
  }
  return std::nullopt;
}

formats::Result<std::vector<formats::Unit>> units_in(std::string_view bytes) {
  if (!formats::is_elf(bytes) || formats::is_elf_program(bytes)) return std::vector<formats::Unit>();
  return formats::units_in_elf(bytes);
}

/// Most libraries have nothing to do with dflow; their text need not be taken apart.
bool mentions_units(std::string_view bytes) {
  return bytes.find(formats::kUnitSection) != std::string_view::npos;
}

}  // namespace

LinkTrace read_trace(std::string_view text) {
  LinkTrace trace;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (auto member = member_in(line))
      trace.objects.push_back(std::move(*member));
    else if (is_file(line))
      trace.objects.push_back({line, ""});
    else
      trace.rest += line + "\n";
  }
  return trace;
}

formats::Result<std::vector<formats::Unit>> units_of(const LinkedObject& object, std::size_t times) {
  const auto file = formats::read_file(object.path);
  if (!file) return file.error();
  if (!mentions_units(file.value())) return std::vector<formats::Unit>();
  if (object.member.empty()) return units_in(file.value());
  // lld shows members of thin archives like others; they are files beside the archive.
  if (const auto beside = std::filesystem::path(object.path).parent_path() / object.member;
      file.value().starts_with("!<thin>\n"))
    return units_of({beside, ""}, 1);
  const auto members = formats::archive_members(file.value());
  if (!members) return members.error();
  std::vector<formats::Unit> units;
  std::size_t found = 0;
  for (const formats::ArchiveMember& member : members.value()) {
    if (member.name != object.member) continue;
    ++found;
    auto in_member = units_in(member.bytes);
    if (!in_member) return in_member.error();
    for (formats::Unit& unit : in_member.value()) units.push_back(std::move(unit));
  }
  if (found != times && !units.empty())
    return formats::Error{"the archive has " + std::to_string(found) + " members of this name, and " +
                          std::to_string(times) + " of them are linked"};
  return units;
}

}  // namespace dflow::compiler
