// A bound on what several queues hold together.
#include "runtime/net/backlog.h"

#include <gtest/gtest.h>

#include <list>

namespace dflow::net {
namespace {

TEST(Backlog, OneAloneMayHoldHalf) {
  Backlog backlog(100);
  Backlog::Part part(&backlog);
  EXPECT_TRUE(part.has_room(100));  // a message at a time, and this one would be the first
  part.holds(49);
  EXPECT_TRUE(part.has_room(2));
  EXPECT_FALSE(part.has_room(3));
  part.holds(51);
  EXPECT_FALSE(part.has_room(1));
  EXPECT_EQ(backlog.held(), 51u);
}

TEST(Backlog, WhoHoldsLittleHasRoomBesideTheGreedy) {
  Backlog backlog(1 << 20);
  std::list<Backlog::Part> greedy;
  for (int i = 0; i < 10; ++i) {
    std::size_t bytes = 0;
    for (greedy.emplace_back(&backlog); greedy.back().has_room(1000); greedy.back().holds(bytes)) bytes += 1000;
  }
  EXPECT_LE(backlog.held(), std::size_t{1} << 20);
  Backlog::Part modest(&backlog);
  EXPECT_TRUE(modest.has_room(1));
  greedy.clear();
  EXPECT_EQ(backlog.held(), 0u);
  EXPECT_TRUE(modest.has_room(1 << 19));
}

TEST(Backlog, IsWithoutABoundWhereThereIsNone) {
  Backlog::Part part(nullptr);
  part.holds(1 << 20);
  EXPECT_TRUE(part.has_room(SIZE_MAX));
}

}  // namespace
}  // namespace dflow::net
