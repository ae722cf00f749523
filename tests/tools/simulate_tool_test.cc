#include "formats/recording.h"
#include "tests/tools/tool_runner.h"

namespace dflow::tools {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// `dflow graph simulate` on recordings: eight tasks `work` of 10 ms each, and `end`, which needs them and
/// takes 20 ms.
class SimulateTool : public ToolTest {
 protected:
  static formats::Recording recording() {
    formats::Recording run;
    run.names = {"work", "end"};
    run.graphs = {{"", 0, {}}, {"fan", 0, {}}};
    for (std::uint64_t i = 0; i < 9; ++i) {
      run.tasks.push_back({formats::TaskId{i}, 1, i == 8 ? 1u : 0u, -1, 0});
      run.events.push_back({.task = formats::TaskId{i},
                            .name = i == 8 ? 1u : 0u,
                            .start_ns = 0,
                            .duration_ns = i == 8 ? 20'000'000 : 10'000'000,
                            .bytes = 1000});
      if (i < 8) run.edges.push_back({formats::TaskId{i}, formats::TaskId{8}});
    }
    return run;
  }

  std::string trace(const formats::Recording& run = recording(), const std::string& name = "trace") const {
    EXPECT_TRUE(write_recording(path(name), run));
    return path(name);
  }

  Outcome simulate(std::vector<std::string> more) const {
    more.insert(more.begin(), {"graph", "simulate", trace()});
    return dflow(more);
  }
  std::string refused(std::vector<std::string> more) const {
    more.insert(more.begin(), {"graph", "simulate", trace()});
    return error_of(more);
  }
};

TEST_F(SimulateTool, PrintsATableOverTheNumbersOfWorkers) {
  const Outcome outcome = simulate({"--workers=1..8"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(outcome.errors, "");
  EXPECT_THAT(
      outcome.output,
      AllOf(StartsWith(
                "fan, instance 0: 9 tasks, 8 edges\nwork 100 ms, longest chain 30.0 ms: at most 3.3 times"),
            HasSubstr("a worker has 1 thread and sends 1.00 GB/s"), ContainsRegex("\n +1 +10[0-9] ms +0.9"),
            ContainsRegex("\n +2 +6[0-9]"), ContainsRegex("\n +8 +3[0-9]"),
            HasSubstr("7.00 kB")));  // all but one result go to the worker of `end`
}

TEST_F(SimulateTool, PrintsJsonForPrograms) {
  const Outcome outcome =
      simulate({"--workers=4", "--threads=2", "--format=json", "--latency=0s", "--scheduler-time=0s"});
  EXPECT_THAT(
      outcome.output,
      AllOf(
          StartsWith("{\"version\":1,\"graph\":\"fan, instance 0: 9 tasks, 8 edges\",\"tasks\":9,\"edges\":8,"
                     "\"work_ns\":100000000,\"longest_chain_ns\":30000000,"),
          HasSubstr("{\"workers\":4,\"makespan_ns\":300"), HasSubstr("\"speedup\":3.3"),
          HasSubstr("\"efficiency\":0.41"), HasSubstr("\"bytes_moved\":6000")));
}

TEST_F(SimulateTool, WhatTheUserSaysGoesBeforeWhatWasMeasured) {
  const auto work_of = [&](std::vector<std::string> more) {
    more.push_back("--workers=1");
    return simulate(more).output;
  };
  EXPECT_THAT(work_of({"--task-time=work=1ms"}), HasSubstr("work 28.0 ms"));
  EXPECT_THAT(work_of({"--task-time=1ms"}), HasSubstr("work 9.00 ms"));
  EXPECT_THAT(work_of({"--task-time=1ms", "--task-time=end=2ms"}), HasSubstr("work 10.0 ms"));
  EXPECT_THAT(simulate({"--workers=8", "--bytes=work=1MB"}).output, HasSubstr("7.00 MB"));
}

TEST_F(SimulateTool, TimesOfAnotherRunAreTakenByName) {
  formats::Recording later = recording();
  for (auto& event : later.events) event.duration_ns *= 2;
  later.names.push_back("more");
  later.tasks.push_back({formats::TaskId{9}, 1, 2, -1, 0});
  const std::string graph = file("graph.json", R"({"version":1,"graphs":[{"name":"g","instance":0,"tasks":[
      {"label":"work#0","task":"work"},{"label":"end#0","task":"end"},{"label":"more#0","task":"more"}],"edges":[]}]})");
  const Outcome outcome =
      dflow({"graph", "simulate", graph, "--workers=1", "--times=" + trace(later, "later")});
  EXPECT_THAT(outcome.output, HasSubstr("work 61.0 ms"));
  EXPECT_THAT(outcome.errors,
              HasSubstr("nothing tells how long more takes: taken to be 1.00 ms; give --task-time\n"));
}

