#include "formats/unit.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "formats/elf.h"
#include "formats/internal_json.h"

namespace dflow::formats {
namespace {

using internal::Cursor;
using internal::Json;

constexpr FrameKind kUnitFrame{kUnitMagic, kUnitVersion, "unit"};

Json unit_to(const Unit& unit) {
  Json files = Json::array(), open = Json::array();
  for (const UnitFile& file : unit.files) files.push_back({{"path", file.path}, {"hash", file.hash}});
  for (const OpenCall& call : unit.open) open.push_back({{"entity", call.entity}, {"name", call.name}});
  return {{"version", kUnitVersion},
          {"compiler", unit.compiler},
          {"directory", unit.directory},
          {"command", unit.command},
          {"source", unit.source},
          {"files", files},
          {"open", open},
          {"defined", unit.defined}};
}

Unit unit_from(const Cursor& unit) {
  const auto text = [](const Cursor& each) { return each.string(); };
  return {.compiler = unit.field("compiler").string(),
          .directory = unit.field("directory").string(),
          .command = unit.field("command").each(text),
          .source = unit.field("source").string(),
          .files = unit.field("files").each([](const Cursor& file) {
            return UnitFile{file.field("path").string(), file.field("hash").integer<std::uint64_t>()};
          }),
          .open = unit.field("open").each([](const Cursor& call) {
            return OpenCall{call.field("entity").string(), call.field("name").string()};
          }),
          .defined = unit.field("defined").each(text)};
}

Result<Unit> unit_from_cbor(std::string_view bytes) {
  return internal::guarded([bytes] {
    const Json document = internal::parse_document(bytes, internal::Encoding::cbor);
    return unit_from(Cursor(document));
  });
}

}  // namespace

std::uint64_t source_hash(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r\n");
  return XXH3_64bits(text.data(), last == std::string_view::npos ? 0 : last + 1);
}

std::string encode_unit(const Unit& unit) {
  const auto bytes = Json::to_cbor(unit_to(unit));
  return framed(kUnitFrame, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<std::vector<Unit>> decode_units(std::string_view section) {
  return all_framed<Unit>(kUnitFrame, section, unit_from_cbor);
}

Result<std::vector<Unit>> units_in_elf(std::string_view file) {
  return in_sections<Unit>(file, kUnitSection, decode_units);
}

}  // namespace dflow::formats
