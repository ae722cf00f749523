#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/serialize/includes.h"
#include "tests/serialize/support.h"

namespace {

using dflow::testing::bytes_of;
using dflow::testing::round_trip;
using ::testing::ElementsAre;

template <class T>
void expect_same(const T& value) {
  EXPECT_EQ(round_trip(value), value);
}

template <class T>
void expect_limits_survive() {
  using Limits = std::numeric_limits<T>;
  for (const T value : {Limits::lowest(), Limits::min(), Limits::max(), T(0), T(1)}) expect_same(value);
}

TEST(Serialize, KeepsEveryArithmeticTypesLimits) {
  expect_limits_survive<char>();
  expect_limits_survive<signed char>();
  expect_limits_survive<unsigned char>();
  expect_limits_survive<wchar_t>();
  expect_limits_survive<char8_t>();
  expect_limits_survive<char16_t>();
  expect_limits_survive<char32_t>();
  expect_limits_survive<short>();
  expect_limits_survive<unsigned short>();
  expect_limits_survive<int>();
  expect_limits_survive<unsigned>();
  expect_limits_survive<long>();
  expect_limits_survive<unsigned long>();
  expect_limits_survive<long long>();
  expect_limits_survive<unsigned long long>();
  expect_limits_survive<float>();
  expect_limits_survive<double>();
  expect_limits_survive<long double>();
  expect_same(true);
  expect_same(false);
}

/// Which <limits> knows only with -std=gnu++20.
TEST(Serialize, KeepsIntegersOfTwoWords) {
  using Wide = dflow::detail::Int128;
  using UnsignedWide = dflow::detail::UnsignedInt128;
  const Wide least = Wide{std::numeric_limits<std::int64_t>::min()} << 64;
  for (const Wide value : {least, Wide{-1}, Wide{0}, ~least}) EXPECT_TRUE(round_trip(value) == value);
  EXPECT_TRUE(round_trip(~UnsignedWide{0}) == ~UnsignedWide{0});
  EXPECT_TRUE(round_trip(std::vector<Wide>{1, least}).at(1) == least);
}

TEST(Serialize, KeepsInfinitiesNansAndTheSignOfZero) {
  EXPECT_EQ(round_trip(-std::numeric_limits<double>::infinity()), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(round_trip(std::numeric_limits<long double>::quiet_NaN())));
  EXPECT_TRUE(std::signbit(round_trip(-0.0)));
}

enum class Colour : std::uint8_t { red = 1, blue = 200 };
enum Level : int { low = -5, high = 5 };
enum class Switch : bool { off, on };

TEST(Serialize, KeepsEnumerators) {
  expect_same(Colour::blue);
  expect_same(low);
  expect_same(Switch::on);
  EXPECT_EQ(dflow::to_bytes(Colour::blue).size(), 1u);
}

TEST(Serialize, KeepsStrings) {
  expect_same(std::string());
  expect_same(std::string("one\0two\n\xff", 9));
  expect_same(std::u16string(u"\u00e9t\u00e9"));
  expect_same(std::wstring(L"wide"));
  expect_same(std::string(100'000, 'x'));
}

TEST(Serialize, KeepsVectors) {
  expect_same(std::vector<int>{});
  expect_same(std::vector<double>{1.5, -2.5});
  expect_same(std::vector<bool>{true, false, true});
  expect_same(std::vector<std::string>{"", "a", "bc"});
  expect_same(std::vector<std::vector<std::vector<short>>>{{{1}, {}}, {}, {{2, 3}}});
  expect_same(std::vector<std::monostate>(3));
  expect_same(std::vector<Colour>{Colour::red, Colour::blue});
}

TEST(Serialize, KeepsVectorsLongerThanABlockOfTheReader) {
  std::vector<std::uint64_t> numbers(100'001);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i * i;
  expect_same(numbers);
}

TEST(Serialize, KeepsArraysPairsAndTuples) {
  expect_same(std::array<int, 3>{1, 2, 3});
  expect_same(std::array<std::string, 2>{"a", "b"});
  expect_same(std::array<int, 0>{});
  expect_same(std::vector<std::array<float, 2>>{{1, 2}, {3, 4}});
  expect_same(std::pair<int, std::string>(7, "seven"));
  expect_same(std::pair<const int, const char>(7, 's'));
  expect_same(std::tuple<>());
  expect_same(std::tuple<int, std::string, std::tuple<char>>(1, "two", {'3'}));
}

TEST(Serialize, KeepsOptionalsAndVariants) {
  expect_same(std::optional<int>());
  expect_same(std::optional<std::optional<int>>(std::optional<int>()));
  expect_same(std::optional<std::string>("here"));
  using Value = std::variant<std::monostate, int, int, std::string>;
  expect_same(Value());
  expect_same(Value(std::in_place_index<2>, 5));
  expect_same(Value("text"));
}

TEST(Serialize, KeepsOrderedSetsAndMaps) {
  expect_same(std::set<std::string>{"b", "a"});
  expect_same(std::multiset<int>{2, 1, 2});
  expect_same(std::map<std::string, std::vector<int>>{{"a", {1}}, {"b", {}}});
  expect_same(std::multimap<int, char>{{1, 'b'}, {1, 'a'}, {0, 'c'}});
  expect_same(std::map<int, int, std::greater<>>{{1, 2}, {3, 4}});
}

TEST(Serialize, KeepsUnorderedSetsAndMaps) {
  expect_same(std::unordered_set<std::string>{"b", "a"});
  expect_same(std::unordered_multiset<int>{2, 1, 2});
  expect_same(std::unordered_map<int, std::string>{{1, "a"}, {2, "b"}});
  expect_same(std::unordered_multimap<int, int>{{1, 1}, {1, 2}});
  std::unordered_map<int, int> squares;
  for (int i = 0; i < 1000; ++i) squares[i] = i * i;
  expect_same(squares);
}

TEST(Serialize, KeepsDequesAndLists) {
  expect_same(std::deque<int>{3, 1, 2});
  expect_same(std::list<std::string>{"b", "a"});
}

TEST(Serialize, KeepsComplexNumbersAndTimes) {
  expect_same(std::complex<double>(1, -2));
  expect_same(std::vector<std::complex<float>>{{1, 2}, {3, 4}});
  expect_same(std::chrono::milliseconds(-5));
  expect_same(std::chrono::duration<double>(0.25));
  expect_same(std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000)));
}

TEST(Serialize, KeepsBitsPathsAndNumericArrays) {
  expect_same(std::bitset<70>("1010011"));
  expect_same(std::filesystem::path("/a/b c"));
  const std::valarray<double> copy = round_trip(std::valarray<double>{1, 2, 3});
  EXPECT_THAT(std::vector<double>(std::begin(copy), std::end(copy)), ElementsAre(1, 2, 3));
}

TEST(Serialize, KeepsUniquePointersNullOrNot) {
  using Pointer = std::unique_ptr<std::string>;
  EXPECT_EQ(round_trip(Pointer()), nullptr);
  EXPECT_EQ(*round_trip(std::make_unique<std::string>("held")), "held");
  std::vector<Pointer> several;
  several.push_back(std::make_unique<std::string>("a"));
  several.push_back(nullptr);
  const auto copies = round_trip(several);
  ASSERT_EQ(copies.size(), 2u);
  EXPECT_EQ(*copies[0], "a");
  EXPECT_EQ(copies[1], nullptr);
}

TEST(SerializeFormat, IsLittleEndianWithCountsOfEightBytes) {
  EXPECT_EQ(dflow::to_bytes(std::uint32_t{0x01020304}), bytes_of({4, 3, 2, 1}));
  EXPECT_EQ(dflow::to_bytes(std::string("hi")), bytes_of({2, 0, 0, 0, 0, 0, 0, 0, 'h', 'i'}));
  EXPECT_EQ(dflow::to_bytes(std::vector<std::int16_t>{-1}), bytes_of({1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}));
}

TEST(SerializeFormat, MarksOptionalsPointersAndAlternatives) {
  EXPECT_EQ(dflow::to_bytes(std::optional<char>('x')), bytes_of({1, 'x'}));
  EXPECT_EQ(dflow::to_bytes(std::unique_ptr<char>()), bytes_of({0}));
  EXPECT_EQ(dflow::to_bytes(std::variant<int, char>('x')), bytes_of({1, 0, 0, 0, 'x'}));
}

TEST(SerializeFormat, GivesEmptyElementsOneByte) {
  EXPECT_EQ(dflow::to_bytes(std::monostate{}), bytes_of({}));
  EXPECT_EQ(dflow::to_bytes(std::vector<std::monostate>(2)), bytes_of({2, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(SerializeFormat, NeverSendsThePaddingOfALongDouble) {
  const bool is_x87 = std::numeric_limits<long double>::digits == 64;
  EXPECT_EQ(dflow::to_bytes(1.0L).size(), is_x87 ? 10u : sizeof(long double));
}

TEST(SerializableConcept, TellsWhatCanBeSent) {
  struct Unknown {
    int* pointer;
  };
  static_assert(dflow::Serializable<std::map<std::string, std::vector<std::optional<double>>>>);
  static_assert(!dflow::Serializable<Unknown>);
  static_assert(!dflow::Serializable<std::vector<Unknown>>);
  static_assert(!dflow::Serializable<std::tuple<int, Unknown>>);
  static_assert(!dflow::Serializable<int*>);
  static_assert(!dflow::Serializable<std::string_view>);
}

}  // namespace
