// Results of a launch that are kept only as long as somebody reads them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <dflow/detail/export.h>

namespace dflow::inline v0::detail {

/// Whether so many results of that size are worth a window (DFLOW_WINDOW).
DFLOW_EXPORT bool wants_window(std::size_t count, std::size_t value_size) noexcept;

/// Keeps the results of a family, and the counts of their readers, in blocks of consecutive numbers. A block has memory
/// while a result in it lives: from the start of its task until all its readers are done. So a long loop over time keeps
/// what is still read, not what it has made, in memory that is used again and again.
///
/// A block's account is the number of its living results. Who is about to change it takes a large *credit* first, and
/// settles later what has really changed, so that tasks one after another in a block cost no shared write each: with
/// credits out, the account is positive. When it comes to 0 the account is closed for a moment, and the memory goes to
/// the next block that needs some.
class DFLOW_EXPORT Window {
 public:
  Window(std::uint64_t first, std::size_t count, std::size_t value_size, std::size_t alignment);
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;
  ~Window();

  /// Only while the result lives.
  void* value(std::uint64_t id) const noexcept { return memory(id) + offset(id) * value_size_; }
  std::atomic<std::uint32_t>* readers(std::uint64_t id) const noexcept {
    return reinterpret_cast<std::atomic<std::uint32_t>*>(memory(id) + (value_size_ << shift_)) + offset(id);
  }

  std::size_t block_of(std::uint64_t id) const noexcept { return (id - first_) >> shift_; }
  void open(std::size_t block);
  void settle(std::size_t block, std::int64_t born_less_dead) noexcept;

 private:
  struct Block {
    std::atomic<std::int64_t> account{0};
    std::atomic<std::byte*> memory{nullptr};
  };
  static constexpr std::int64_t kCredit = std::int64_t{1} << 44;
  static constexpr std::int64_t kClosed = INT64_MIN / 2;

  std::byte* memory(std::uint64_t id) const noexcept { return blocks_[block_of(id)].memory.load(std::memory_order_relaxed); }
  std::size_t offset(std::uint64_t id) const noexcept { return (id - first_) & ((std::size_t{1} << shift_) - 1); }
  void give_memory(Block& block);

  const std::uint64_t first_;
  const std::size_t value_size_, alignment_;
  unsigned shift_;
  std::unique_ptr<Block[]> blocks_;
  std::mutex mutex_;
  std::vector<std::byte*> free_, all_;
};

/// What one visit to a launch has changed in windows and not yet settled.
class DFLOW_EXPORT Ledgers {
 public:
  Ledgers() = default;
  Ledgers(const Ledgers&) = delete;
  Ledgers& operator=(const Ledgers&) = delete;
  ~Ledgers() {
    for (Ledger& each : all_) settle(each);
  }

  /// Task `id` is about to make a result, which will be read.
  void born(Window& window, std::uint64_t id);
  /// All who read the result are done.
  void dead(Window& window, std::uint64_t id);

 private:
  struct Ledger {
    Window* window = nullptr;
    std::size_t block = 0;
    std::int64_t change = 0;
  };

  Ledger& of(Window& window, std::uint64_t id);
  static void settle(Ledger& ledger) {
    if (ledger.window) ledger.window->settle(ledger.block, ledger.change);
  }

  static constexpr std::size_t kCount = 8;
  Ledger all_[kCount];
};

}  // namespace dflow::inline v0::detail
