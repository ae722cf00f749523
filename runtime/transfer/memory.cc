#include "runtime/transfer/memory.h"

#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace dflow::transfer {

namespace {

using formats::Error;
using formats::Result;

/// Of a value of more pieces, finding them would take longer than copying them.
constexpr std::size_t kMostPieces = 4096;
/// Pieces, and bytes, that the kernel is asked for at once.
constexpr std::size_t kAtOnce = 64;
constexpr std::size_t kMostAtOnce = 64 << 20;

/// What no other process has at this address.
const std::uint64_t& own_check() {
  static const std::uint64_t check = [] {
    std::uint64_t word = 0;
    if (::getrandom(&word, sizeof word, 0) != sizeof word) std::abort();
    return word;
  }();
  return check;
}

Error kernels() {
  return Error{std::generic_category().message(errno)};
}

Result<void> check(const net::Memory& memory) {
  std::uint64_t word = 0;
  iovec into{&word, sizeof word};
  iovec from{reinterpret_cast<void*>(memory.check_at), sizeof word};
  const ssize_t got = ::process_vm_readv(static_cast<pid_t>(memory.process), &into, 1, &from, 1, 0);
  if (got < 0) return kernels();
  if (got != sizeof word || word != memory.check) return Error{"another process has its number"};
  return {};
}

}  // namespace

std::optional<net::Memory> show(std::span<const std::span<const std::byte>> pieces) {
  if (pieces.size() > kMostPieces) return std::nullopt;
  net::Memory memory{
      .process = ::getpid(), .check_at = reinterpret_cast<std::uint64_t>(&own_check()), .check = own_check()};
  for (const std::span<const std::byte> piece : pieces) {
    memory.pieces.push_back({reinterpret_cast<std::uint64_t>(piece.data()), piece.size()});
  }
  return memory;
}

MemorySource::MemorySource(const net::Memory& memory, std::uint64_t size) : Source(size), memory_(memory) {}

Result<void> MemorySource::probe() {
  return check(memory_);
}

Result<void> MemorySource::fill(std::span<std::byte> into) {
  const bool last = into.size() == left();
  while (!into.empty()) {
    std::array<iovec, kAtOnce> from;
    std::size_t count = 0, size = 0;
    const std::size_t most = std::min(into.size(), kMostAtOnce);
    for (std::size_t piece = piece_; piece < memory_.pieces.size() && count < from.size() && size < most;
         ++piece) {
      const std::uint64_t skipped = piece == piece_ ? offset_ : 0;
      const net::Memory::Piece& lies = memory_.pieces[piece];
      from[count] = {reinterpret_cast<void*>(lies.address + skipped),
                     std::min<std::size_t>(lies.size - skipped, most - size)};
      size += from[count++].iov_len;
    }
    if (size == 0) return Error{"a value that is shorter than was said"};
    iovec to{into.data(), size};
    const ssize_t got =
        ::process_vm_readv(static_cast<pid_t>(memory_.process), &to, 1, from.data(), count, 0);
    if (got < 0) return kernels();
    if (got == 0) return Error{"the memory of the other process ends"};
    into = into.subspan(static_cast<std::size_t>(got));
    for (auto read = static_cast<std::uint64_t>(got); read > 0;) {
      const std::uint64_t here = std::min(read, memory_.pieces[piece_].size - offset_);
      read -= here;
      offset_ += here;
      if (offset_ == memory_.pieces[piece_].size) ++piece_, offset_ = 0;
    }
  }
  return last ? check(memory_) : Result<void>();
}

}  // namespace dflow::transfer
