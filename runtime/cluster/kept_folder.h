// Folders that several processes fill and use, and that are removed when there is too much in them and nobody uses them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "formats/result.h"

namespace dflow::cluster {

using formats::Result;

/// A folder that stays while this is there, whoever clears up: a lock on a file in it that whoever keeps it shares, and by
/// which such folders are told from others. One that holds something and not that file is refused: it is somebody's own.
class KeptFolder {
 public:
  /// Makes the folder, for this user alone or for a group to read, if it is not there, and notes that it is used now.
  static Result<KeptFolder> keep(const std::string& path, std::optional<gid_t> group = {});
  KeptFolder(KeptFolder&& other) noexcept : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}
  KeptFolder& operator=(KeptFolder&&) = delete;
  ~KeptFolder();

  const std::string& path() const noexcept { return path_; }

 private:
  KeptFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;
};

/// Removes folders in `folder` that were made so, those first that were not used for longest, until the files in all of them have no more
/// than `most` bytes. Folders that are kept stay; others' folders, and what is no folder, stay and do not count.
void clear_folders(const std::string& folder, std::uint64_t most);

}  // namespace dflow::cluster
