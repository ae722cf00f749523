// Values on a worker's disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "formats/result.h"
#include "runtime/core/ids.h"
#include "runtime/transfer/source.h"

namespace dflow::cluster {

using formats::Result;

/// One file for all values of this process. It has no name from its first moment on: nobody else can open it,
/// and the system takes it away with the process, however that ends. Room that is free again is used again,
/// and given back to the disk where it can be. Thread-safe.
class SpillFile : public std::enable_shared_from_this<SpillFile> {
 public:
  /// The room of one value, which is free when this is gone.
  class Slot {
   public:
    Slot(std::shared_ptr<SpillFile> file, std::uint64_t offset, std::uint64_t bytes)
        : file_(std::move(file)), offset_(offset), bytes_(bytes) {}
    ~Slot() { file_->give_back(offset_, bytes_); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    /// Calls `take` with the value's bytes, read from the disk. An error, before it is called, if they are
    /// damaged or are not this value's.
    Result<void> read(core::TaskId task, core::Attempt version,
                      const std::function<void(transfer::Source& bytes)>& take) const;

    /// What it takes of the disk.
    std::uint64_t bytes() const noexcept { return bytes_; }
    const std::string& folder() const noexcept { return file_->folder(); }

   private:
    friend class SpillFile;
    std::shared_ptr<SpillFile> file_;
    std::uint64_t offset_, bytes_;
  };

  /// In this folder; empty: where temporary files are that stay on a disk.
  static Result<std::shared_ptr<SpillFile>> open(const std::string& folder);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  /// An error if the disk does not take it; nothing of it is left then.
  Result<std::shared_ptr<const Slot>> write(core::TaskId task, core::Attempt version,
                                            std::span<const std::span<const std::byte>> pieces);

  const std::string& folder() const noexcept { return folder_; }

 private:
  SpillFile(int file, std::string folder) : file_(file), folder_(std::move(folder)) {}

  std::uint64_t take_room(std::uint64_t bytes);
  void give_back(std::uint64_t offset, std::uint64_t bytes);
  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) const;
  Result<void> read_at(std::uint64_t offset, std::span<std::byte> into) const;

  const int file_;
  const std::string folder_;
  std::mutex mutex_;                             ///< For what follows.
  std::map<std::uint64_t, std::uint64_t> free_;  ///< Bytes by offset; no two touch, and none touches the end.
  std::uint64_t end_ = 0;
};

/// Why no values can be written there; empty if they can.
std::string why_no_spilling(const std::string& folder);

}  // namespace dflow::cluster
