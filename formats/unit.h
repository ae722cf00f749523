#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/framed.h"
#include "formats/result.h"

/// What an object tells those who link it of how it was made, so that they can make it again with what they
/// know of the others (`dflowc --dflow-whole-program`). It stands in a section of its own, which linkers
/// leave out of programs. Specified in docs/formats.md.
namespace dflow::formats {

inline constexpr int kUnitVersion = 1;
inline constexpr std::string_view kUnitMagic = "DFLOWUNT";
inline constexpr std::string_view kUnitSection = ".dflow.unit";

/// A file that the compiler has read.
struct UnitFile {
  std::string path;  ///< absolute
  std::uint64_t hash = 0;
  bool operator==(const UnitFile&) const = default;
};

/// A function that the unit's graph functions call and that it only declares.
struct OpenCall {
  std::string entity;  ///< the same in all units
  std::string name;    ///< for people
  bool operator==(const OpenCall&) const = default;
};

struct Unit {
  std::string compiler;              ///< dflowc's version
  std::string directory;             ///< where it was called, absolute
  std::vector<std::string> command;  ///< its words for this object, without outputs
  std::string source;                ///< as in the command
  std::vector<UnitFile> files;       ///< the source and its headers, but for the system's
  std::vector<OpenCall> open;
  std::vector<std::string> defined;  ///< the entities that other units' calls end in
  bool operator==(const Unit&) const = default;
};

/// Of a text without the blank space at its end: the compiler may see more of that than the file has.
std::uint64_t source_hash(std::string_view text);

/// The frame that stands in the section.
std::string encode_unit(const Unit& unit);
Result<std::vector<Unit>> decode_units(std::string_view section);

/// The units of an object file, none if it carries none; several if it was linked of others (`ld -r`).
Result<std::vector<Unit>> units_in_elf(std::string_view file);

}  // namespace dflow::formats
