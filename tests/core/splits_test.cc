// Workers that reach the scheduler and not each other.
#include <algorithm>

#include "tests/core/scheduler_fixture.h"

namespace dflow::core {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Of the workers, 1 and 2 do not reach each other.
class SplitTest : public SchedulerTest {
 protected:
  SplitTest() : SchedulerTest(of_patient()) {}
  static Settings of_patient() {
    Settings settings = few_ahead();
    settings.silence = {};
    return settings;
  }
  static bool apart(WorkerId a, WorkerId b) { return a != b && a <= WorkerId{2} && b <= WorkerId{2}; }

  /// What a worker that has the task to do comes to: it ends, or goes back for the first input that cannot be had.
  std::vector<Action> work(std::uint64_t number) {
    const RunTask run = last_run.at(task(number));
    for (const Input& input : run.inputs) {
      std::vector<MissingInput> missing;
      for (const WorkerId holder : input.holders) {
        if (!apart(run.worker, holder)) break;
        missing.push_back({input.id, input.version, holder, false, {}});
      }
      if (!missing.empty() && missing.size() == input.holders.size())
        return say(TaskReturned{run.worker, run.id, run.attempt, missing});
    }
    return finish(number);
  }
  /// All that is to be done, and what comes of it; the numbers of the tasks in the order of their runs.
  std::vector<std::uint64_t> work_on(std::vector<std::uint64_t> numbers, std::size_t most = 100) {
    std::vector<std::uint64_t> order;
    while (!numbers.empty() && order.size() < most) {
      const std::uint64_t number = numbers.front();
      numbers.erase(numbers.begin());
      order.push_back(number);
      for (const TaskId id : ran(work(number))) numbers.push_back(number_of(id));
    }
    return order;
  }
  TaskSpec only_on(const std::string& worker) {
    return {.options = std::make_shared<TaskOptions>(TaskOptions{.workers = {worker}})};
  }
  void pass(Duration span) {
    now += span;
    say(Tick{now});
  }

  Time now{};
};

TEST_F(SplitTest, GoesWhereAllCanBeHad) {
  join(1), join(2), join(3);
  submit(1, {}, only_on("w1"));
  submit(2, {}, only_on("w2"));
  submit(3, {}, only_on("w3"));
  submit(4, {1, 2});
  finish(1), finish(2);
  EXPECT_THAT(work_on({4, 3}), testing::Not(testing::Contains(1)));  // nothing is made again
  EXPECT_EQ(where(4), WorkerId{3});
}

TEST_F(SplitTest, MakesAgainWhatTwoWorkersCannotGiveEachOther) {
  join(1), join(2);
  submit(1), submit(2);
  ASSERT_NE(where(1), where(2));
  submit(3, {1, 2}), submit(4, {2, 1});
  submit(5, {3, 4});
  work_on({1, 2});
  EXPECT_EQ(scheduler.counts().tasks[TaskState::stored], 5u);
  EXPECT_EQ(where(5), WorkerId{1});
}

TEST_F(SplitTest, GoesWhereItsInputHasToBe) {
  join(1), join(2);
  submit(1, {}, only_on("w2"));
  submit(2);
  ASSERT_EQ(where(2), WorkerId{1});
  submit(3, {1, 2});
  work_on({1, 2});
  EXPECT_EQ(scheduler.counts().tasks[TaskState::stored], 3u);
  EXPECT_EQ(where(3), WorkerId{2});
}

TEST_F(SplitTest, SaysWhoDoesNotReachWhomWhenNothingCanBeDone) {
  join(1), join(2);
  submit(1, {}, only_on("w1"));
  submit(2, {}, only_on("w2"));
  submit(3, {1, 2});
  EXPECT_THAT(work_on({1, 2}), SizeIs(100));  // the network may be mended
  pass(std::chrono::seconds(5));
  work(3);
  pass(few_ahead().apart);
  const auto ended = all<TaskEnded>(work(3));
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].id, task(3));
  EXPECT_THAT(ended[0].failure->message, HasSubstr("w1 does not reach w2"));
  EXPECT_EQ(scheduler.counts().tasks[TaskState::stored], 2u);
}

TEST_F(SplitTest, GivesAProgramAnotherCopyThenAnError) {
  join(1), join(2);
  submit(1);
  finish(1);
  const auto ask = [&] { return say(ValueUnavailable{client, task(1), Attempt{1}, WorkerId{1}, false}); };
  EXPECT_THAT(all<FetchValue>(ask()), IsEmpty());
  EXPECT_THAT(all<FetchValue>(ask()), SizeIs(1));
  say(FetchFailed{WorkerId{2}, {task(1), Attempt{1}, WorkerId{1}, false, {}}});
  for (int i = 0; i < 20; ++i) EXPECT_THAT(all<TaskEnded>(ask()), IsEmpty());
  pass(few_ahead().apart);
  const auto ended = all<TaskEnded>(ask());
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_THAT(ended[0].failure->message, HasSubstr("the program does not reach w1"));
  EXPECT_THAT(all<TaskEnded>(ask()), SizeIs(1));  // it is not the program's any more
}

TEST_F(SplitTest, MakesAgainWhatIsToLeaveAndCannotBeCopied) {
  join(1), join(2);
  submit(1);
  finish(1);
  ASSERT_EQ(where(1), WorkerId{1});
  say(RetireRequested{client, RequestId{1}, {WorkerId{1}}});
  std::vector<Action> actions;
  for (int i = 0; i < 4; ++i) {
    actions = say(FetchFailed{WorkerId{2}, {task(1), Attempt{1}, WorkerId{1}, false, {}}});
    pass({});
  }
  EXPECT_EQ(where(1), WorkerId{2});
}

TEST_F(SplitTest, AnswersWhoWaitsForACopyThatNobodyCanGet) {
  join(1), join(2);
  say(ValueScattered{client, task(1), 8, 1, {"w1"}});
  say(ValueAdded{WorkerId{1}, task(1), Attempt{0}, 8});
  say(RetireRequested{client, RequestId{1}, {WorkerId{1}}});
  const MissingInput missing{task(1), Attempt{0}, WorkerId{1}, false, {}};
  for (int i = 0; i < 20; ++i) say(FetchFailed{WorkerId{2}, missing});
  pass(std::chrono::seconds(5));
  pass(few_ahead().apart);
  const auto done = all<RequestDone>(say(FetchFailed{WorkerId{2}, missing}));
  ASSERT_THAT(done, SizeIs(1));
  EXPECT_THAT(done[0].error, HasSubstr("w2 does not reach w1"));
}

}  // namespace
}  // namespace dflow::core
