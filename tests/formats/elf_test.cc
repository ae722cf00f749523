#include "formats/elf.h"

#include <gmock/gmock.h>

#include "formats/file.h"
#include "tests/formats/damage.h"
#include "tests/formats/elf_file.h"
#include "tests/formats/samples.h"

namespace dflow::formats {
namespace {

using ::testing::ElementsAre;
using testing::elf_file;
using ::testing::HasSubstr;
using testing::sample_plan;

std::string sample_file() {
  return elf_file({{".text", "code"}, {".dflow", encode_frame(sample_plan())}, {".data", "more"}});
}

/// The sample file with one field of its header changed.
template <class Change>
std::string message_with(Change change) {
  std::string file = sample_file();
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  change(header, file);
  std::memcpy(file.data(), &header, sizeof header);
  return plans_in_elf(file).message();
}

TEST(Elf, SectionsAreFoundByName) {
  const std::string file = elf_file({{".a", "one"}, {".b", "two"}, {".a", "three"}});
  EXPECT_THAT(elf_sections(file, ".a").value(), ElementsAre("one", "three"));
  EXPECT_THAT(elf_sections(file, ".c").value(), ElementsAre());
}

TEST(Elf, PlansOfAllFramesAreRead) {
  EXPECT_THAT(plans_in_elf(sample_file()).value(), ElementsAre(sample_plan()));
  const std::string two = elf_file({{".dflow", encode_frame(sample_plan()) + encode_frame(sample_plan())}});
  EXPECT_EQ(plans_in_elf(two).value().size(), 2u);
}

TEST(Elf, ARealProgramIsRead) {
  const std::string self = read_file("/proc/self/exe").value();
  EXPECT_EQ(elf_sections(self, ".text").value().size(), 1u);
  EXPECT_TRUE(is_elf_program(self));
  EXPECT_THAT(plans_in_elf(self).message(), HasSubstr("no plans inside: it was not compiled by dflowc"));
}

TEST(Elf, OtherFilesAreRefused) {
  EXPECT_EQ(plans_in_elf("#!/bin/sh\n").message(), "not an ELF file");
  EXPECT_EQ(plans_in_elf("\177ELF").message(), "a damaged ELF file: its header is cut short");
  EXPECT_THAT(message_with([](Elf64_Ehdr& h, std::string&) { h.e_ident[EI_CLASS] = ELFCLASS32; }),
              HasSubstr("not 64-bit little-endian"));
}

TEST(Elf, NoOffsetIsFollowedOutOfTheFile) {
  EXPECT_THAT(message_with([](Elf64_Ehdr& h, std::string&) { h.e_shoff = ~0ull; }),
              HasSubstr("outside the file"));
  EXPECT_THAT(message_with([](Elf64_Ehdr& h, std::string&) { h.e_shoff = ~0ull - 63; }),
              HasSubstr("outside the file"));
  EXPECT_THAT(message_with([](Elf64_Ehdr& h, std::string&) { h.e_shnum = 0xfffe; }),
              HasSubstr("outside the file"));
  EXPECT_THAT(message_with([](Elf64_Ehdr& h, std::string&) { h.e_shstrndx = 90; }),
              HasSubstr("no section of names"));
  EXPECT_THAT(message_with([](Elf64_Ehdr& h, std::string&) { h.e_shentsize = 1; }),
              HasSubstr("unknown size"));
  const auto oversized = [](Elf64_Ehdr& h, std::string& file) {
    const std::uint64_t size = ~0ull;
    testing::put(file, h.e_shoff + 2 * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_size), &size,
                 sizeof size);
  };
  EXPECT_EQ(message_with(oversized), "a damaged ELF file: section .dflow lies outside the file");
}

TEST(Elf, AHugeCountInTheFirstSectionIsChecked) {
  const auto huge = [](Elf64_Ehdr& h, std::string& file) {
    h.e_shnum = 0;
    const std::uint64_t count = ~0ull / 64;
    testing::put(file, h.e_shoff + offsetof(Elf64_Shdr, sh_size), &count, sizeof count);
  };
  EXPECT_THAT(message_with(huge), HasSubstr("outside the file"));
}

TEST(Elf, DamageIsAnErrorOrTheSamePlan) {
  const std::string file = sample_file();
  testing::for_each_truncation(file, [](const std::string& f) { EXPECT_FALSE(plans_in_elf(f)); });
  testing::for_random_flips(file, 20000, [](const std::string& f) {
    if (const auto plans = plans_in_elf(f)) {
      EXPECT_THAT(plans.value(), ElementsAre(sample_plan()));
    }
  });
}

}  // namespace
}  // namespace dflow::formats
