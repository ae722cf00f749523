#include "runtime/cluster/board.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <utility>

namespace dflow::cluster {

namespace {

/// Tells a board from other files.
constexpr std::uint64_t kKind = 0x32647261'6f427764;
/// Standard input, output and error may be closed here, and are something else in a worker.
constexpr int kBehindStandard = 3;

}  // namespace

Board::Lines* Board::map(int descriptor) {
  void* memory = ::mmap(nullptr, sizeof(Lines), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<Lines*>(memory);
}

std::optional<Board> Board::make() {
  const File made(::memfd_create("dflow-board", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!made || ::ftruncate(made.number(), sizeof(Lines)) != 0) return std::nullopt;
  // A worker that made it shorter would end who reads it by a signal.
  if (::fcntl(made.number(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return std::nullopt;
  File file(::fcntl(made.number(), F_DUPFD_CLOEXEC, kBehindStandard));
  Lines* lines = file ? map(file.number()) : nullptr;
  if (!lines) return std::nullopt;
  lines->kind.store(kKind, std::memory_order_relaxed);
  return Board(std::move(file), lines);
}

std::optional<Board> Board::join(int descriptor) {
  struct stat found {};
  if (::fstat(descriptor, &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  if (found.st_size != static_cast<off_t>(sizeof(Lines))) return std::nullopt;
  Lines* lines = map(descriptor);
  if (!lines) return std::nullopt;
  Board board(File(), lines);
  if (lines->kind.load(std::memory_order_relaxed) != kKind) return std::nullopt;
  const File not_for_children(descriptor);
  return board;
}

Board::Board(Board&& other) noexcept : file_(std::move(other.file_)), lines_(std::exchange(other.lines_, nullptr)) {}

Board& Board::operator=(Board&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(lines_, other.lines_);
  return *this;
}

Board::~Board() {
  if (lines_) ::munmap(lines_, sizeof(Lines));
}

bool Board::add(const RunningBody& body) noexcept {
  for (Line& line : lines_->all) {
    if (line.id.load(std::memory_order_relaxed) != 0) continue;
    line.attempt.store(static_cast<std::uint32_t>(body.attempt), std::memory_order_relaxed);
    line.id.store(static_cast<std::uint64_t>(body.id), std::memory_order_release);
    return true;
  }
  return false;
}

void Board::remove(const RunningBody& body) noexcept {
  for (Line& line : lines_->all) {
    const bool is = line.id.load(std::memory_order_relaxed) == static_cast<std::uint64_t>(body.id) &&
                    line.attempt.load(std::memory_order_relaxed) == static_cast<std::uint32_t>(body.attempt);
    if (is) return line.id.store(0, std::memory_order_release);
  }
}

std::vector<RunningBody> Board::bodies() const {
  std::vector<RunningBody> bodies;
  for (const Line& line : lines_->all) {
    const std::uint64_t id = line.id.load(std::memory_order_acquire);
    if (id != 0) bodies.push_back({core::TaskId{id}, core::Attempt{line.attempt.load(std::memory_order_relaxed)}});
  }
  return bodies;
}

}  // namespace dflow::cluster
