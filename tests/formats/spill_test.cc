#include "formats/spill.h"

#include <gtest/gtest.h>

#include <string>

namespace dflow::formats {
namespace {

const SpillHeader header{
    .task = 0x1122334455667788, .attempt = 3, .packed = true, .size = 1000, .stored = 400, .checksum = 77};

TEST(Spill, HeaderIsReadAsItWasWritten) {
  const std::string bytes = encode_spill_header(header);
  EXPECT_EQ(bytes.size(), kSpillHeaderBytes);
  const Result<SpillHeader> read = decode_spill_header(bytes);
  ASSERT_TRUE(read) << read.message();
  EXPECT_EQ(read.value(), header);
}

TEST(Spill, EveryFlippedBitOfAHeaderIsFound) {
  const std::string bytes = encode_spill_header(header);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(decode_spill_header(damaged)) << bit;
  }
}

TEST(Spill, AHeaderThatIsCutShortIsNone) {
  const std::string bytes = encode_spill_header(header);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_spill_header(bytes.substr(0, size)));
}

TEST(Spill, AHeaderMustNotContradictItself) {
  SpillHeader wrong = header;
  wrong.packed = false;  // and 400 bytes for 1000
  EXPECT_EQ(decode_spill_header(encode_spill_header(wrong)).message(), "its header contradicts itself");
}

TEST(Spill, ChecksumDoesNotDependOnThePieces) {
  const std::string text = "what is read in other pieces than it was written in";
  const auto bytes = std::as_bytes(std::span(text));
  SpillChecksum whole, parts;
  whole.add(bytes);
  parts.add(bytes.first(7)), parts.add({}), parts.add(bytes.subspan(7));
  EXPECT_EQ(whole.value(), parts.value());
  parts.add(bytes.first(1));
  EXPECT_NE(whole.value(), parts.value());
}

}  // namespace
}  // namespace dflow::formats
