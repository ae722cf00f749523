// What both ends of a task's way have in common: one executable, and where things lie in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dflow::cluster {

/// Names the executable that runs here: its build id, or a hash of it if it has none. Processes of the same program have
/// the same functions and types.
const std::string& program_id();

/// A file that this process runs from: the executable first, then its libraries.
struct LoadedFile {
  std::string name;      ///< Without folders.
  std::string path;
  std::string build_id;  ///< Bytes, or a hash of the file.
};
std::vector<LoadedFile> loaded_files();

/// A place in the executable or one of its libraries, the same wherever they are loaded.
struct CodePlace {
  std::string module;       ///< File name without folders; empty: the executable.
  std::uint64_t check = 0;  ///< Of the module's build id.
  std::uint64_t offset = 0;
};

/// Throws dflow::SerializeError if the address lies in none.
CodePlace place_of(const void* address);
/// Of something of `size` bytes. Throws dflow::SerializeError if this process has no such module, another version of it,
/// or it does not reach so far.
const void* address_of(const CodePlace& place, std::size_t size = 1);

/// The word there, which is in the program's memory, and need not be what it is taken for: address sanitizers are not asked.
std::uint64_t word_at(const void* address);

}  // namespace dflow::cluster
