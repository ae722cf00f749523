#include "formats/unit.h"

#include <gmock/gmock.h>

#include "tests/formats/damage.h"
#include "tests/formats/elf_file.h"

namespace dflow::formats {
namespace {

using ::testing::ElementsAre;
using testing::elf_file;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Unit sample() {
  return {.compiler = "1.2",
          .directory = "/a b",
          .command = {"-O2", "-DX=\"1\"", "-c", "x.cpp"},
          .source = "x.cpp",
          .files = {{"/a b/x.cpp", 0xFFFFFFFFFFFFFFFF}, {"/a b/x.h", 0}},
          .open = {{"c:@F@f#", "n::f"}},
          .defined = {"c:@F@main"}};
}

TEST(Unit, ComesBackFromAnObjectAsItIs) {
  EXPECT_THAT(units_in_elf(elf_file({{".text", "x"}, {".dflow.unit", encode_unit(sample())}})).value(),
              ElementsAre(sample()));
  EXPECT_THAT(units_in_elf(elf_file({{".text", "x"}})).value(), IsEmpty());
}

TEST(Unit, SeveralStandBehindEachOther) {
  const std::string both = encode_unit(sample()) + std::string(32, '\0') + encode_unit(sample());
  EXPECT_THAT(decode_units(both).value(), ElementsAre(sample(), sample()));
}

TEST(Unit, DamageIsAnError) {
  const std::string frame = encode_unit(sample());
  const std::size_t payload = frame.find_last_not_of('\0') + 1;
  testing::for_each_truncation(frame.substr(0, payload), [](const std::string& bytes) {
    EXPECT_TRUE(bytes.empty() || !decode_units(bytes));
  });
  testing::for_random_flips(frame, 500, [](const std::string& bytes) {
    const auto units = decode_units(bytes);
    EXPECT_TRUE(!units || units.value().empty() || units.value().front() == sample());
  });
}

TEST(Unit, ANewerVersionAsksForANewerDflow) {
  std::string frame = encode_unit(sample());
  frame[8] = 9;
  EXPECT_THAT(decode_units(frame).message(),
              HasSubstr("a unit of version 9, and this dflow reads up to version 1"));
}

TEST(Unit, HashesIgnoreBlankSpaceAtTheEndOnly) {
  EXPECT_EQ(source_hash("int x;\n"), source_hash("int x;  \r\n\n"));
  EXPECT_NE(source_hash("int x;\n"), source_hash("int  x;\n"));
  EXPECT_EQ(source_hash(""), source_hash("\n"));
}

}  // namespace
}  // namespace dflow::formats
