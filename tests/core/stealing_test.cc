// What idle workers get of others' work where not all of it is worth the way.
#include <deque>
#include <map>

#include "tests/core/scheduler_fixture.h"

namespace dflow::core {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::SizeIs;

constexpr std::uint64_t dear = 5'000'000'000;  // seconds on the way
constexpr std::uint64_t cheap = 8;

/// Workers of one thread, each of which ends one task a round and gives up what it has not begun.
class StealingTest : public SchedulerTest {
 protected:
  StealingTest() : SchedulerTest(Settings{}) {}

  /// A value at a worker.
  void make(std::uint64_t number, const std::string& worker, std::uint64_t bytes) {
    const TaskOptions there{.workers = {worker}};
    submit(number, {}, {.function = FunctionId{number}, .options = std::make_shared<TaskOptions>(there)});
    finish(number, bytes);
  }
  /// Tasks that read it: how many there are.
  void read(std::uint64_t value, int count, Duration time = 5ms) {
    for (; count > 0; --count) {
      take(submit(next_, {value}, {.function = FunctionId{1000 + value}}));
      if (const auto run = last_run.find(task(next_)); run != last_run.end() && !known_[value]) {
        known_[value] = true;
        end(run->second, time);
      }
      reads_[task(next_++)] = value;
    }
  }
  void take(const std::vector<Action>& actions) {
    for (const RunTask& run : all<RunTask>(actions)) queues[run.worker].push_back(run);
    for (const RevokeTask& asked : all<RevokeTask>(actions)) {
      const bool given_up = std::erase_if(queues[asked.worker], [&](const RunTask& run) {
        return run.id == asked.id && run.id != queues[asked.worker].front().id;
      }) > 0;
      take(say(TaskRevoked{asked.worker, asked.id, asked.attempt, given_up}));
    }
  }
  void end(const RunTask& run, Duration time) {
    std::erase_if(queues[run.worker], [&](const RunTask& one) { return one.id == run.id; });
    take(say(TaskFinished{run.worker, run.id, run.attempt, 8, time, {}}));
  }
  void tick() { take(say(Tick{now_ += 100ms})); }
  /// Until all have ended. Returns after how many rounds.
  int run_all() {
    int rounds = 0;
    for (bool busy = true; busy; ++rounds) {
      if (rounds % 20 == 0) tick();
      busy = false;
      for (auto& [worker, queue] : queues) {
        if (queue.empty()) continue;
        busy = true;
        const RunTask run = queue.front();
        ++ended[worker];
        end(run, 5ms);
      }
    }
    return rounds;
  }
  /// The value that the tasks under way at a worker read.
  std::vector<std::uint64_t> reading(std::uint32_t worker) {
    std::vector<std::uint64_t> values;
    for (const RunTask& run : queues[WorkerId{worker}]) values.push_back(reads_.at(run.id));
    return values;
  }

  std::map<WorkerId, std::deque<RunTask>> queues;
  std::map<WorkerId, int> ended;

 private:
  std::uint64_t next_ = 100;
  std::map<TaskId, std::uint64_t> reads_;
  std::map<std::uint64_t, bool> known_;
  Time now_{};
};

TEST_F(StealingTest, TakesFromAnotherWhereTheBusiestHasNothingWorthTheWay) {
  join(1), join(2);
  make(1, "w1", dear), make(2, "w2", cheap);
  read(1, 400), read(2, 200);
  take(join(3));
  EXPECT_THAT(reading(3), ElementsAre(2));  // at once
  run_all();
  EXPECT_GT(ended[WorkerId{3}], 80);
}

TEST_F(StealingTest, FindsWhatStandsBehindAllThatIsTooDear) {
  join(1);
  make(1, "w1", dear), make(2, "w1", cheap);
  read(1, 300), read(2, 300);
  take(join(3));
  const int rounds = run_all();
  EXPECT_GT(ended[WorkerId{3}], 250);
  EXPECT_LT(rounds, 350);
}

/// The two busiest, and as many more as there are.
TEST_F(StealingTest, ComesToEachWhoHasWork) {
  for (std::uint32_t i = 1; i <= 8; ++i) join(i);
  for (std::uint32_t i = 1; i <= 8; ++i) make(i, "w" + std::to_string(i), i == 5 ? cheap : dear);
  for (std::uint32_t i = 1; i <= 8; ++i) read(i, i == 5 ? 60 : 300);
  take(join(9));
  for (int i = 0; i < 20 && queues[WorkerId{9}].empty(); ++i) tick();
  ASSERT_THAT(reading(9), ElementsAre(5));
  end(queues[WorkerId{9}].front(), 5ms);
  EXPECT_THAT(reading(9), ElementsAre(5));  // it knows now whom to ask
}

/// Another is idle, too, and comes first.
TEST_F(StealingTest, LooksForEachWhoIsIdle) {
  join(1), join(2), join(3);
  make(1, "w1", dear), make(2, "w2", cheap), make(3, "w3", cheap);
  read(1, 100);
  say(ValueAdded{WorkerId{3}, task(1), Attempt{last_run.at(task(1)).attempt}, dear});  // comes by another way
  for (int i = 0; i < 10 && queues[WorkerId{3}].empty(); ++i) tick();
  EXPECT_THAT(reading(3), ElementsAre(1));
  EXPECT_THAT(reading(2), IsEmpty());
}

TEST_F(StealingTest, CallsBackWhatWasSentBeforeAllThatIsTooDear) {
  join(1);
  make(1, "w1", dear), make(2, "w1", cheap);
  read(2, 100, 10us), read(1, 100, 10us);
  ASSERT_THAT(queues[WorkerId{1}], SizeIs(198));  // all but two, from which it has learnt
  take(join(2));
  for (int i = 0; i < 3 && queues[WorkerId{2}].empty(); ++i) tick();
  ASSERT_THAT(reading(2), ElementsAre(2));
  end(queues[WorkerId{2}].front(), 10us);
  EXPECT_THAT(reading(2), ElementsAre(2));  // it knows now where they are
}

/// The place where something was found is forgotten for nobody's sake who finds nothing there.
TEST_F(StealingTest, GoesOnThoughAnotherFindsNothing) {
  join(1);
  make(1, "w1", dear), make(2, "w1", cheap);
  read(1, 300), read(2, 100);
  take(join(2));
  tick();
  ASSERT_THAT(reading(2), ElementsAre(2));
  for (int i = 0; i < 50; ++i) {
    end(queues[WorkerId{2}].front(), 5ms);
    ASSERT_THAT(reading(2), ElementsAre(2)) << i;
  }
}

}  // namespace
}  // namespace dflow::core
