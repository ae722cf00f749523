#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "runtime/core/codec.h"
#include "runtime/core/holders.h"
#include "runtime/core/id_table.h"
#include "runtime/core/ready_queue.h"
#include "runtime/core/smallest.h"

namespace dflow::core {
namespace {

std::uint32_t next(std::uint32_t& state) {
  return state = state * 1664525 + 1013904223;
}

TEST(Smallest, AgreesWithASearch) {
  Smallest tree;
  std::vector<std::uint64_t> keys(37, Smallest::infinite);
  std::uint32_t random = 1;
  for (int step = 0; step < 5000; ++step) {
    const Index i = next(random) / 65536 % 37;
    keys[i] = next(random) % 7 == 0 ? Smallest::infinite : next(random) / 65536 % 10;
    tree.set(i, keys[i]);
    const Index but = next(random) / 65536 % 37;
    auto others = keys;
    others[but] = Smallest::infinite;
    const auto search = [](const auto& in) {
      const auto least = std::min_element(in.begin(), in.end());
      return *least == Smallest::infinite ? none : static_cast<Index>(least - in.begin());
    };
    ASSERT_EQ(tree.first(), search(keys));
    ASSERT_EQ(tree.first_but(but), search(others));
  }
}

TEST(Holders, AreWhatTheyWereMadeOfFewOrMany) {
  for (std::uint32_t count = 0; count < 9; ++count) {
    std::vector<WorkerId> workers;
    for (std::uint32_t i = 0; i < count; ++i) workers.push_back(WorkerId{i + 1});
    const Holders made = workers;
    Holders copied = made, moved = std::move(copied), assigned = {WorkerId{99}};
    assigned = moved;
    for (const Holders* one : std::initializer_list<const Holders*>{&made, &moved, &assigned}) {
      EXPECT_EQ(std::vector<WorkerId>(one->begin(), one->end()), workers);
      EXPECT_EQ(encode(*one), encode(workers));
    }
    EXPECT_EQ(decode<Holders>(encode(workers)).value(), made);
    EXPECT_TRUE(copied.empty());  // NOLINT: what is moved from can be filled again
    copied.push_back(WorkerId{7});
    EXPECT_EQ(copied, Holders{WorkerId{7}});
    EXPECT_NE(copied, made);
  }
}

TEST(IdTable, FindsWhatWasAddedAndForgetsEmptyPages) {
  IdTable table;
  for (std::uint64_t i = 0; i < 5000; i += 3) table.add(i, static_cast<Index>(i));
  EXPECT_EQ(table.find(3000), 3000u);
  EXPECT_EQ(table.find(3001), none);
  for (std::uint64_t i = 0; i < 5000; i += 3) table.remove(i);
  EXPECT_EQ(table.bytes(), 0u);
  EXPECT_EQ(table.find(3000), none);
}

TEST(ReadyQueue, PassesOverAndSweepsOutWhatHasLeft) {
  ReadyQueue queue;
  std::map<Index, bool> there;
  const auto valid = [&](const ReadyQueue::Entry& entry) { return there[entry.task]; };
  for (Index i = 0; i < 100; ++i) {
    there[i] = true;
    queue.push({{.order = 100 - i}, i, 0});
  }
  for (Index i = 20; i < 100; ++i) {
    there[i] = false;
    queue.left(valid);
  }
  EXPECT_EQ(queue.size(), 20u);
  EXPECT_LT(queue.entries().size(), 60u);
  for (Index expected = 19; expected != none; --expected) {
    ASSERT_NE(queue.top(valid), nullptr);
    EXPECT_EQ(queue.top(valid)->task, expected);
    queue.pop();
  }
  EXPECT_EQ(queue.top(valid), nullptr);
}

}  // namespace
}  // namespace dflow::core
