// Frames: what is written is read, and nothing else is taken for one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "runtime/net/messages.h"

namespace dflow::net {
namespace {

using ::testing::HasSubstr;

formats::Result<Message> decoded(const std::string& frame) {
  const formats::Result<std::size_t> size = header_size(frame);
  if (!size) return size.error();
  if (size.value() != frame.size() - kPrefix) return formats::Error{"another size"};
  return decode_header(std::string_view(frame).substr(kPrefix));
}

TEST(Frame, HelloComesBack) {
  const Hello hello{.version = "1", .role = Role::worker, .program = "abc", .name = "w", .host = "h", .address = "a:1",
                    .threads = 3, .pid = 7, .worker = 0xffff'fff0u, .secret = std::string("\0s", 2)};
  const auto message = decoded(encode_frame(hello));
  ASSERT_TRUE(message) << message.message();
  const auto& back = std::get<Hello>(message.value());
  EXPECT_EQ(back.role, Role::worker);
  EXPECT_EQ(back.worker, 0xffff'fff0u);
  EXPECT_EQ(back.secret, hello.secret);
  EXPECT_EQ(back.address, "a:1");
}

TEST(Frame, BatchComesBackInOrder) {
  const auto message = decoded(encode_frame(Batch{{"one", std::string(100'000, 'x'), ""}}));
  ASSERT_TRUE(message) << message.message();
  EXPECT_THAT(std::get<Batch>(message.value()).messages, ::testing::ElementsAre("one", std::string(100'000, 'x'), ""));
}

TEST(Frame, PullComesBack) {
  const auto message = decoded(encode_frame(Pull{.values = {{7, 1}, {~std::uint64_t{0}, ~std::uint32_t{0}}}, .raw = true}));
  ASSERT_TRUE(message) << message.message();
  const auto& back = std::get<Pull>(message.value());
  ASSERT_EQ(back.values.size(), 2u);
  EXPECT_EQ(back.values[1].task, ~std::uint64_t{0});
  EXPECT_EQ(back.values[1].version, ~std::uint32_t{0});
  EXPECT_TRUE(back.raw);
  EXPECT_FALSE(back.packed);
}

TEST(Frame, AnswerOfAnotherServiceIsNamed) {
  EXPECT_THAT(header_size("HTTP/1.1 400").message(), HasSubstr("does not speak dflow's protocol"));
}

TEST(Frame, AbsurdSizeIsRefusedBeforeMemoryIsTaken) {
  EXPECT_THAT(header_size("dflw\xff\xff\xff\xff").message(), HasSubstr("4294967295"));
}

/// Each of which would take more memory than it has bytes.
TEST(Frame, MoreMessagesThanAnybodySendsAreRefused) {
  const auto decoded = [](std::size_t count) {
    const std::string frame = encode_frame(Batch{.messages = std::vector<std::string>(count, "x")});
    return decode_header(std::string_view(frame).substr(kPrefix));
  };
  EXPECT_TRUE(decoded(kMostMessages));
  const auto refused = decoded(kMostMessages + 1);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.message().find("too many messages"), std::string::npos);
}

TEST(Frame, SizesBelowZeroAreRefused) {
  const std::string frame = encode_frame(Push{.task = 1, .version = 1, .size = std::uint64_t{1} << 63});
  EXPECT_FALSE(decoded(frame));
}

TEST(Frame, ValueInMemoryComesBack) {
  const Value value{.size = 30,
                    .form = "f",
                    .memory = Memory{.process = 5, .check_at = ~std::uint64_t{0}, .check = 9, .pieces = {{1 << 20, 10}, {7, 20}}}};
  const auto message = decoded(encode_frame(value));
  ASSERT_TRUE(message) << message.message();
  const auto& back = std::get<Value>(message.value());
  ASSERT_TRUE(back.memory);
  EXPECT_EQ(back.memory->check_at, ~std::uint64_t{0});
  ASSERT_EQ(back.memory->pieces.size(), 2u);
  EXPECT_EQ(back.memory->pieces[1].size, 20u);
  EXPECT_EQ(back.form, "f");
}

TEST(Frame, PiecesThatAreNotTheValueAreRefused) {
  for (const std::uint64_t last : {19ull, 21ull, 0ull, ~0ull}) {
    const Memory memory{.process = 5, .pieces = {{1, 10}, {7, last}}};
    EXPECT_THAT(decoded(encode_frame(Value{.size = 30, .memory = memory})).message(), HasSubstr("pieces")) << last;
    EXPECT_THAT(decoded(encode_frame(Push{.size = 30, .memory = memory})).message(), HasSubstr("pieces")) << last;
  }
}

TEST(Frame, PackingOfALaterVersionIsNamed) {
  for (const int packing : {2, -1}) {
    EXPECT_THAT(decoded(encode_frame(Value{.packing = static_cast<Packing>(packing)})).message(), HasSubstr("packed"));
    EXPECT_THAT(decoded(encode_frame(Push{.packing = static_cast<Packing>(packing)})).message(), HasSubstr("packed"));
  }
}

TEST(Frame, DamagedBytesAreErrorsAndNeverMore) {
  std::mt19937 random(7);
  const std::string whole = encode_frame(Batch{{"some", "messages", "here"}});
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = whole.substr(0, kPrefix + random() % (whole.size() - kPrefix));
    for (std::size_t n = random() % 4; n > 0 && damaged.size() > kPrefix; --n) {
      damaged[kPrefix + random() % (damaged.size() - kPrefix)] = static_cast<char>(random());
    }
    (void)decode_header(std::string_view(damaged).substr(kPrefix));
  }
}

}  // namespace
}  // namespace dflow::net
