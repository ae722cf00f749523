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

TEST(Codec, RefusesAnUnknownAlternative) {
  EXPECT_FALSE(decode<Event>("\x7f"));
}

}  // namespace
}  // namespace dflow::core
