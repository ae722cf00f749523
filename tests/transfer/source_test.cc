// A value's bytes as they come on a connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "runtime/transfer/stream_source.h"
#include "tests/net/ends.h"

namespace dflow::transfer {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::vector<double> numbers(std::size_t count) {
  std::vector<double> all(count);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

TEST(StreamSource, MakesAValueWhileItComes) {
  net::Ends ends = net::connected();
  const std::vector<double> sent = numbers(3 << 20);
  Writer writer(4096);
  writer.write(sent);
  std::thread sender([&] {
    for (const auto piece : writer.segments()) ASSERT_TRUE(ends.near->write_raw(piece));
  });
  StreamSource source(*ends.far, writer.size());
  Reader in(source, source.left());
  EXPECT_EQ(in.read<std::vector<double>>(), sent);
  EXPECT_EQ(source.left(), 0u);
  sender.join();
}

TEST(StreamSource, TellsThatTheConnectionBrokeHoweverTheReaderTookIt) {
  net::Ends ends = net::connected();
  Writer writer;
  writer.write(numbers(100'000));
  const std::vector<std::byte> bytes = writer.take();
  ASSERT_TRUE(ends.near->write_raw(std::span(bytes).first(bytes.size() / 2)));
  ends.near->shut_down();
  StreamSource source(*ends.far, bytes.size());
  Reader in(source, bytes.size());
  EXPECT_THROW(in.read<std::vector<double>>(), Source::Broken);
  EXPECT_NE(source.broken(), "");
}

/// A size is no reason to wait for bytes that belong to the next frame.
TEST(StreamSource, GivesNoMoreThanWasSaid) {
  net::Ends ends = net::connected();
  ASSERT_TRUE(ends.near->write_raw(std::vector<std::byte>(100)));
  StreamSource source(*ends.far, 50);
  std::vector<std::byte> into(51);
  EXPECT_THROW(source.read(into), Source::Broken);
  EXPECT_THAT(source.broken(), HasSubstr("shorter"));
}

TEST(StreamSource, SkipsWhatNobodyReads) {
  net::Ends ends = net::connected();
  ASSERT_TRUE(ends.near->write_raw(std::vector<std::byte>(10'000)));
  ASSERT_TRUE(ends.near->write(net::Taken{}));
  StreamSource source(*ends.far, 10'000);
  std::vector<std::byte> first(3);
  source.read(first);
  ASSERT_TRUE(source.skip());
  const auto next = ends.far->read();
  ASSERT_TRUE(next) << next.message();
  EXPECT_TRUE(std::holds_alternative<net::Taken>(next.value()));
}

}  // namespace
}  // namespace dflow::transfer
