// Values read from the memory of a process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <numeric>

#include "runtime/transfer/machine.h"
#include "runtime/transfer/memory.h"

namespace dflow::transfer {
namespace {

using ::testing::HasSubstr;

std::vector<std::byte> counted(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 256);
  return bytes;
}

/// Pieces of all sizes, which together are `bytes`.
std::vector<std::span<const std::byte>> cut(std::span<const std::byte> bytes) {
  std::vector<std::span<const std::byte>> pieces;
  for (std::size_t size = 1; !bytes.empty(); size = size * 5 % 7919 + 1) {
    pieces.push_back(bytes.first(std::min(size, bytes.size())));
    bytes = bytes.subspan(pieces.back().size());
  }
  return pieces;
}

/// A process with the same memory, which waits until it is killed.
class Twin {
 public:
  Twin() : pid_(::fork()) {
    if (pid_ == 0)
      for (;;) ::pause();
  }
  ~Twin() { end(); }
  void end() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

class Memory : public ::testing::Test {
 protected:
  /// What is shown, as if it lay in the twin, where it does.
  net::Memory shown(Twin& twin) {
    net::Memory memory = show(pieces_).value();
    memory.process = twin.pid();
    return memory;
  }
  Memory() {
    (void)show(pieces_);  // its check word is there before the twin is made
  }

  const std::vector<std::byte> bytes_ = counted(1 << 20);
  const std::vector<std::span<const std::byte>> pieces_ = cut(bytes_);
};

TEST_F(Memory, ComesFromAnotherProcess) {
  Twin twin;
  const net::Memory memory = shown(twin);
  MemorySource source(memory, bytes_.size());
  ASSERT_TRUE(source.probe()) << source.probe().message();
  std::vector<std::byte> got(bytes_.size());
  std::span<std::byte> rest(got);
  for (std::size_t size = 3; !rest.empty(); size = size * 11 % 100'003) {
    const auto now = rest.first(std::min(size, rest.size()));
    source.read(now);
    rest = rest.subspan(now.size());
  }
  EXPECT_EQ(got, bytes_);
}

TEST_F(Memory, OfAProcessThatEndedIsAnError) {
  Twin twin;
  const net::Memory memory = shown(twin);
  MemorySource source(memory, bytes_.size());
  std::vector<std::byte> got(bytes_.size());
  source.read(std::span(got).first(1000));
  twin.end();
  EXPECT_THROW(source.read(std::span(got).subspan(1000)), Source::Broken);
}

/// As if the process had ended meanwhile and another one had its number.
TEST_F(Memory, OfAnotherProcessIsAnError) {
  Twin twin;
  net::Memory memory = shown(twin);
  memory.check ^= 1;
  MemorySource source(memory, bytes_.size());
  EXPECT_THAT(source.probe().message(), HasSubstr("another process"));
  std::vector<std::byte> got(bytes_.size());
  EXPECT_THROW(source.read(got), Source::Broken);
}

TEST_F(Memory, ThatNobodyHasIsAnError) {
  Twin twin;
  net::Memory memory = shown(twin);
  memory.pieces.back().address = 1;
  MemorySource source(memory, bytes_.size());
  std::vector<std::byte> got(bytes_.size());
  EXPECT_THROW(source.read(got), Source::Broken);
}

TEST_F(Memory, InTooManyPiecesIsNotShown) {
  const std::vector<std::span<const std::byte>> many(100'000, std::span(bytes_).first(1));
  EXPECT_FALSE(show(many));
}

TEST(Machine, IsTheSameForProcessesOfOneUserOnOneKernel) {
  EXPECT_TRUE(shares_memory(machine()));
  EXPECT_FALSE(shares_memory(""));
  const std::string other_user = machine() + "0";
  EXPECT_FALSE(shares_memory(other_user));
  EXPECT_TRUE(same_host(machine(), other_user));
  EXPECT_FALSE(same_host(machine(), "x" + machine()));
  EXPECT_FALSE(same_host("", ""));
}

}  // namespace
}  // namespace dflow::transfer
