#include "formats/archive.h"

#include <gmock/gmock.h>

#include "tests/formats/damage.h"

namespace dflow::formats {
namespace {

using ::testing::HasSubstr;

std::string padded(std::string text, std::size_t size) {
  text.resize(size, ' ');
  return text;
}

std::string member(const std::string& name, const std::string& bytes) {
  std::string all = padded(name, 16) + padded("0", 12) + padded("0", 6) + padded("0", 6) + padded("644", 8) +
                    padded(std::to_string(bytes.size()), 10) + "`\n" + bytes;
  if (bytes.size() % 2 == 1) all += '\n';
  return all;
}

std::string sample() {
  return "!<arch>\n" + member("/", "symbols") +
         member("//", "a_long_name_of_a_member.o/\nother_long_name.o/\n") + member("/0", "one") +
         member("short.o/", "two.") + member("/27", "three");
}

TEST(Archive, MembersHaveTheirNamesAndBytes) {
  const std::string file = sample();
  const auto members = archive_members(file);
  ASSERT_TRUE(members) << members.message();
  ASSERT_EQ(members.value().size(), 3U);
  EXPECT_EQ(members.value()[0].name, "a_long_name_of_a_member.o");
  EXPECT_EQ(members.value()[0].bytes, "one");
  EXPECT_EQ(members.value()[1].name, "short.o");
  EXPECT_EQ(members.value()[1].bytes, "two.");
  EXPECT_EQ(members.value()[2].name, "other_long_name.o");
  EXPECT_EQ(members.value()[2].bytes, "three");
}

TEST(Archive, WhatIsNoneIsSaid) {
  EXPECT_EQ(archive_members("\177ELF").message(), "not an archive");
  EXPECT_THAT(archive_members("!<thin>\n").message(), HasSubstr("thin"));
  EXPECT_EQ(archive_members("!<arch>\nx").message(), "a damaged archive: no member begins at byte 8");
  EXPECT_EQ(archive_members("!<arch>\n" + member("/5", "")).message(),
            "a damaged archive: a member's name is not in its table");
}

TEST(Archive, DamageIsNeverFollowedOutOfTheFile) {
  testing::for_each_truncation(sample(), [](const std::string& file) { (void)archive_members(file); });
  testing::for_random_flips(sample(), 2000, [](const std::string& file) {
    const auto members = archive_members(file);
    if (!members) return;
    for (const ArchiveMember& each : members.value()) EXPECT_LE(each.bytes.size(), file.size());
  });
}

}  // namespace
}  // namespace dflow::formats
