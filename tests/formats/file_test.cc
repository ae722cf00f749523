#include "formats/file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/formats/full_disk.h"

namespace dflow::formats {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  FileTest() : folder_(fs::temp_directory_path() / ("dflow-file-" + std::to_string(::getpid()))) {
    fs::create_directory(folder_);
  }
  ~FileTest() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  std::size_t files() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }

  fs::path folder_;
};

TEST_F(FileTest, WhatIsWrittenIsRead) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(write_file_atomically(path("x"), bytes));
  EXPECT_EQ(read_file(path("x")).value(), bytes);
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileTest, NothingIsThereBeforeTheCommit) {
  auto file = AtomicFile::create(path("x"));
  ASSERT_TRUE(file);
  file.value().write("half");
  EXPECT_FALSE(fs::exists(path("x")));
  ASSERT_TRUE(file.value().commit());
  EXPECT_TRUE(fs::exists(path("x")));
}

TEST_F(FileTest, AnAbandonedFileLeavesNothing) {
  {
    auto file = AtomicFile::create(path("x"));
    ASSERT_TRUE(file);
    file.value().write(std::string(1 << 20, 'x'));
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(FileTest, AFullDiskLeavesTheOldFile) {
  ASSERT_TRUE(write_file_atomically(path("x"), "old"));
  {
    const test::FullDisk disk(1 << 16);
    const auto written = write_file_atomically(path("x"), std::string(1 << 20, 'n'));
    ASSERT_FALSE(written);
    EXPECT_THAT(written.message(), HasSubstr("cannot write " + path("x")));
  }
  EXPECT_EQ(read_file(path("x")).value(), "old");
  EXPECT_EQ(files(), 1u) << "the temporary file stayed";
}

TEST_F(FileTest, AFullDeviceIsReported) {
  const auto written = write_file_atomically("/dev/full", "x");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.message(), HasSubstr("No space left"));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(FileTest, ADirectoryIsNoTarget) {
  EXPECT_THAT(write_file_atomically(folder_, "x").message(), HasSubstr("it is a directory"));
}

TEST_F(FileTest, AMissingDirectoryIsNamed) {
  EXPECT_THAT(write_file_atomically(path("no/x"), "x").message(), HasSubstr("No such file or directory"));
}

TEST_F(FileTest, ALinkStaysAndItsTargetIsReplaced) {
  ASSERT_TRUE(write_file_atomically(path("target"), "old"));
  fs::create_symlink("target", path("link"));
  ASSERT_TRUE(write_file_atomically(path("link"), "new"));
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read_file(path("target")).value(), "new");
}

TEST_F(FileTest, PermissionsOfTheOldFileStay) {
  ASSERT_TRUE(write_file_atomically(path("x"), "old"));
  fs::permissions(path("x"), fs::perms::owner_all);
  ASSERT_TRUE(write_file_atomically(path("x"), "new"));
  EXPECT_EQ(fs::status(path("x")).permissions(), fs::perms::owner_all);
}

TEST_F(FileTest, WhatCannotBeReadIsNamed) {
  EXPECT_EQ(read_file(path("no")).message(), "cannot read " + path("no") + ": No such file or directory");
  EXPECT_EQ(read_file(folder_).message(), "cannot read " + folder_.string() + ": Is a directory");
}

TEST_F(FileTest, WhatIsTooLargeIsRefused) {
  ASSERT_TRUE(write_file_atomically(path("x"), "12345"));
  EXPECT_THAT(read_file(path("x"), 4).message(), HasSubstr("5 bytes are more than the 4"));
  EXPECT_THAT(read_file("/dev/zero", 1000).message(), HasSubstr("more than the 1000 bytes"));
}

}  // namespace
}  // namespace dflow::formats
