// Small payloads on a scheduler's disk.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/cluster/spill_file.h"
#include "runtime/core/payload.h"

namespace dflow::cluster {

/// Bytes that a store keeps.
struct KeptBytes {
  std::atomic<std::uint64_t> in_memory = 0, on_disk = 0;
};

/// The bundles that were read last: whoever reads a piece wants its neighbours next. Thread-safe.
class LatelyRead {
 public:
  void add(std::shared_ptr<const std::string> bytes);

 private:
  std::mutex mutex_;
  std::array<std::shared_ptr<const std::string>, 8> last_;
  std::size_t next_ = 0;
};

/// Payloads that share one place in a file, since what is to be known of a place takes some 200 bytes of memory, and of a piece 64. In memory
/// until they are enough, and if the disk does not take them. Thread-safe.
class Bundle final : public core::PutAway {
 public:
  Bundle(std::shared_ptr<KeptBytes> kept, std::shared_ptr<LatelyRead> lately);
  ~Bundle() override;

  /// The number of the piece.
  std::uint32_t add(const std::string& bytes);
  bool is_full() const;
  /// Takes it out of memory. It is as it was if the disk does not take it. Nothing is added any more.
  Result<void> write(SpillFile& file);

  std::size_t size(std::uint32_t piece) const override;
  Result<core::Payload> read(std::uint32_t piece) const override;

 private:
  std::size_t begin_of(std::uint32_t piece) const { return piece == 0 ? 0 : ends_[piece - 1]; }

  const std::shared_ptr<KeptBytes> kept_;
  const std::shared_ptr<LatelyRead> lately_;
  mutable std::mutex mutex_;  ///< For what follows.
  std::string bytes_;         ///< Until they are written.
  std::vector<std::uint32_t> ends_;
  std::shared_ptr<const SpillFile::Slot> slot_;
  mutable std::weak_ptr<const std::string> again_;  ///< If they are in memory again.
};

/// All that is there: `size` bytes, written for this task.
Result<core::Payload> read_back(const SpillFile::Slot& slot, core::TaskId task, std::size_t size);

}  // namespace dflow::cluster
