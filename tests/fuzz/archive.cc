// Static libraries, and what the driver looks for in their members. Each member lies within the file, behind
// the one before.
#include <cstdint>
#include <string_view>

#include "formats/archive.h"
#include "formats/unit.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dflow::formats;
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  const auto members = archive_members(file);
  if (!members) return 0;
  std::size_t end = 0;
  for (const ArchiveMember& member : members.value()) {
    const auto begin = static_cast<std::size_t>(member.bytes.data() - file.data());
    REQUIRE(begin >= end && begin <= size && member.bytes.size() <= size - begin);
    end = begin + member.bytes.size();
    (void)units_in_elf(member.bytes);
  }
  return 0;
}
