// Files that go from machine to machine are told apart and checked by a hash.
#pragma once

#include <cstdint>
#include <string>

#include "formats/result.h"

namespace dflow::cluster {

using formats::Result;

struct HashedFile {
  std::uint64_t size = 0;
  std::string hash;  ///< XXH3, 128 bits, in hexadecimal: against accidents, as the checksums of dflow's formats are.
};

/// Reads the whole file.
Result<HashedFile> hash_of_file(const std::string& path);

}  // namespace dflow::cluster