TEST_F(SimulateTool, RecordedTasksKeepTheirOwnTimes) {
  formats::Recording uneven = recording();
  uneven.events[3].duration_ns = 500'000'000;
  EXPECT_THAT(dflow({"graph", "simulate", trace(uneven, "uneven"), "--workers=8"}).output,
              HasSubstr("longest chain 520 ms"));
}

TEST_F(SimulateTool, OneOfSeveralGraphsIsChosen) {
  formats::Recording two = recording();
  two.graphs.push_back({"other", 0, {}});
  two.tasks.push_back({formats::TaskId{9}, 2, 0, -1, 0});
  const std::string file = trace(two, "two");
  EXPECT_THAT(
      error_of({"graph", "simulate", file}),
      HasSubstr(
          "which graph? add --graph=NAME and --instance=N; it has fan (instance 0), other (instance 0)"));
  EXPECT_THAT(dflow({"graph", "simulate", file, "--graph=other", "--workers=1"}).output,
              StartsWith("other, instance 0: 1 task"));
}

TEST_F(SimulateTool, BadInputIsToldInOneLine) {
  EXPECT_THAT(refused({"--workers=0"}), HasSubstr("--workers=\"0\": expected a number of workers"));
  EXPECT_THAT(refused({"--latency=5"}), HasSubstr("--latency=\"5\": expected a time"));
  EXPECT_THAT(refused({"--bandwidth=0"}), HasSubstr("--bandwidth=\"0\": expected bytes a second"));
  EXPECT_THAT(refused({"--scheduler-time=x"}), HasSubstr("--scheduler-time=\"x\": expected a time"));
  EXPECT_THAT(refused({"--threads=0"}), HasSubstr("--threads=0: expected 1 to 1024"));
  EXPECT_THAT(refused({"--task-time=work=fast"}),
              HasSubstr("--task-time=work=fast: \"fast\": expected a time"));
  EXPECT_THAT(refused({"--task-time=1ms", "--task-time=2ms"}),
              HasSubstr("--task-time is given twice for all tasks"));
  EXPECT_THAT(refused({"--bytes=work=1", "--bytes=work=2"}), HasSubstr("--bytes is given twice for work"));
  EXPECT_THAT(refused({"--format=svg"}), HasSubstr("--format=text or --format=json"));
  EXPECT_THAT(refused({"--param", "n=4"}), HasSubstr("--param is for programs"));
  EXPECT_THAT(refused({"--limit=8"}), HasSubstr("more than 8 tasks: raise it with --limit"));
  EXPECT_THAT(refused({"--graph=fun"}), HasSubstr("no graph fun (did you mean fan?)"));
  EXPECT_THAT(refused({"--wrokers=4"}), HasSubstr("no option --wrokers (did you mean --workers?)"));
  EXPECT_THAT(refused({"--times=" + file("no", "[]")}), HasSubstr("no: "));
  EXPECT_THAT(error_of({"graph", "simulate", path("none")}), HasSubstr("No such file"));
}

TEST_F(SimulateTool, ARunWithoutTasksHasNothingToSimulate) {
  formats::Recording none;
  none.graphs = {{"", 0, {}}};
  EXPECT_THAT(error_of({"graph", "simulate", trace(none, "empty")}), HasSubstr("nothing to simulate"));
}

TEST_F(SimulateTool, HelpNamesItsOptions) {
  EXPECT_THAT(dflow({"graph", "simulate", "--help"}).output,
              AllOf(HasSubstr("--workers"), HasSubstr("--task-time"), HasSubstr("--bandwidth"),
                    HasSubstr("--times")));
}

}  // namespace
}  // namespace dflow::tools
