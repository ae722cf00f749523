#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/serialize/includes.h"
#include "tests/serialize/support.h"

namespace {

struct Point {
  double x, y;
  bool operator==(const Point&) const = default;
};

/// No default constructor, a private member, an invariant.
class Percentage {
 public:
  explicit Percentage(int value) : value_(value) {}
  int value() const { return value_; }
  bool operator==(const Percentage&) const = default;

 private:
  int value_;
};

struct Tree {
  int value = 0;
  std::vector<Tree> children;
  bool operator==(const Tree&) const = default;
};

struct Link {
  std::unique_ptr<Link> next;
};

}  // namespace

template <>
struct dflow::Serialize<Point> {
  static constexpr bool flat = true;
  static void write(Writer& out, const Point& p) {
    out.write(p.x);
    out.write(p.y);
  }
  static Point read(Reader& in) {
    const auto x = in.read<double>();
    return {x, in.read<double>()};
  }
};

template <>
struct dflow::Serialize<Percentage> {
  static void write(Writer& out, const Percentage& p) { out.write(p.value()); }
  static Percentage read(Reader& in) {
    const int value = in.read<int>();
    if (value < 0 || value > 100) in.fail("has a percentage of " + std::to_string(value));
    return Percentage(value);
  }
};

template <>
struct dflow::Serialize<Tree> {
  static void write(Writer& out, const Tree& tree) {
    out.write(tree.value);
    out.write(tree.children);
  }
  static Tree read(Reader& in) {
    const int value = in.read<int>();
    return {value, in.read<std::vector<Tree>>()};
  }
};

template <>
struct dflow::Serialize<Link> {
  static void write(Writer& out, const Link& link) { out.write(link.next); }
  static Link read(Reader& in) { return {in.read<std::unique_ptr<Link>>()}; }
};

namespace {

using dflow::SerializeError;
using dflow::testing::round_trip;

TEST(CustomSerialize, WorksAloneAndInContainers) {
  EXPECT_EQ(round_trip(Point{1, 2}), (Point{1, 2}));
  const std::vector<Point> points(5000, Point{3, 4});
  EXPECT_EQ(round_trip(points), points);
  const std::map<int, std::optional<Percentage>> shares{{1, Percentage(5)}, {2, std::nullopt}};
  EXPECT_EQ(round_trip(shares), shares);
}

TEST(CustomSerialize, FlatAndElementwiseFormsAreTheSameBytes) {
  const auto block = dflow::to_bytes(std::vector<Point>{{1, 2}, {3, 4}});
  EXPECT_EQ(block, dflow::to_bytes(std::list<Point>{{1, 2}, {3, 4}}));
}

TEST(CustomSerialize, ReadsArraysOfTypesWithoutDefaultConstructor) {
  const std::array<Percentage, 2> shares{Percentage(1), Percentage(99)};
  EXPECT_EQ(round_trip(shares), shares);
}

TEST(CustomSerialize, MayRefuseBytes) {
  EXPECT_THROW(dflow::from_bytes<Percentage>(dflow::to_bytes(101)), SerializeError);
}

TEST(CustomSerialize, ReadsRecursiveTypes) {
  const Tree tree{1, {{2, {}}, {3, {{4, {}}}}}};
  EXPECT_EQ(round_trip(tree), tree);
}

Link chain_of(int links) {
  Link first;
  for (int i = 0; i < links; ++i) first = Link{std::make_unique<Link>(std::move(first))};
  return first;
}

TEST(CustomSerialize, NestsAHundredDeep) {
  const Link copy = round_trip(chain_of(100));
  int links = 0;
  for (const Link* link = &copy; link->next; link = link->next.get()) ++links;
  EXPECT_EQ(links, 100);
}

TEST(CustomSerialize, RefusesToNestWithoutEnd) {
  EXPECT_THROW(dflow::to_bytes(chain_of(5000)), SerializeError);
  const std::vector<std::byte> ever_deeper(1'000'000, std::byte{1});
  EXPECT_THROW(dflow::from_bytes<Link>(ever_deeper), SerializeError);
}

TEST(CustomSerialize, LeavesTheDepthAsItWasAfterAFailure) {
  dflow::Writer out;
  EXPECT_THROW(out.write(chain_of(5000)), SerializeError);
  EXPECT_NO_THROW(out.write(chain_of(900)));
}

struct Poisoned {
  Poisoned() = default;
  Poisoned(const Poisoned&) { throw std::runtime_error("copied"); }
  Poisoned& operator=(const Poisoned&) = default;
};

}  // namespace

template <>
struct dflow::Serialize<Poisoned> {
  static void write(Writer&, const Poisoned&) {}
  static Poisoned read(Reader&) { return {}; }
};

TEST(CustomSerialize, VariantsWithoutValueAreRefused) {
  std::variant<int, Poisoned> value(1);
  const Poisoned source;
  try {
    value.emplace<Poisoned>(source);
  } catch (const std::runtime_error&) {
  }
  ASSERT_TRUE(value.valueless_by_exception());
  EXPECT_THROW(dflow::to_bytes(value), SerializeError);
}
