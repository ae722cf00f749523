// What the workers of several programs on one machine may have in memory together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

namespace dflow::cluster {

/// Where nobody has said how much a worker may have, all workers here have shares of what there is: of all programs' pools, which
/// come and go. Thread-safe.
class MemoryShares {
 public:
  enum class PoolId : std::uint64_t {};

  /// Of so many bytes.
  explicit MemoryShares(std::uint64_t all) : all_(all) {}

  /// A pool of so many workers, from now on until `leave`.
  PoolId join(std::size_t workers);
  void leave(PoolId pool);
  /// Of each worker; of one that is about to come, while there is none.
  std::uint64_t share() const;

  /// What each of the pool's workers has now. If all of all pools together have nearly everything, and one of this pool has most
  /// of them: which one, which then counts as gone. A worker may have more than its share while others have less.
  std::optional<std::size_t> look(PoolId pool, std::vector<std::uint64_t> bytes);

 private:
  const std::uint64_t all_;
  mutable std::mutex mutex_;
  std::map<PoolId, std::vector<std::uint64_t>> pools_;  ///< What their workers had when they were looked at last.
  std::size_t workers_ = 0;                             ///< Of all pools.
  std::uint64_t last_ = 0;
};

}  // namespace dflow::cluster
