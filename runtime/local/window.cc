#include <dflow/detail/window.h>

#include <algorithm>
#include <bit>
#include <new>
#include <thread>

#include "runtime/local/local_session.h"

namespace dflow::inline v0::detail {

namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;

/// From here on fresh memory for a result costs more than its share of an account.
constexpr std::size_t kLargeValue = 1024;

}  // namespace

bool wants_window(std::size_t count, std::size_t value_size) noexcept {
  const local::LocalSession* session = local::active().local;
  const std::uint64_t least = session ? session->settings().window : 0;
  return least != 0 && count >= (value_size >= kLargeValue ? least / 16 : least) / value_size;
}

Window::Window(std::uint64_t first, std::size_t count, std::size_t value_size, std::size_t alignment)
    : first_(first),
      value_size_(value_size),
      alignment_(std::max<std::size_t>(alignment, 64)),
      // At least 16: the counts of readers lie behind the values, and those of few would share lines with other blocks'.
      shift_(static_cast<unsigned>(std::bit_width(std::max<std::size_t>(16, kBlockBytes / value_size)) - 1)),
      blocks_(new Block[(count >> shift_) + 1]) {}

Window::~Window() {
  for (std::byte* memory : all_) ::operator delete(memory, std::align_val_t{alignment_});
}

void Window::open(std::size_t block) {
  Block& mine = blocks_[block];
  if (mine.account.fetch_add(kCredit, std::memory_order_acq_rel) < 0) {
    while (mine.account.load(std::memory_order_acquire) < 0) std::this_thread::yield();
  }
  if (!mine.memory.load(std::memory_order_acquire)) give_memory(mine);
}

void Window::give_memory(Block& block) {
  const std::lock_guard lock(mutex_);
  if (block.memory.load(std::memory_order_relaxed)) return;
  if (free_.empty()) {
    all_.reserve(all_.size() + 1);
    free_.reserve(all_.size() + 1);  // so that giving back cannot throw
    const std::size_t bytes = (value_size_ + sizeof(std::uint32_t)) << shift_;
    all_.push_back(static_cast<std::byte*>(::operator new(bytes, std::align_val_t{alignment_})));
    free_.push_back(all_.back());
  }
  block.memory.store(free_.back(), std::memory_order_release);
  free_.pop_back();
}

void Window::settle(std::size_t block, std::int64_t born_less_dead) noexcept {
  Block& mine = blocks_[block];
  const std::int64_t change = born_less_dead - kCredit;
  if (mine.account.fetch_add(change, std::memory_order_acq_rel) + change != 0) return;
  std::int64_t nothing_lives = 0;
  if (!mine.account.compare_exchange_strong(nothing_lives, kClosed, std::memory_order_acq_rel)) return;
  {
    const std::lock_guard lock(mutex_);
    if (std::byte* memory = mine.memory.exchange(nullptr, std::memory_order_relaxed)) free_.push_back(memory);
  }
  mine.account.fetch_sub(kClosed, std::memory_order_acq_rel);
}

Ledgers::Ledger& Ledgers::of(Window& window, std::uint64_t id) {
  const std::size_t block = window.block_of(id);
  Ledger& ledger = all_[(block + reinterpret_cast<std::uintptr_t>(&window) / 64) % kCount];
  if (ledger.window != &window || ledger.block != block) [[unlikely]] {
    settle(ledger);
    ledger.window = nullptr;
    window.open(block);
    ledger = {&window, block, 0};
  }
  return ledger;
}

void Ledgers::born(Window& window, std::uint64_t id) { ++of(window, id).change; }
void Ledgers::dead(Window& window, std::uint64_t id) { --of(window, id).change; }

}  // namespace dflow::inline v0::detail
