// Flat arrays of a launch, and how they give memory back while it runs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include <dflow/detail/export.h>

namespace dflow::inline v0::detail {

/// Zeroed memory of whole pages, which are there once they are touched; null if there is none.
DFLOW_EXPORT void* map_pages(std::size_t bytes) noexcept;
DFLOW_EXPORT void unmap_pages(void* memory, std::size_t bytes) noexcept;
/// Whether results of so many bytes are worth a window (DFLOW_WINDOW).
DFLOW_EXPORT bool wants_window(std::size_t bytes) noexcept;

/// Zeroed memory that costs nothing until it is touched.
template <class T>
class FlatArray {
 public:
  FlatArray() = default;
  /// `pages`: in pages of its own, so that a window can give them back.
  explicit FlatArray(std::size_t count, bool pages = false) : pages_(pages ? count * sizeof(T) : 0) {
    const std::size_t some = count == 0 ? 1 : count;
    data_ = static_cast<T*>(pages_ != 0 ? map_pages(pages_) : allocate_zeroed(some));
    if (!data_) throw std::bad_alloc();
  }
  FlatArray(FlatArray&& other) noexcept : data_(std::exchange(other.data_, nullptr)), pages_(other.pages_) {}
  FlatArray& operator=(FlatArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(pages_, other.pages_);
    return *this;
  }
  ~FlatArray() {
    if (data_ && pages_ != 0) unmap_pages(data_, pages_);
    else std::free(data_);
  }
  T* at(std::size_t i) const noexcept { return data_ + i; }

 private:
  static void* allocate_zeroed(std::size_t count) {
    if constexpr (alignof(T) <= alignof(std::max_align_t)) return std::calloc(count, sizeof(T));
    if (count > SIZE_MAX / sizeof(T)) return nullptr;
    void* memory = std::aligned_alloc(alignof(T), count * sizeof(T));
    if (memory) std::memset(memory, 0, count * sizeof(T));
    return memory;
  }

  T* data_ = nullptr;
  std::size_t pages_ = 0;  ///< Bytes of pages of its own; 0: from the heap.
};

/// Gives the memory of a family's results back, block by block, once each result that has been written there is dead:
/// all its readers are done. A long loop over time keeps what is still read, not what it has made.
///
/// A block's account is the number of its living results. Who is about to change it takes a large *credit* first, and
/// settles later what has really changed, so that tasks one after another in a block cost no shared write each: with
/// credits out, the account is positive. When it comes to 0 and enough has been written since the last time, the block's
/// pages go back to the system; nobody else can open the account meanwhile.
class DFLOW_EXPORT Window {
 public:
  /// Values and what counts their readers; counters of inputs, which are needed until all of the block's tasks have run.
  struct Arrays {
    void* values;
    std::size_t value_size;
    void* readers;
    std::size_t reader_size;
    void* inputs;  ///< Null if there are none.
    std::size_t input_size;
  };
  Window(std::uint64_t first, std::size_t count, const Arrays& arrays);

  std::size_t block_of(std::uint64_t id) const noexcept { return (id - first_) >> shift_; }
  void open(std::size_t block) noexcept;
  void settle(std::size_t block, std::int64_t born_less_dead, std::uint32_t written) noexcept;

 private:
  struct Block {
    std::atomic<std::int64_t> account{0};
    std::atomic<std::uint32_t> written{0};
    std::uint32_t returned = 0;  ///< How many had been written when it was last given back. The giver's.
  };
  static constexpr std::int64_t kCredit = std::int64_t{1} << 44;
  static constexpr std::int64_t kClosed = INT64_MIN / 2;

  std::uint32_t tasks_in(std::size_t block) const noexcept;
  void give_back(std::size_t block, bool inputs) noexcept;

  std::uint64_t first_;
  std::size_t count_;
  Arrays arrays_;
  unsigned shift_;
  std::unique_ptr<Block[]> blocks_;
};

/// What one visit to a launch has changed in windows and not yet settled.
class Ledgers {
 public:
  Ledgers() = default;
  Ledgers(const Ledgers&) = delete;
  Ledgers& operator=(const Ledgers&) = delete;
  ~Ledgers() {
    for (Ledger& each : all_) settle(each);
  }

  /// Task `id` is about to write a result, which will be read; or, unread.
  void born(Window& window, std::uint64_t id, bool read) {
    Ledger& ledger = of(window, id);
    ledger.change += read;
    ++ledger.written;
  }
  /// All who read the result are done.
  void dead(Window& window, std::uint64_t id) { --of(window, id).change; }

 private:
  struct Ledger {
    Window* window = nullptr;
    std::size_t block = 0;
    std::int64_t change = 0;
    std::uint32_t written = 0;
  };

  Ledger& of(Window& window, std::uint64_t id) {
    const std::size_t block = window.block_of(id);
    Ledger& ledger = all_[(block + reinterpret_cast<std::uintptr_t>(&window) / 64) % kCount];
    if (ledger.window != &window || ledger.block != block) [[unlikely]] {
      settle(ledger);
      window.open(block);
      ledger = {&window, block, 0, 0};
    }
    return ledger;
  }
  static void settle(Ledger& ledger) {
    if (ledger.window) ledger.window->settle(ledger.block, ledger.change, ledger.written);
  }

  static constexpr std::size_t kCount = 8;
  Ledger all_[kCount];
};

}  // namespace dflow::inline v0::detail
