#include <dflow/detail/window.h>

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <thread>

#include "runtime/local/local_session.h"

namespace dflow::inline v0::detail {

namespace {

constexpr std::size_t kPage = 4096;
/// A block's values take about as much: giving back costs a few microseconds, and each page again when it is touched.
constexpr std::size_t kBlockBytes = 64 * 1024;

/// A power of two, so that the blocks of each array end where pages do.
std::size_t tasks_a_block(std::size_t value_size) {
  const std::size_t whole = kPage / std::min(kPage, value_size & (~value_size + 1));
  return std::max(whole, std::bit_ceil(kBlockBytes / value_size + 1) / 2);
}

/// The whole pages of elements [begin, end).
void return_pages(void* array, std::size_t element, std::size_t begin, std::size_t end) noexcept {
  if (!array) return;
  const auto base = reinterpret_cast<std::uintptr_t>(array);
  const std::uintptr_t first = (base + begin * element + kPage - 1) / kPage * kPage, last = (base + end * element) / kPage * kPage;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

}  // namespace

void* map_pages(std::size_t bytes) noexcept {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

void unmap_pages(void* memory, std::size_t bytes) noexcept { ::munmap(memory, bytes); }

bool wants_window(std::size_t bytes) noexcept {
  const local::LocalSession* session = local::active().local;
  const std::uint64_t least = session ? session->settings().window : 0;
  return least != 0 && bytes >= least;
}

Window::Window(std::uint64_t first, std::size_t count, const Arrays& arrays)
    : first_(first),
      count_(count),
      arrays_(arrays),
      shift_(static_cast<unsigned>(std::countr_zero(tasks_a_block(arrays.value_size)))),
      blocks_(new Block[(count >> shift_) + 1]) {}

std::uint32_t Window::tasks_in(std::size_t block) const noexcept {
  return static_cast<std::uint32_t>(std::min(count_ - (block << shift_), std::size_t{1} << shift_));
}

void Window::open(std::size_t block) noexcept {
  std::atomic<std::int64_t>& account = blocks_[block].account;
  if (account.fetch_add(kCredit, std::memory_order_acq_rel) >= 0) return;
  while (account.load(std::memory_order_acquire) < 0) std::this_thread::yield();  // it is being given back
}

void Window::settle(std::size_t block, std::int64_t born_less_dead, std::uint32_t written) noexcept {
  Block& mine = blocks_[block];
  mine.written.fetch_add(written, std::memory_order_relaxed);
  const std::int64_t change = born_less_dead - kCredit;
  if (mine.account.fetch_add(change, std::memory_order_acq_rel) + change != 0) return;
  std::int64_t nothing_lives = 0;
  if (!mine.account.compare_exchange_strong(nothing_lives, kClosed, std::memory_order_acq_rel)) return;
  const std::uint32_t all = tasks_in(block), so_far = mine.written.load(std::memory_order_relaxed);
  const bool complete = so_far >= all;
  // Of what was touched, little is left over; and giving back costs little for each.
  if (so_far != mine.returned && (complete || so_far - mine.returned >= all / 4)) {
    give_back(block, complete);
    mine.returned = so_far;
  }
  mine.account.fetch_sub(kClosed, std::memory_order_acq_rel);
}

void Window::give_back(std::size_t block, bool inputs) noexcept {
  const std::size_t begin = block << shift_, end = begin + tasks_in(block);
  return_pages(arrays_.values, arrays_.value_size, begin, end);
  return_pages(arrays_.readers, arrays_.reader_size, begin, end);
  if (inputs) return_pages(arrays_.inputs, arrays_.input_size, begin, end);
}

}  // namespace dflow::inline v0::detail
