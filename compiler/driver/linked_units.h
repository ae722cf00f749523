#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/result.h"
#include "formats/unit.h"

namespace dflow::compiler {

/// An object that a linker has put into a program.
struct LinkedObject {
  std::string path;    ///< of the object or of the archive
  std::string member;  ///< of the archive, or ""

  std::string shown() const { return member.empty() ? path : path + "(" + member + ")"; }
  bool operator==(const LinkedObject&) const = default;
};

/// What `--trace --trace` has had a linker (ld, gold, lld, mold) print: the objects, and all lines that are
/// something else.
struct LinkTrace {
  std::vector<LinkedObject> objects;
  std::string rest;
};
LinkTrace read_trace(std::string_view text);

/// The units that an object carries. An error if that cannot be told: it is damaged, or an archive has
/// several members of its name of which only some are linked (`times`: how many).
formats::Result<std::vector<formats::Unit>> units_of(const LinkedObject& object, std::size_t times);

}  // namespace dflow::compiler
