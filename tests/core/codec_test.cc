#include "runtime/core/codec.h"

#include <gtest/gtest.h>

#include "runtime/core/actions.h"
#include "runtime/core/events.h"

namespace dflow::core {
namespace {

Event submission() {
  TaskSpec task{
      .id = task_id(ClientId{3}, 70'000), .function = FunctionId{~0ull}, .inputs = {task_id(ClientId{3}, 1)}};
  task.payload = std::make_shared<std::string>("\0bytes", 6);
  task.options = std::make_shared<TaskOptions>(TaskOptions{.name = "fit",
                                                           .resources = {{"gpu", 0.5}},
                                                           .timeout = std::chrono::seconds(2),
                                                           .allowed_deaths = std::uint8_t{1}});
  task.priority = -5;
  task.retries = 2;
  task.on_failure = OnFailure::ignore;
  return TasksSubmitted{ClientId{3}, {task, TaskSpec{.id = task_id(ClientId{3}, 70'001)}}};
}

TEST(Codec, GivesBackWhatWasEncoded) {
  const Event event = submission();
  const auto read = decode<Event>(encode(event));
  ASSERT_TRUE(read) << read.message();
  const auto& task = std::get<TasksSubmitted>(read.value()).tasks.at(0);
  EXPECT_EQ(encode(read.value()), encode(event));
  EXPECT_EQ(*task.payload, std::string("\0bytes", 6));
  EXPECT_EQ(task.options->resources.at("gpu"), 0.5);
  EXPECT_EQ(task.priority, -5);
  EXPECT_EQ(task.on_failure, OnFailure::ignore);
}

TEST(Codec, KeepsTheEndsOfTheRangeOfNumbers) {
  for (const std::int64_t ns : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN, INT64_MAX}) {
    const Event tick = Tick{Time{Duration{ns}}};
    EXPECT_EQ(decode<Event>(encode(tick)).value(), tick);
  }
}

TEST(Codec, WritesTasksInFewBytesAndRefusesImpossibleOnes) {
  EXPECT_EQ(encode(task_id(ClientId{1}, 100)).size(), 2u);
  for (const TaskId id : {task_id(ClientId{max_client}, max_task_number), task_id(ClientId{0}, 0), task_id(ClientId{5}, 70'000)}) {
    EXPECT_EQ(decode<TaskId>(encode(id)).value(), id);
  }
  EXPECT_FALSE(decode<TaskId>(encode(std::pair(max_client + 1, 0u))));
  EXPECT_FALSE(decode<TaskId>(encode(std::pair(0u, max_task_number + 1))));
}

TEST(Codec, RefusesEveryTruncatedMessage) {
  const std::string whole = encode(submission());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode<Event>(std::string_view(whole).substr(0, size))) << size;
  }
  EXPECT_FALSE(decode<Event>(whole + "x"));
}

TEST(Codec, TakesNoMemoryForACountThatCannotBeTrue) {
  std::string claims_a_billion = encode(Event{TasksReleased{}});
  claims_a_billion.back() = '\xff';
  claims_a_billion += "\xff\xff\xff\x0f";
  EXPECT_FALSE(decode<Event>(claims_a_billion));
}

TEST(Codec, WritesAnAlternativeAsItsVariantWithoutMakingOne) {
  const TaskRevoked revoked{WorkerId{3}, task_id(ClientId{1}, 2), Attempt{4}, true};
  EXPECT_EQ(encode_as<Event>(revoked), encode(Event(revoked)));
}

SharedList<TaskId> many(std::size_t count) {
  std::vector<TaskId> all;
  for (std::uint64_t i = 0; i < count; ++i) all.push_back(task_id(ClientId{1}, i % 100));
  return all;
}

TEST(Codec, WritesAListThatNeighboursShareOnce) {
  const SharedList<TaskId> inputs = many(100);
  const TasksSubmitted submitted{ClientId{1}, {{.inputs = inputs}, {.inputs = {TaskId{}}}, {.inputs = inputs}, {.inputs = many(100)}}};
  const auto read = decode<TasksSubmitted>(encode(submitted));
  ASSERT_TRUE(read) << read.message();
  const auto& tasks = read.value().tasks;
  EXPECT_EQ(read.value(), submitted);
  EXPECT_TRUE(tasks[2].inputs.is(tasks[0].inputs));
  EXPECT_FALSE(tasks[3].inputs.is(tasks[0].inputs)) << "equal, but another list";
  const std::size_t bytes = encode(submitted).size();
  EXPECT_LT(bytes, 2 * encode(inputs).size() + 100);
  EXPECT_EQ(encode(read.value()).size(), bytes);
  EXPECT_EQ(encode(inputs), encode(inputs)) << "what another message said is not before";
}

template <class A, class B>
struct Two {
  SharedList<A> first;
  SharedList<B> second;
  static constexpr std::tuple fields{&Two::first, &Two::second};
};

TEST(Codec, RefusesAListAsBeforeWhereThereIsNone) {
  const std::string as_before = encode(list_as_before);
  EXPECT_FALSE(decode<SharedList<TaskId>>(as_before));
  EXPECT_FALSE((decode<Two<TaskId, TaskId>>(encode(std::vector<TaskId>(3)) + as_before))) << "too short";
  EXPECT_TRUE((decode<Two<TaskId, TaskId>>(encode(many(9)) + as_before)));
  EXPECT_FALSE((decode<Two<TaskId, Attempt>>(encode(many(9)) + as_before))) << "of another type";
}

TEST(Codec, LetsFewBytesStandForABoundedNumberOfElements) {
  const std::size_t most = most_said_again / (most_said_again / 16);
  const std::vector<SharedList<TaskId>> lists(most + 3, many(most_said_again / 16));
  const std::string written = encode(lists);
  EXPECT_TRUE(decode<std::vector<SharedList<TaskId>>>(written)) << "the encoder keeps to it";
  std::string claims = encode(std::uint64_t{most + 2}) + encode(lists.front());
  for (std::size_t i = 0; i < most + 1; ++i) claims += encode(list_as_before);
  EXPECT_FALSE(decode<std::vector<SharedList<TaskId>>>(claims));
}

TEST(Codec, BeginsAnotherMessageWhenOneHasBeenTaken) {
  const SharedList<TaskId> list = many(9);
  Encoder encoder;
  encoder.put(list);
  const std::string first = encoder.take();
  encoder.put(list);
  EXPECT_EQ(encoder.take(), first) << "nothing is as before in another message";
}

TEST(Codec, RefusesAnUnknownAlternative) {
  EXPECT_FALSE(decode<Event>("\x7f"));
}

}  // namespace
}  // namespace dflow::core
