#include "runtime/cluster/spill_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <numeric>
#include <vector>

#include "tests/formats/full_disk.h"

namespace dflow::cluster {
namespace {

using Bytes = std::vector<std::byte>;
using testing::HasSubstr;

Bytes noise(std::size_t size, std::uint64_t seed = 1) {
  Bytes bytes(size);
  for (std::byte& byte : bytes)
    byte = static_cast<std::byte>((seed = seed * 6364136223846793005 + 1442695040888963407) >> 56);
  return bytes;
}

class Spilling : public testing::Test {
 protected:
  using Slot = std::shared_ptr<const SpillFile::Slot>;

  Spilling() {
    std::string name = testing::TempDir() + "spill-XXXXXX";
    folder = ::mkdtemp(name.data());
    file = SpillFile::open(folder).value();
  }
  ~Spilling() override { std::filesystem::remove_all(folder); }

  Result<Slot> try_write(const Bytes& bytes, std::uint64_t task = 1) {
    const std::span<const std::byte> all(bytes);
    const std::vector<std::span<const std::byte>> pieces{all.first(bytes.size() / 3),
                                                         all.subspan(bytes.size() / 3)};
    return file->write(core::TaskId{task}, core::Attempt{1}, pieces);
  }
  Slot write(const Bytes& bytes, std::uint64_t task = 1) { return try_write(bytes, task).value(); }
  static Result<Bytes> read(const Slot& slot, std::uint64_t task = 1) {
    Bytes bytes;
    const Result<void> read = slot->read(core::TaskId{task}, core::Attempt{1}, [&](transfer::Source& source) {
      bytes.resize(source.left());
      source.read(bytes);
    });
    if (!read) return read.error();
    return bytes;
  }
  /// The file as this process has it open, found as anybody else of its user would find it.
  static int opened() {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const std::string target = std::filesystem::read_symlink(entry, gone).string();
      if (target.find("/spill-") != std::string::npos && target.ends_with("(deleted)"))
        return std::stoi(entry.path().filename());
    }
    return -1;
  }
  static struct stat facts() {
    struct stat found{};
    ::fstat(opened(), &found);
    return found;
  }

  std::string folder;
  std::shared_ptr<SpillFile> file;
};

TEST_F(Spilling, GivesBackWhatWasWritten) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{3'000'000}}) {
    for (const Bytes& bytes : {noise(size), Bytes(size, std::byte{7})}) {
      const Slot slot = write(bytes);
      EXPECT_TRUE(read(slot).value() == bytes) << size;
    }
  }
}

TEST_F(Spilling, PacksWhatBecomesSmaller) {
  const Slot slot = write(Bytes(10'000'000, std::byte{7}));
  EXPECT_LT(facts().st_size, 1'000'000);
}

TEST_F(Spilling, HasNoNameAndIsForItsUserAlone) {
  const Slot slot = write(noise(1000));
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  EXPECT_EQ(facts().st_mode & 0777, 0600u);
}

TEST_F(Spilling, UsesRoomAgain) {
  Slot first = write(noise(100'000), 1);
  Slot second = write(noise(100'000), 2);
  const auto size = facts().st_size;
  first.reset();
  first = write(noise(90'000, 5), 3);
  EXPECT_EQ(facts().st_size, size);
  EXPECT_TRUE(read(first, 3).value() == noise(90'000, 5));
  EXPECT_TRUE(read(second, 2).value() == noise(100'000));
  first.reset(), second.reset();
  EXPECT_EQ(facts().st_size, 0);
}

TEST_F(Spilling, GivesRoomBackToTheDisk) {
  Slot first = write(noise(1'000'000), 1);
  const Slot second = write(noise(1000), 2);
  const auto before = facts().st_blocks;
  first.reset();
  EXPECT_LT(facts().st_blocks, before - 1500);  // of 512 bytes
}

TEST_F(Spilling, FindsEveryDamage) {
  for (const Bytes& bytes : {noise(200'000), Bytes(200'000, std::byte{7})}) {
    const Slot slot = write(bytes);
    const auto size = static_cast<off_t>(facts().st_size);
    const int disk = opened();
    for (off_t at = 0; at < size; at += 1 + size / 97) {
      char good = 0;
      ASSERT_EQ(::pread(disk, &good, 1, at), 1);
      const char bad = static_cast<char>(good ^ 16);
      ASSERT_EQ(::pwrite(disk, &bad, 1, at), 1);
      EXPECT_FALSE(read(slot)) << at;
      ASSERT_EQ(::pwrite(disk, &good, 1, at), 1);
    }
    EXPECT_TRUE(read(slot));
  }
}

TEST_F(Spilling, BelievesNoOtherValueInItsPlace) {
  const Slot slot = write(noise(1000), 1);
  EXPECT_EQ(read(slot, 2).message(), "it is another value");
}

TEST_F(Spilling, FindsThatAFileIsCutShort) {
  const Slot slot = write(noise(1000));
  ASSERT_EQ(::ftruncate(opened(), 500), 0);
  EXPECT_EQ(read(slot).message(), "it is cut short");
}

TEST_F(Spilling, SaysThatTheDiskIsFullAndGoesOnWhenItIsNot) {
  const Slot before = write(noise(10'000), 1);
  {
    const test::FullDisk full(50'000);
    EXPECT_THAT(try_write(noise(100'000), 2).message(), HasSubstr("File too large"));
    EXPECT_TRUE(try_write(noise(10'000), 3)) << "what had no room left none taken";
  }
  EXPECT_TRUE(read(write(noise(100'000), 2), 2));
  EXPECT_TRUE(read(before, 1).value() == noise(10'000));
}

TEST(SpillFolder, ThatIsNotThereIsNamed) {
  EXPECT_EQ(why_no_spilling("/nowhere/at/all"),
            "values cannot be spilled to /nowhere/at/all: No such file or directory");
  EXPECT_EQ(why_no_spilling(""), "");
  EXPECT_EQ(why_no_spilling("none"), "");
}

}  // namespace
}  // namespace dflow::cluster
