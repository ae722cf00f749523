#include "runtime/cluster/memory_shares.h"

#include <algorithm>
#include <numeric>

#include "runtime/cluster/memory_limit.h"

namespace dflow::cluster {

MemoryShares::PoolId MemoryShares::join(std::size_t workers) {
  const std::lock_guard lock(mutex_);
  const PoolId pool{++last_};
  pools_[pool].resize(workers);
  workers_ += workers;
  return pool;
}

void MemoryShares::leave(PoolId pool) {
  const std::lock_guard lock(mutex_);
  const auto found = pools_.find(pool);
  if (found == pools_.end()) return;
  workers_ -= found->second.size();
  pools_.erase(found);
}

std::uint64_t MemoryShares::share() const {
  const std::lock_guard lock(mutex_);
  return all_ / std::max<std::size_t>(workers_, 1);
}

std::optional<std::size_t> MemoryShares::look(PoolId pool, std::vector<std::uint64_t> bytes) {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t>& own = pools_.at(pool);
  own = std::move(bytes);
  std::uint64_t together = 0, most = 0;
  for (const auto& [id, workers] : pools_) {
    together = std::accumulate(workers.begin(), workers.end(), together);
    for (const std::uint64_t one : workers) most = std::max(most, one);
  }
  if (together <= all_ / 100 * kMostMemory) return {};
  const auto largest = std::ranges::find(own, most);
  if (largest == own.end()) return {};  // its own pool sees to it
  *largest = 0;
  return static_cast<std::size_t>(largest - own.begin());
}

}  // namespace dflow::cluster
