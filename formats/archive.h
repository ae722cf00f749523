#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/result.h"

namespace dflow::formats {

struct ArchiveMember {
  std::string name;
  std::string_view bytes;  ///< a view into the archive
};

/// The members of a static library as `ar` writes it (System V and GNU names), in order, without its tables.
/// Every offset is checked. An error also for a thin archive, whose members are files of their own.
Result<std::vector<ArchiveMember>> archive_members(std::string_view file);

}  // namespace dflow::formats
