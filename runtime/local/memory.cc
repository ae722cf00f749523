// Memory for nodes. Each thread keeps a free list a size class; full lists of kBatch blocks are exchanged with a shared
// depot, since blocks are usually freed by another thread than the one that took them (J. Bonwick, J. Adams,
// "Magazines and Vmem", USENIX 2001). Memory is kept for later nodes, not returned to the system.

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <dflow/detail/node.h>

#include "runtime/local/sanitizers.h"

namespace dflow::inline v0::detail {
namespace {

constexpr std::size_t kGrain = 32, kClasses = 32, kBatch = 128, kFirstSlab = 64 * 1024, kSlab = 256 * 1024, kSmallSlabs = 8,
                      kHugePage = 2 * 1024 * 1024;

constexpr bool kPooled = !local::kAddressSanitizer && !local::kThreadSanitizer;  // sanitizers see each block's life

struct Block {
  Block* next;        ///< In its batch.
  Block* next_batch;  ///< In the depot, for a batch's first block.
};

/// Batches of kBatch blocks, and the slab that new ones are cut from.
class Depot {
 public:
  Block* get(std::size_t size) {
    const std::lock_guard lock(mutex_);
    if (!batches_) return cut(size);
    Block* batch = batches_;
    batches_ = batch->next_batch;
    return batch;
  }
  void put(Block* batch) {
    const std::lock_guard lock(mutex_);
    batch->next_batch = batches_;
    batches_ = batch;
  }

 private:
  Block* cut(std::size_t size) {
    const std::size_t bytes = size * kBatch;
    if (static_cast<std::size_t>(end_ - begin_) < bytes) {
      // Programs with few tasks take little; those with many get huge pages, since fresh small ones cost more than
      // the tasks that live in them.
      const bool huge = slabs_.size() >= kSmallSlabs;
      const std::size_t slab = std::max(huge ? kHugePage : slabs_.empty() ? kFirstSlab : kSlab, bytes);
      begin_ = static_cast<char*>(::operator new(slab, std::align_val_t{huge ? kHugePage : 64}));
      end_ = begin_ + slab;
      slabs_.push_back(begin_);
      if (huge) ::madvise(begin_, slab, MADV_HUGEPAGE);
    }
    Block* first = nullptr;
    for (std::size_t i = kBatch; i-- > 0;) {
      auto* block = reinterpret_cast<Block*>(begin_ + i * size);
      block->next = first;
      first = block;
    }
    begin_ += bytes;
    return first;
  }

  std::mutex mutex_;
  Block* batches_ = nullptr;
  char* begin_ = nullptr;
  char* end_ = nullptr;
  std::vector<char*> slabs_;  // so that leak checkers find them
};

/// Never destroyed: threads may outlive static destruction.
std::array<Depot, kClasses>& depots() {
  static auto* all = new std::array<Depot, kClasses>;
  return *all;
}

struct FreeList {
  Block* first = nullptr;
  std::size_t count = 0;
  Block* spare = nullptr;  ///< A full batch kept back, so that a thread on the brink does not visit the depot each time.
};

// Trivially destructible, so that reaching it needs no check whether it was made.
constinit thread_local std::array<FreeList, kClasses> lists{};

/// Gives a thread's blocks back at its end. A batch in the depot may be shorter than kBatch: lists count what they hold
/// only as a bound for giving back.
struct GiveBack {
  bool armed = false;
  ~GiveBack() {
    for (std::size_t i = 0; i < kClasses; ++i) {
      if (lists[i].first) depots()[i].put(lists[i].first);
      if (lists[i].spare) depots()[i].put(lists[i].spare);
      lists[i] = {};
    }
  }
};
thread_local GiveBack give_back;

[[gnu::noinline]] void* allocate_from_depot(std::size_t index) {
  give_back.armed = true;
  FreeList& list = lists[index];
  Block* batch = list.spare ? std::exchange(list.spare, nullptr) : depots()[index].get((index + 1) * kGrain);
  list.first = batch->next;
  list.count = kBatch - 1;
  return batch;
}

[[gnu::noinline]] void spill(std::size_t index) {
  give_back.armed = true;
  FreeList& list = lists[index];
  if (list.spare) depots()[index].put(list.spare);
  list.spare = std::exchange(list.first, nullptr);
  list.count = 0;
}

}  // namespace

void* allocate(std::size_t bytes) {
  const std::size_t index = (bytes - 1) / kGrain;
  if (!kPooled || index >= kClasses) return ::operator new(bytes);
  FreeList& list = lists[index];
  Block* block = list.first;
  if (!block) [[unlikely]] return allocate_from_depot(index);
  list.first = block->next;
  list.count -= list.count > 0;
  return block;
}

void deallocate(void* memory, std::size_t bytes) noexcept {
  const std::size_t index = (bytes - 1) / kGrain;
  if (!kPooled || index >= kClasses) return ::operator delete(memory);
  if (lists[index].count >= kBatch) [[unlikely]] spill(index);
  FreeList& list = lists[index];
  auto* block = static_cast<Block*>(memory);
  block->next = list.first;
  list.first = block;
  ++list.count;
}

}  // namespace dflow::inline v0::detail
