// Classes taken apart by any compiler: aggregates.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <any>
#include <functional>

#include "tests/serialize/includes.h"
#include "tests/serialize/support.h"

namespace {

using dflow::Serializable;
using dflow::testing::round_trip;

struct Point {
  double x, y;
  bool operator==(const Point&) const = default;
};
struct Padded {
  char c;
  double d;
  bool operator==(const Padded&) const = default;
};
struct Everything {
  std::string name;
  std::optional<int> maybe;
  std::variant<std::monostate, Point, std::string> either;
  std::map<std::string, std::vector<Point>> points;
  std::unique_ptr<Padded> owned;
  const long constant = 0;
  bool flag = false;
};
struct Tree {
  int value = 0;
  std::vector<Tree> children;
  bool operator==(const Tree&) const = default;
};
struct Arrays {
  int counts[3];
  double grid[2][2];
  std::string names[2];
};
struct Bits {
  unsigned low : 3;
  unsigned high : 5;
};
struct Nothing {};
struct HoldsPointer {
  int a;
  int* p;
};

struct Parts {
  float x, y, z;
};
struct Vector3 {  // as graphics libraries have them
  union {
    Parts parts;
    float v[3];
  };
};
struct Tagged {
  int kind;
  union {
    int i;
    double d;
  };
};
struct Scene {
  std::string name;
  Tagged tagged;
};
union Word {
  unsigned whole;
  unsigned char bytes[4];
};
struct Words {
  int count;
  Word first;
};
struct Known {
  union {
    int i;
    float f;
  };
};
struct HoldsKnown {
  Known first;
  std::vector<Known> more;
  Word word;
};

}  // namespace

template <>
struct dflow::Serialize<Known> {
  static void write(Writer& out, const Known& known) { out.write(known.i); }
  static Known read(Reader& in) { return {{in.read<int>()}}; }
};
template <>
struct dflow::Serialize<Word> {
  static void write(Writer& out, const Word& word) { out.write(word.whole); }
  static Word read(Reader& in) { return {in.read<unsigned>()}; }
};

namespace {

TEST(Aggregates, WithUnionsAreSentOnlyIfSomebodySaysHow) {
  static_assert(!Serializable<Vector3> && !Serializable<std::vector<Vector3>>);
  static_assert(!Serializable<Tagged> && !Serializable<Scene>);
  static_assert(Serializable<Known> && Serializable<Words> && Serializable<HoldsKnown>);
  EXPECT_THAT(dflow::detail::why_not_serializable<Scene>(), ::testing::ContainsRegex("it holds '.*Tagged' \\("));
  const HoldsKnown copy = round_trip(HoldsKnown{{{1}}, {{{2}}, {{3}}}, {4}});
  EXPECT_EQ(copy.first.i + copy.more[1].i, 4);
  EXPECT_EQ(copy.word.whole, 4u);
  EXPECT_EQ(round_trip(Words{5, {6}}).first.whole, 6u);
}

TEST(Aggregates, KeepTheirMembers) {
  Everything all{"n", 3, "text", {{"k", {{1, 2}}}}, std::make_unique<Padded>('c', 2.0), 7, true};
  const auto copy = dflow::from_bytes<Everything>(dflow::to_bytes(all));
  EXPECT_EQ(copy.name, "n");
  EXPECT_EQ(copy.maybe, 3);
  EXPECT_EQ(std::get<std::string>(copy.either), "text");
  EXPECT_EQ(copy.points, all.points);
  EXPECT_EQ(*copy.owned, *all.owned);
  EXPECT_EQ(copy.constant, 7);
  EXPECT_TRUE(copy.flag);
}

TEST(Aggregates, MayHoldThemselves) {
  const Tree tree{1, {{2, {}}, {3, {{4, {}}}}}};
  EXPECT_EQ(round_trip(tree), tree);
}

TEST(Aggregates, KeepArraysAndBitFields) {
  const Arrays copy = round_trip(Arrays{{1, 2, 3}, {{1, 2}, {3, 4}}, {"a", "b"}});
  EXPECT_THAT(copy.counts, ::testing::ElementsAre(1, 2, 3));
  EXPECT_EQ(copy.grid[1][0], 3);
  EXPECT_EQ(copy.names[1], "b");
  const Bits bits = round_trip(Bits{5, 17});
  EXPECT_EQ(bits.low, 5u);
  EXPECT_EQ(bits.high, 17u);
}

TEST(Aggregates, AreFlatWhereNothingIsBetweenTheirMembers) {
  static_assert(dflow::detail::Flat<Point>);
  static_assert(!dflow::detail::Flat<Padded>);
  static_assert(!dflow::detail::Flat<Bits>);
  const std::vector<Point> points(5000, Point{3, 4});
  EXPECT_EQ(round_trip(points), points);
  EXPECT_EQ(dflow::to_bytes(std::vector<Point>{{1, 2}}), dflow::to_bytes(std::list<Point>{{1, 2}}));
  const std::vector<Padded> padded(3, Padded{'x', 1});
  EXPECT_EQ(dflow::to_bytes(padded).size(), 8u + 3 * 9);
  EXPECT_EQ(round_trip(padded), padded);
}

TEST(Aggregates, EveryTruncationThrows) {
  const auto whole = dflow::to_bytes(Everything{"n", 3, Point{1, 2}, {{"k", {{1, 2}}}}, nullptr, 7, true});
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_THROW(dflow::from_bytes<Everything>(std::span(whole).first(length)), dflow::SerializeError)
        << length;
}

TEST(Aggregates, ThatHoldWhatCannotBeSentCannotBeSent) {
  struct Functions {
    std::function<void()> f;
    std::any anything;
    int x;
  };
  struct Referring {
    const int& x;
  };
  struct Abstract {
    virtual ~Abstract() = default;
    virtual int f() = 0;
  };
  struct OwnsSomeShape {
    std::unique_ptr<Abstract> shape;
  };
  static_assert(Serializable<Nothing> && Serializable<std::vector<Nothing>> && Serializable<Tree>);
  static_assert(!Serializable<HoldsPointer> && !Serializable<std::map<int, std::vector<HoldsPointer>>>);
  static_assert(!Serializable<Functions> && !Serializable<Referring> && !Serializable<OwnsSomeShape>);
  static_assert(!Serializable<std::unique_ptr<int[]>> && !Serializable<std::shared_ptr<int>>);
}

TEST(Aggregates, TheWayToWhatCannotBeSentIsNamed) {
  using ::testing::ContainsRegex;
  EXPECT_THAT(dflow::detail::why_not_serializable<std::vector<HoldsPointer>>(),
              ContainsRegex("cannot be sent to another process: it holds '.*HoldsPointer', which holds 'int ?\\*' "
                            "\\(specialise dflow::Serialize"));
  struct Branch {
    std::vector<Branch> branches;  // a way that leads back to where it came from
    std::map<int, HoldsPointer> leaves;
  };
  EXPECT_THAT(dflow::detail::why_not_serializable<Branch>(),
              ContainsRegex("Branch' cannot be sent .*: it holds 'std::map<.*>', which holds '.*HoldsPointer', which holds 'int"));
  EXPECT_THAT(dflow::detail::why_not_serializable<int*>(), ContainsRegex("'int ?\\*' cannot be sent to another process \\("));
}

}  // namespace
