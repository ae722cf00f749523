// What arrives from outside is never trusted: truncated, absurd and random bytes throw SerializeError.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/serialize/allocation_counter.h"
#include "tests/serialize/includes.h"
#include "tests/serialize/support.h"

namespace {

using dflow::SerializeError;
using dflow::testing::allocated_bytes;
using dflow::testing::Bytes;
using dflow::testing::bytes_of;

using Everything =
    std::tuple<bool, double, std::string, std::vector<int>, std::vector<std::string>, std::array<char, 3>,
               std::optional<std::string>, std::variant<std::monostate, int, std::string>,
               std::map<int, std::string>, std::unordered_map<std::string, bool>, std::set<short>,
               std::deque<int>, std::list<char>, std::unique_ptr<int>, std::complex<float>,
               std::chrono::seconds, std::vector<std::monostate>>;

Everything make_everything() {
  Everything all;
  std::get<0>(all) = true;
  std::get<1>(all) = 0.5;
  std::get<2>(all) = "text";
  std::get<3>(all) = {1, 2, 3};
  std::get<4>(all) = std::vector<std::string>(2, "a");
  std::get<5>(all) = {'x', 'y', 'z'};
  std::get<6>(all) = "there";
  std::get<7>(all) = "alternative";
  std::get<8>(all) = {{1, "one"}};
  std::get<9>(all) = {{"k", true}};
  std::get<10>(all) = {3, 4};
  std::get<11>(all) = {5, 6};
  std::get<12>(all) = {'l'};
  std::get<13>(all) = std::make_unique<int>(7);
  std::get<14>(all) = {1, 2};
  std::get<15>(all) = std::chrono::seconds(9);
  std::get<16>(all).resize(2);
  return all;
}

enum class Colour : short { red, green };
using Rest = std::tuple<Colour, long double, std::pair<char, long>, std::u16string, std::vector<bool>,
                        std::multiset<int>, std::multimap<int, std::string>, std::unordered_set<std::string>,
                        std::unordered_multimap<int, char>, std::bitset<9>, std::filesystem::path,
                        std::valarray<float>, std::chrono::system_clock::time_point,
                        std::vector<std::unique_ptr<std::string>>, std::array<std::optional<int>, 2>>;

Rest make_rest() {
  Rest all;
  std::get<0>(all) = Colour::green;
  std::get<1>(all) = 0.5L;
  std::get<2>(all) = {'a', 2};
  std::get<3>(all) = u"wide";
  std::get<4>(all) = {true, false};
  std::get<5>(all) = {1, 1};
  std::get<6>(all) = {{1, "one"}, {1, "two"}};
  std::get<7>(all) = {"k"};
  std::get<8>(all) = {{1, 'a'}};
  std::get<9>(all) = 5;
  std::get<10>(all) = "/a/path";
  std::get<11>(all) = {1.0F, 2.0F};
  std::get<12>(all) = std::chrono::system_clock::time_point(std::chrono::seconds(3));
  std::get<13>(all).push_back(std::make_unique<std::string>("owned"));
  std::get<14>(all) = {1, std::nullopt};
  return all;
}

template <class T>
void expect_every_truncation_throws(const T& value) {
  const Bytes whole = dflow::to_bytes(value);
  EXPECT_EQ(dflow::to_bytes(dflow::from_bytes<T>(whole)), whole);
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_THROW(dflow::from_bytes<T>(std::span(whole).first(length)), SerializeError) << length;
}

TEST(HostileBytes, EveryTruncationThrows) {
  expect_every_truncation_throws(make_everything());
  expect_every_truncation_throws(make_rest());
  expect_every_truncation_throws(std::runtime_error("why"));
}

TEST(HostileBytes, BytesLeftOverThrow) {
  Bytes bytes = dflow::to_bytes(make_everything());
  bytes.push_back(std::byte{0});
  EXPECT_THROW(dflow::from_bytes<Everything>(bytes), SerializeError);
}

/// Reading T from a count that no memory could hold throws and takes no memory for it.
template <class T>
void expect_absurd_count_is_refused(std::uint64_t count) {
  Bytes bytes = dflow::to_bytes(count);
  bytes.resize(bytes.size() + 32);
  const std::size_t before = allocated_bytes();
  EXPECT_THROW(dflow::from_bytes<T>(bytes), SerializeError);
  EXPECT_LT(allocated_bytes() - before, 4096u) << "for " << count;
}

TEST(HostileBytes, AbsurdCountsThrowBeforeMemoryIsTaken) {
  for (const std::uint64_t count : {~0ull, ~0ull / 8 + 1, 1ull << 63, 1ull << 40, 1ull << 32, 33ull}) {
    expect_absurd_count_is_refused<std::string>(count);
    expect_absurd_count_is_refused<std::vector<double>>(count);
    expect_absurd_count_is_refused<std::vector<std::string>>(count);
    expect_absurd_count_is_refused<std::vector<bool>>(count);
    expect_absurd_count_is_refused<std::vector<std::monostate>>(count);
    expect_absurd_count_is_refused<std::deque<int>>(count);
    expect_absurd_count_is_refused<std::list<int>>(count);
    expect_absurd_count_is_refused<std::map<int, int>>(count);
    expect_absurd_count_is_refused<std::unordered_map<int, int>>(count);
    expect_absurd_count_is_refused<std::unordered_set<std::string>>(count);
  }
}

TEST(HostileBytes, LargeElementsTakeNoMoreMemoryThanTheirBytesJustify) {
  Bytes bytes = dflow::to_bytes(std::uint64_t{1000});
  bytes.resize(bytes.size() + 1000);  // a thousand empty optionals of four kilobytes each
  using Large = std::optional<std::array<double, 512>>;
  bytes[8] = std::byte{7};  // the first of them is damaged
  const std::size_t before = allocated_bytes();
  EXPECT_THROW(dflow::from_bytes<std::vector<Large>>(bytes), SerializeError);
  EXPECT_LT(allocated_bytes() - before, 16384u);
}

TEST(HostileBytes, FlagsOtherThanZeroAndOneThrow) {
  EXPECT_THROW(dflow::from_bytes<bool>(bytes_of({2})), SerializeError);
  EXPECT_THROW(dflow::from_bytes<std::optional<char>>(bytes_of({2, 'x'})), SerializeError);
  EXPECT_THROW(dflow::from_bytes<std::unique_ptr<char>>(bytes_of({255, 'x'})), SerializeError);
  EXPECT_THROW(dflow::from_bytes<std::vector<std::monostate>>(bytes_of({1, 0, 0, 0, 0, 0, 0, 0, 1})),
               SerializeError);
}

TEST(HostileBytes, UnknownAlternativesThrow) {
  EXPECT_THROW((dflow::from_bytes<std::variant<int, char>>(bytes_of({2, 0, 0, 0, 0, 0, 0, 0}))),
               SerializeError);
}

TEST(HostileBytes, RepeatedKeysThrow) {
  EXPECT_THROW(dflow::from_bytes<std::set<char>>(dflow::to_bytes(std::string("aa"))), SerializeError);
  EXPECT_THROW(dflow::from_bytes<std::unordered_set<char>>(dflow::to_bytes(std::string("aa"))),
               SerializeError);
}

TEST(HostileBytes, MessagesSayWhereAndWhat) {
  try {
    dflow::from_bytes<std::string>(bytes_of({9, 0, 0, 0, 0, 0, 0, 0, 'x'}));
    FAIL() << "a truncated string was read";
  } catch (const SerializeError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("names 9 elements at byte 8 of 9"));
  }
}

TEST(HostileBytes, RandomBytesThrowOrReadBackAsThemselves) {
  std::mt19937_64 random(20240517);
  const Bytes whole = dflow::to_bytes(make_everything());
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = whole;
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    try {
      const auto value = dflow::from_bytes<Everything>(bytes);
      EXPECT_EQ(dflow::to_bytes(value).size(), bytes.size()) << "round " << round;
    } catch (const SerializeError&) {
    }
  }
}

TEST(HostileBytes, NoiseThrowsOrReads) {
  std::mt19937_64 random(7);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes(random() % 64);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random() % 3);
    try {
      dflow::from_bytes<std::vector<std::variant<std::string, std::map<bool, std::vector<bool>>>>>(bytes);
    } catch (const SerializeError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10'000);
}

}  // namespace
