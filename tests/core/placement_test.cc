// Where tasks go.
#include "tests/core/scheduler_fixture.h"

namespace dflow::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class PlacementTest : public SchedulerTest {
 protected:
  PlacementTest() : SchedulerTest(Settings{}) {}

  void learn(std::uint64_t number, Duration time, std::uint64_t bytes, const std::string& worker) {
    TaskOptions there{.workers = {worker}};
    submit(number, {}, {.function = FunctionId{number}, .options = std::make_shared<TaskOptions>(there)});
    const RunTask& run = last_run.at(task(number));
    say(TaskFinished{run.worker, run.id, run.attempt, bytes, time, {}});
  }
};

TEST_F(PlacementTest, SharesABatchWithoutInputsOutInPieces) {
  join(1), join(2);
  learn(100, 1ms, 8, "w1");
  TasksSubmitted batch{client, {}};
  for (std::uint64_t i = 1; i <= 8; ++i) batch.tasks.push_back({.id = task(i), .function = FunctionId{100}});
  std::vector<WorkerId> places;
  for (const RunTask& run : all<RunTask>(say(batch))) places.push_back(run.worker);
  const WorkerId a = places.at(0), b = places.at(4);
  EXPECT_NE(a, b);
  EXPECT_THAT(places, ElementsAre(a, a, a, a, b, b, b, b));  // neighbours will be read together
}

TEST_F(PlacementTest, SharesFewLongTasksOutToAll) {
  join(1), join(2);
  learn(100, 1ms, 8, "w1");
  TasksSubmitted batch{client, {{.id = task(1), .function = FunctionId{100}}, {.id = task(2), .function = FunctionId{100}}}};
  say(batch);
  EXPECT_NE(where(1), where(2));
}

TEST_F(PlacementTest, CountsAFetchForBothItsLines) {
  join(1), join(2);
  learn(100, 3ms, 2'000'000, "w1");  // 2 ms on the way
  submit(1, {100}, {.function = FunctionId{100}});
  EXPECT_EQ(where(1), WorkerId{1});
  submit(2, {100}, {.function = FunctionId{100}});
  EXPECT_EQ(where(2), WorkerId{1});  // rather 3 ms of waiting than 2 ms of two workers' lines
  submit(3, {100}, {.function = FunctionId{100}});
  EXPECT_EQ(where(3), WorkerId{2});
}

TEST_F(PlacementTest, StaysWithAValueOfAllBytesThatThereCanBe) {  // so its worker says
  join(1), join(2);
  learn(100, 1ms, UINT64_MAX, "w1"), learn(101, 1ms, 8, "w2");
  submit(1, {100, 101}, {.function = FunctionId{100}});
  EXPECT_EQ(where(1), WorkerId{1});
}

}  // namespace
}  // namespace dflow::core
