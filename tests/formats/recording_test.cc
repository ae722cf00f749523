#include "formats/recording.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "formats/file.h"
#include "runtime/local/sanitizers.h"
#include "tests/formats/damage.h"
#include "tests/formats/samples.h"

namespace dflow::formats {
namespace {

using ::testing::HasSubstr;
using testing::sample_recording;

std::string temporary() {
  return ::testing::TempDir() + "dflow-recording-" + std::to_string(::getpid()) + ".json";
}

std::string text_of(const Recording& recording) {
  const std::string path = temporary();
  const auto written = write_recording(path, recording);
  EXPECT_TRUE(written) << written.message();
  std::string text = read_file(path).value();
  std::remove(path.c_str());
  return text;
}

std::string error_with(const std::function<void(Recording&)>& change) {
  Recording recording = sample_recording();
  change(recording);
  return parse_recording(text_of(recording)).message();
}

TEST(Recording, KeepsTasksAndEdges) {
  const Recording read = parse_recording(text_of(sample_recording())).value();
  EXPECT_EQ(read.program, "/path/app");
  EXPECT_FALSE(read.dry);
  ASSERT_EQ(read.tasks.size(), 5u);
  EXPECT_EQ(read.tasks[2].id, TaskId{12});
  EXPECT_EQ(read.tasks[2].file, -1);
  EXPECT_EQ(read.tasks[3].graph, 2u);
  EXPECT_EQ(read.tasks[3].line, 9);
  ASSERT_EQ(read.edges.size(), 4u);
  EXPECT_EQ(read.edges[3].consumer, TaskId{21});
}

TEST(Recording, KeepsTablesAndBoundaries) {
  const Recording read = parse_recording(text_of(sample_recording())).value();
  EXPECT_THAT(read.names, ::testing::ElementsAre("a", "b"));
  EXPECT_THAT(read.files, ::testing::ElementsAre("app.cpp"));
  ASSERT_EQ(read.graphs.size(), 3u);
  EXPECT_EQ(read.graphs[0].name, "f");
  EXPECT_EQ(read.graphs[2].parent, TaskId{10});
  ASSERT_EQ(read.boundaries.size(), 1u);
  EXPECT_EQ(read.boundaries[0].reason, "a \"quoted\" reason");
}

TEST(Recording, KeepsTimesToTheNanosecond) {
  const Recording read = parse_recording(text_of(sample_recording())).value();
  ASSERT_EQ(read.events.size(), 2u);
  EXPECT_EQ(read.events[0].start_ns, 1500);
  EXPECT_EQ(read.events[0].duration_ns, 3100);
  EXPECT_EQ(read.events[0].bytes, 8u);
  EXPECT_EQ(read.events[1].start_ns, 1'000'000'007);
  EXPECT_EQ(read.events[1].thread, 3u);
  EXPECT_EQ(read.events[1].name, 1u);
}

TEST(Recording, IsAChromeTrace) {
  EXPECT_THAT(
      text_of(sample_recording()),
      HasSubstr(
          R"({"name":"a","ph":"X","ts":1.500,"dur":3.100,"pid":1,"tid":2,"args":{"task":10,"bytes":8}})"));
}

TEST(Recording, EventsMayBeHandedOverBeforeTheTablesAreKnown) {
  auto writer = RecordingWriter::create(temporary());
  ASSERT_TRUE(writer);
  writer.value().add({TaskId{11}, 0, 5, 6, 0, 0, 0}, "early");
  ASSERT_TRUE(writer.value().finish(sample_recording()));
  const Recording read = parse_recording(read_file(temporary()).value()).value();
  std::remove(temporary().c_str());
  ASSERT_EQ(read.events.size(), 3u);
  EXPECT_EQ(read.names[read.events[0].name], "early");
}

TEST(Recording, AnEmptyOneIsValid) {
  const Recording read = parse_recording(text_of({})).value();
  EXPECT_TRUE(read.tasks.empty());
}

TEST(Recording, OtherEventsOfATraceAreSkipped) {
  std::string text = text_of(sample_recording());
  text.insert(text.find('[') + 1, R"({"name":"thread_name","ph":"M","pid":1,"args":{"name":"x"}},)");
  EXPECT_EQ(parse_recording(text).value().events.size(), 2u);
}

TEST(Recording, NamesThatAreNoTextAreMended) {
  Recording recording = sample_recording();
  recording.names[0] = "gr\xfc\xdf\x01\n\"\\\xe2\x82\xac\xed\xa0\x80";
  const Recording read = parse_recording(text_of(recording)).value();
  EXPECT_EQ(read.names[0], "gr\uFFFD\uFFFD\x01\n\"\\\u20AC\uFFFD\uFFFD\uFFFD");
}

TEST(Recording, WhatPointsNowhereIsRefused) {
  EXPECT_EQ(error_with([](Recording& r) { r.tasks[1].name = 2; }),
            "a task of a name that is not there (task 11)");
  EXPECT_EQ(error_with([](Recording& r) { r.tasks[1].graph = 3; }),
            "a task of a graph that is not there (task 11)");
  EXPECT_EQ(error_with([](Recording& r) { r.tasks[1].file = 1; }),
            "a task of a file that is not there (task 11)");
  EXPECT_EQ(error_with([](Recording& r) { r.tasks[1].id = TaskId{10}; }),
            "the tasks' ids do not ascend (task 10)");
  EXPECT_EQ(error_with([](Recording& r) { r.edges[0].producer = TaskId{13}; }),
            "an edge from an unknown task (task 13)");
  EXPECT_EQ(error_with([](Recording& r) { r.edges[0].consumer = TaskId{11}; }),
            "an edge from a task to itself (task 11)");
  EXPECT_EQ(error_with([](Recording& r) { r.graphs[2].parent = TaskId{13}; }),
            "a graph of an unknown task (task 13)");
  EXPECT_EQ(error_with([](Recording& r) { r.events[0].task = TaskId{13}; }),
            "an execution of an unknown task (task 13)");
  EXPECT_EQ(error_with([](Recording& r) { r.boundaries[0].graph = 9; }),
            "a boundary of a graph that is not there");
}

TEST(Recording, AGraphIsYoungerThanItsParent) {
  EXPECT_EQ(error_with([](Recording& r) { r.graphs[2].parent = TaskId{21}; }),
            "a task that is older than the task that submitted it (task 20)");
}

TEST(Recording, ANewerVersionAsksForANewerDflow) {
  std::string text = text_of(sample_recording());
  text.replace(text.find("\"version\":1"), 11, "\"version\":2");
  EXPECT_EQ(parse_recording(text).message(),
            "a recording of version 2, and this dflow reads up to version 1: use a newer dflow");
}

TEST(Recording, AnotherProgramsTraceIsRefused) {
  EXPECT_EQ(parse_recording(R"({"traceEvents":[]})").message(), "no recording: the key \"dflow\" is missing");
}

TEST(Recording, DamageIsAnErrorOrAValidRecording) {
  const std::string text = text_of(sample_recording());
  testing::for_each_truncation(text.substr(0, text.size() - 1),
                               [](const std::string& t) { EXPECT_FALSE(parse_recording(t)); });
  testing::for_random_flips(text, 5000, [](const std::string& t) {
    if (const auto read = parse_recording(t)) {
      EXPECT_TRUE(parse_recording(text_of(read.value())));
    }
  });
}

/// One graph of a chain with an execution a task.
Recording chain(std::uint32_t length) {
  Recording recording;
  recording.names = {"step"};
  recording.graphs = {{"chain", 0, {}}};
  for (std::uint32_t i = 0; i < length; ++i) {
    recording.tasks.push_back({TaskId{i}, 0, 0, -1, 0});
    recording.events.push_back({TaskId{i}, 0, i, 1, 0, 0, 0});
    if (i > 0) recording.edges.push_back({TaskId{i - 1}, TaskId{i}});
  }
  return recording;
}

TEST(Recording, AMillionTasksAreWrittenWithoutMoreMemory) {
  if (local::kThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer keeps a shadow of what is written, which grows";
  const Recording recording = chain(1'000'000);
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  ASSERT_TRUE(write_recording(temporary(), recording));
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 16 * 1024) << "kilobytes";
  const std::string text = read_file(temporary()).value();
  EXPECT_GT(std::count(text.begin(), text.end(), '\n'), 3'000'000) << "a line for each event, task and edge";
  std::remove(temporary().c_str());
}

TEST(Recording, ManyTasksAreReadBack) {
  const Recording read = parse_recording(text_of(chain(100'000))).value();
  EXPECT_EQ(read.tasks.size(), 100'000u);
  EXPECT_EQ(read.edges.size(), 99'999u);
  EXPECT_EQ(read.events.size(), 100'000u);
}

}  // namespace
}  // namespace dflow::formats
