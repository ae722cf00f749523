#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "formats/plan.h"
#include "formats/result.h"

/// Plans inside executables, shared libraries and object files. Nothing is executed, and every offset and
/// size is checked against the file before it is followed.
namespace dflow::formats {

/// Where plans are.
inline constexpr std::string_view kPlanSection = ".dflow";

bool is_elf(std::string_view file);

/// The contents of the sections of that name, in order; none if there are none. Views into `file`, which must
/// be a 64-bit little-endian ELF file.
Result<std::vector<std::string_view>> elf_sections(std::string_view file, std::string_view name);

/// What `decode` makes of the contents of each of those sections, all together.
template <class T>
Result<std::vector<T>> in_sections(std::string_view file, std::string_view name,
                                   Result<std::vector<T>> (*decode)(std::string_view section)) {
  const auto sections = elf_sections(file, name);
  if (!sections) return sections.error();
  std::vector<T> all;
  for (const std::string_view section : sections.value()) {
    auto some = decode(section);
    if (!some) return some.error();
    for (T& each : some.value()) all.push_back(std::move(each));
  }
  return all;
}

/// Whether that file is an executable or a shared library, not an object file or something else.
bool is_elf_program(std::string_view file);

/// All plans of a file; an error if it has none.
Result<std::vector<Plan>> plans_in_elf(std::string_view file);

}  // namespace dflow::formats
