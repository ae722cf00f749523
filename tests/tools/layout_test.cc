#include "tools/dflow/layout.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace dflow::tools {
namespace {

using Edges = std::vector<formats::LabelledEdge>;

std::vector<Point> places_of(const std::vector<Box>& boxes, const Edges& edges) {
  return layered_layout(Digraph(boxes.size(), edges), boxes);
}

std::vector<Box> equal_boxes(std::size_t count) {
  return {count, Box{100, 20}};
}

void expect_apart(const std::vector<Box>& boxes, const std::vector<Point>& places) {
  for (std::size_t a = 0; a < boxes.size(); ++a)
    for (std::size_t b = a + 1; b < boxes.size(); ++b)
      EXPECT_TRUE(std::abs(places[a].x - places[b].x) >= (boxes[a].width + boxes[b].width) / 2 ||
                  std::abs(places[a].y - places[b].y) >= (boxes[a].height + boxes[b].height) / 2)
          << a << " lies on " << b;
}

TEST(Layout, PutsProducersAboveTheirConsumers) {
  const auto places = places_of(equal_boxes(4), {{3, 1}, {1, 0}, {3, 2}, {2, 0}});
  EXPECT_LT(places[3].y, places[1].y);
  EXPECT_EQ(places[1].y, places[2].y);
  EXPECT_LT(places[1].y, places[0].y);
}

TEST(Layout, PutsTheTopOfATreeInTheMiddle) {
  const auto places = places_of(equal_boxes(7), {{0, 4}, {1, 4}, {2, 5}, {3, 5}, {4, 6}, {5, 6}});
  EXPECT_NEAR(places[4].x, (places[0].x + places[1].x) / 2, 1e-6);
  EXPECT_NEAR(places[6].x, (places[4].x + places[5].x) / 2, 1e-6);
}

TEST(Layout, DrawsALateSourceBesideWhatItFeeds) {
  const auto places = places_of(equal_boxes(4), {{0, 1}, {1, 2}, {3, 2}});
  EXPECT_EQ(places[3].y, places[1].y);
}

TEST(Layout, UntanglesWhatCanBeDrawnWithoutCrossings) {
  const auto places = places_of(equal_boxes(6), {{0, 5}, {1, 4}, {2, 3}});
  EXPECT_EQ(places[0].x < places[1].x, places[5].x < places[4].x);
  EXPECT_EQ(places[1].x < places[2].x, places[4].x < places[3].x);
}

TEST(Layout, BreaksAWideLayerIntoRows) {
  const auto places = places_of(equal_boxes(1000), {});
  const auto [left, right] = std::ranges::minmax_element(places, {}, &Point::x);
  const auto [top, bottom] = std::ranges::minmax_element(places, {}, &Point::y);
  EXPECT_LT(right->x - left->x, 5 * (bottom->y - top->y));
}

TEST(Layout, KeepsBoxesOfRandomGraphsApart) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<Box> boxes;
  Edges edges;
  for (std::uint32_t i = 0; i < 300; ++i) {
    boxes.push_back({20.0 + random() % 200, 20.0 + random() % 60});
    for (std::uint32_t k = random() % 4; k > 0; --k)  // circles too
      if (const auto other = static_cast<std::uint32_t>(random() % 300); other != i)
        edges.push_back({other, i});
  }
  expect_apart(boxes, places_of(boxes, edges));
}

TEST(Layout, OfNothingIsNothing) {
  EXPECT_TRUE(places_of({}, {}).empty());
}

}  // namespace
}  // namespace dflow::tools
