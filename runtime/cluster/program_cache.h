// Where an agent keeps the executables and libraries of the programs that it runs workers of.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "formats/result.h"
#include "runtime/cluster/agent_protocol.h"
#include "runtime/cluster/kept_folder.h"

namespace dflow::cluster {

using formats::Result;

/// A folder for this user alone, with one for each program in it. What lies there is used if its size and hash are right,
/// and fetched again if not. When there is more than it may hold, what was not used for longest goes, and never what is in
/// use. Thread-safe, and safe against other agents that use the same folder: whoever waits for a file keeps nobody else waiting.
class ProgramCache {
 public:
  /// The bytes of a file from `offset` on: at most `kPieceOfFile`.
  using Source = std::function<Result<std::string>(const std::string& file, std::uint64_t offset)>;

  /// Makes the folder if it is not there.
  static Result<ProgramCache> open(const std::string& folder, std::uint64_t most_bytes = UINT64_MAX);
  /// One whose programs the group may read and run, and only this process may change.
  static Result<ProgramCache> open_for(const std::string& folder, gid_t group, std::uint64_t most_bytes);

  /// The folder that holds the program's files, all of them checked: in use as long as the caller keeps it.
  Result<KeptFolder> provide(const std::string& program, const ProgramFiles& files, const Source& source) const;

 private:
  ProgramCache(std::string folder, std::uint64_t most_bytes, std::optional<gid_t> group = {})
      : folder_(std::move(folder)), most_bytes_(most_bytes), group_(group) {}
  void make_room(const std::string& folder, const ProgramFiles& files) const;
  Result<void> provide(const std::string& path, const ProgramFile& file, const Source& source) const;

  std::string folder_;
  std::uint64_t most_bytes_;
  std::optional<gid_t> group_;
};

}  // namespace dflow::cluster
