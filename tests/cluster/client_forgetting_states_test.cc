// Cases of distributed's test_client, test_stress and test_steal by name, on the scheduler's brain alone: what is forgotten when
// nobody has its future.
#include "tests/core/scheduler_fixture.h"

namespace dflow::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class ForgettingStates : public SchedulerTest {
 protected:
  static TaskSpec pure() {
    TaskSpec spec;
    spec.pure = true;
    return spec;
  }
  std::vector<Action> release(std::vector<std::uint64_t> numbers) {
    std::vector<TaskId> ids;
    for (const std::uint64_t number : numbers) ids.push_back(task(number));
    return say(TasksReleased{client, ids});
  }
  std::vector<Action> fail(std::uint64_t number) {
    const RunTask& run = last_run.at(task(number));
    return say(TaskFailed{run.worker, run.id, run.attempt, std::make_shared<Failure>()});
  }
  void place(std::uint64_t number) {
    const auto placed = all<PlaceValue>(say(ValueScattered{client, task(number), 8}));
    say(ValueAdded{placed.at(0).worker, task(number), Attempt{0}, 8});
  }
  static std::vector<TaskId> freed(const std::vector<Action>& actions) {
    std::vector<TaskId> ids;
    for (const FreeValue& each : all<FreeValue>(actions)) ids.push_back(each.id);
    return ids;
  }
};

TEST_F(ForgettingStates, ForgetSimple) {
  join(1, 2);
  submit(1, {}, {.retries = 2}), submit(2), submit(3, {1, 2});
  finish(1), finish(2), finish(3);
  EXPECT_EQ(scheduler.tasks(), 3u);
  EXPECT_THAT(freed(release({1})), ElementsAre(task(1)));
  EXPECT_EQ(scheduler.tasks(), 3u);  // the third was computed from it
  EXPECT_THAT(freed(release({3})), ElementsAre(task(3)));
  EXPECT_EQ(scheduler.tasks(), 1u);
  EXPECT_THAT(freed(release({2})), ElementsAre(task(2)));
  EXPECT_EQ(scheduler.tasks(), 0u);
}

TEST_F(ForgettingStates, ForgetComplex) {
  join(1, 4);
  for (std::uint64_t number = 1; number <= 4; ++number) place(number);            // a, b, c, d
  submit(12, {1, 2}), submit(34, {3, 4}), submit(13, {1, 3}), submit(99, {13, 12});  // ab, cd, ac, acab
  finish(12), finish(34), finish(13), finish(99);
  EXPECT_EQ(scheduler.tasks(), 8u);
  EXPECT_THAT(freed(release({12})), ElementsAre(task(12)));
  EXPECT_EQ(scheduler.tasks(), 8u);  // acab was computed from it
  EXPECT_THAT(freed(release({2})), IsEmpty());  // what no body makes cannot be made again, should acab be lost
  EXPECT_THAT(freed(release({99})), UnorderedElementsAre(task(99), task(2)));
  EXPECT_EQ(scheduler.tasks(), 5u);  // ac, cd, a, c, d
  EXPECT_THAT(freed(release({13})), ElementsAre(task(13)));
  EXPECT_EQ(scheduler.tasks(), 4u);
  release({1, 3, 4, 34});
  EXPECT_EQ(scheduler.tasks(), 0u);
}

TEST_F(ForgettingStates, ForgetInFlight) {
  join(1, 4);
  for (std::uint64_t number = 1; number <= 4; ++number) submit(number, {}, pure());
  submit(12, {1, 2}, pure()), submit(34, {3, 4}, pure()), submit(13, {1, 3}, pure()), submit(99, {13, 12}, pure());
  release({1, 2, 3, 4, 12});
  EXPECT_EQ(scheduler.tasks(), 8u);
  const auto actions = release({34, 99});
  EXPECT_EQ(scheduler.tasks(), 3u);  // what the sum of the first and the third needs
  std::vector<TaskId> called_off;
  for (const CancelTask& each : all<CancelTask>(actions)) called_off.push_back(each.id);
  EXPECT_THAT(called_off, UnorderedElementsAre(task(2), task(4)));
}

TEST_F(ForgettingStates, ForgetErrors) {
  join(1);
  submit(1), submit(2, {1}), submit(3, {2});
  const auto ended = all<TaskEnded>(fail(1));
  EXPECT_THAT(ended, SizeIs(3));
  for (const TaskEnded& each : ended) EXPECT_EQ(each.failure->origin, task(1));
  release({3});
  EXPECT_EQ(scheduler.tasks(), 2u);
  release({1});
  submit(4, {2});  // whoever needs the second fails with the first's exception still
  submit(5);
  const auto late = all<TaskEnded>(release({4}));
  EXPECT_EQ(scheduler.counts().tasks[TaskState::failed], scheduler.tasks() - 1);
  release({2});
  EXPECT_EQ(scheduler.tasks(), 1u);
}

TEST_F(ForgettingStates, IfIntermediatesClearOnError) {
  join(1, 2);
  submit(1, {}, pure()), submit(2, {}, pure()), submit(3, {1, 2}, pure());
  release({1, 2});
  finish(2);
  const auto actions = fail(1);
  EXPECT_THAT(all<TaskEnded>(actions), SizeIs(1));
  EXPECT_THAT(freed(actions), ElementsAre(task(2)));
  EXPECT_EQ(scheduler.counts().tasks[TaskState::stored], 0u);
}

TEST_F(ForgettingStates, CleanupRepeatedTasks) {
  join(1, 5), join(2, 5);
  const auto at_first = std::make_shared<const TaskOptions>(TaskOptions{.workers = {"w1"}, .other_workers = true});
  std::map<TaskId, int> stored, let_go;
  const auto note = [&](const std::vector<Action>& actions) {
    for (const TaskId id : freed(actions)) ++let_go[id];
  };
  for (std::uint64_t i = 1; i <= 50; ++i) submit(i, {}, {.options = at_first}), submit(100 + i, {i}, {.options = at_first});
  for (std::uint64_t i = 1; i <= 50; ++i) note(release({i}));
  while (stored.size() < 100) {
    const auto runs = last_run;
    for (const auto& [id, run] : runs) {
      if (stored.contains(id)) continue;
      ++stored[id];
      note(say(TaskFinished{run.worker, id, run.attempt, 8, 1ms, {}}));
    }
  }
  for (std::uint64_t i = 101; i <= 150; ++i) note(release({i}));
  EXPECT_EQ(let_go, stored);
  EXPECT_EQ(scheduler.tasks(), 0u);
}

TEST_F(ForgettingStates, ForgetDataNotSupposedToHave) {
  join(1), join(2);
  submit(1, {}, {.options = std::make_shared<TaskOptions>(TaskOptions{.workers = {"w1"}})});
  finish(1);
  submit(2, {1}, {.options = std::make_shared<TaskOptions>(TaskOptions{.workers = {"w2"}})});
  say(TasksCancelled{client, {task(2)}});
  release({1, 2});
  EXPECT_EQ(scheduler.tasks(), 0u);
  const WorkerId late{2};  // its copy was under way
  EXPECT_THAT(all<FreeValue>(say(ValueAdded{late, task(1), Attempt{1}, 8})), ElementsAre(FreeValue{late, task(1), Attempt{1}}));
}

}  // namespace
}  // namespace dflow::core
