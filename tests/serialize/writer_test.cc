#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/serialize/allocation_counter.h"
#include "tests/serialize/includes.h"
#include "tests/serialize/support.h"

namespace {

using dflow::Reader;
using dflow::Writer;
using dflow::testing::Bytes;

using Message = std::tuple<int, std::vector<double>, std::string, std::vector<char>>;

Message make_message() {
  return {1, std::vector<double>(1000, 2.5), "small", std::vector<char>(5000, 'x')};
}

Bytes joined(const Writer& writer) {
  Bytes all;
  for (const auto piece : writer.segments()) all.insert(all.end(), piece.begin(), piece.end());
  return all;
}

TEST(Writer, CopiesEverythingByDefault) {
  Writer writer;
  writer.write(make_message());
  EXPECT_EQ(writer.segments().size(), 1u);
}

TEST(Writer, BorrowsLargePayloadsWhenAsked) {
  const Message message = make_message();
  Writer writer(4096);
  writer.write(message);
  const auto segments = writer.segments();
  ASSERT_EQ(segments.size(), 4u);  // head, doubles, what stands between, chars
  EXPECT_EQ(static_cast<const void*>(segments[1].data()), std::get<1>(message).data());
  EXPECT_EQ(static_cast<const void*>(segments[3].data()), std::get<3>(message).data());
}

TEST(Writer, WritesTheSameBytesBorrowedOrNot) {
  const Message message = make_message();
  Writer writer(100);
  writer.write(message);
  EXPECT_EQ(joined(writer), dflow::to_bytes(message));
  EXPECT_EQ(writer.size(), joined(writer).size());
  EXPECT_EQ(writer.take(), dflow::to_bytes(message));
  EXPECT_EQ(writer.size(), 0u);
}

TEST(Writer, CountsWithoutKeeping) {
  const Message message = make_message();
  const std::size_t before = dflow::testing::allocated_bytes();
  Writer writer{Writer::CountOnly()};
  writer.write(message);
  EXPECT_EQ(dflow::testing::allocated_bytes(), before);
  EXPECT_EQ(writer.size(), dflow::to_bytes(message).size());
}

TEST(Writer, BorrowsPayloadsThatFollowEachOther) {
  const std::vector<std::array<char, 64>> blocks(2, {'b'});
  Writer writer(1);
  writer.write(blocks);
  writer.write(std::string());
  EXPECT_EQ(joined(writer), dflow::to_bytes(std::pair(blocks, std::string())));
}

TEST(Reader, ReadsSeveralValuesFromOneBuffer) {
  Writer writer;
  writer.write(std::string("first"));
  writer.write(2);
  const Bytes bytes = writer.take();
  Reader reader(bytes);
  EXPECT_EQ(reader.read<std::string>(), "first");
  EXPECT_EQ(reader.position(), 13u);
  EXPECT_EQ(reader.read<int>(), 2);
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(Reader, HandsOutRawBytesAsAView) {
  const Bytes bytes(10);
  Reader reader(bytes);
  EXPECT_EQ(reader.read_bytes(4).data(), bytes.data());
  EXPECT_THROW(reader.read_bytes(7), dflow::SerializeError);
  EXPECT_EQ(reader.remaining(), 6u);
}

}  // namespace
