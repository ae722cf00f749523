#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/result.h"

/// The functions that a program runs as tasks, by which two builds of it can be compared. Specified in
/// docs/formats.md.
namespace dflow::formats {

inline constexpr int kTaskTableVersion = 1;
inline constexpr std::string_view kTaskTableMagic = "DFLOWTSK";
inline constexpr std::string_view kTaskTableSection = ".dflow.tasks";

struct TaskFunction {
  std::string name;       ///< qualified; a functor's or lambda's as in labels
  std::string signature;  ///< its canonical type
  std::string file;
  std::uint32_t line = 0;
  std::uint64_t id = 0;    ///< of name and signature: the same in all builds
  std::uint64_t body = 0;  ///< of its code and that of all it calls, as far as its file sees that
  bool operator==(const TaskFunction&) const = default;
};

std::uint64_t task_hash(std::string_view text);

/// Sixteen hexadecimal digits.
std::string hash_text(std::uint64_t hash);

/// By name, then id; each once. Two translation units may see one function, which is the same if its hashes
/// are.
std::vector<TaskFunction> sorted(std::vector<TaskFunction> tasks);

std::string encode_tasks(const std::vector<TaskFunction>& tasks);
Result<std::vector<TaskFunction>> decode_tasks(std::string_view section);

/// Those of a program or object, sorted; an error if it has no table.
Result<std::vector<TaskFunction>> tasks_in_elf(std::string_view file);

std::string tasks_to_json(const std::vector<TaskFunction>& tasks);

}  // namespace dflow::formats
