#include "tests/tools/tool_runner.h"

namespace dflow::tools {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// The tool on a program that dflowc made: real_app.cpp beside this file.
class RealApp : public ToolTest {
 protected:
  std::string trace() const {
    const auto outcome =
        run({.arguments = {DFLOW_REAL_APP}, .input = {}, .environment = {{"DFLOW_TRACE", path("trace")}}});
    EXPECT_TRUE(outcome && outcome.value().succeeded());
    return path("trace");
  }

  std::string expanded(std::vector<std::string> parameters) const {
    std::vector<std::string> arguments{"graph",         "expand", DFLOW_REAL_APP,
                                       "--format=json", "-o",     path("expanded")};
    arguments.insert(arguments.end(), parameters.begin(), parameters.end());
    const Outcome outcome = dflow(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    return path("expanded");
  }
};

TEST_F(RealApp, ItsPlansAreShownWithoutRunningIt) {
  const Outcome outcome = dflow({"graph", "show", DFLOW_REAL_APP}, {{"DFLOW_TRACE", path("ran")}});
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("heat  at "), HasSubstr("submit relax"), HasSubstr("reduce add"),
                    HasSubstr("--param n=VALUE"), HasSubstr("--param texts.size=LENGTH")));
  EXPECT_FALSE(std::filesystem::exists(path("ran")));
}

TEST_F(RealApp, AnExpandedGraphEqualsTheRecordedOne) {
  const std::string recorded = trace();
  const std::string first = expanded({"--graph=heat", "--param", "n=5", "--param", "steps=3"});
  const Outcome outcome = dflow({"graph", "diff", first, recorded});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, StartsWith("equal: heat/0: 18 tasks, 35 edges"));
  const std::string second = expanded({"--graph=heat", "--param", "n=4", "--param", "steps=1"});
  EXPECT_EQ(dflow({"graph", "diff", second, recorded, "--instance=1"}).exit_code, 0);
  EXPECT_EQ(dflow({"graph", "diff", second, recorded}).exit_code, 1);
}

TEST_F(RealApp, UpToItsBoundaryAGraphIsPartOfTheRecordedOne) {
  const std::string graph = expanded({"--graph=lengths", "--param", "texts.size=2"});
  EXPECT_THAT(formats::read_file(graph).value(), HasSubstr("the condition of an if reads get()"));
  const Outcome outcome = dflow({"graph", "diff", graph, trace()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("equal: lengths/0: 3 tasks, 0 edges, up to its boundaries"));
}

TEST_F(RealApp, OverloadsAreExpandedByTheirParameters) {
  const std::string recorded = trace();
  EXPECT_EQ(dflow({"graph", "diff", expanded({"--graph=sum", "--param", "n=3"}), recorded}).exit_code, 0);
  const std::string second = expanded({"--graph=sum", "--param", "n=3", "--param", "steps=2"});
  EXPECT_EQ(dflow({"graph", "diff", second, recorded, "--instance=1"}).exit_code, 0);
  EXPECT_EQ(dflow({"graph", "diff", second, recorded}).exit_code, 1);
}

TEST_F(RealApp, NothingOfItsMainRuns) {
  const Outcome outcome =
      dflow({"graph", "expand", DFLOW_REAL_APP, "--graph=heat", "--param", "n=2", "--param", "steps=0"});
  EXPECT_THAT(outcome.output, StartsWith("heat, instance 0: 3 tasks, 2 edges\n"));
}

TEST_F(RealApp, WantOfMemoryIsNotCaughtByTheGraphFunction) {
  EXPECT_THAT(error_of({"graph", "expand", DFLOW_REAL_APP, "--graph=greedy", "--param", "n=1000000000000000"}),
              HasSubstr("out of memory while expanding"));
}

TEST_F(RealApp, TooManyTasksAskForALimit) {
  EXPECT_THAT(error_of({"graph", "expand", DFLOW_REAL_APP, "--graph=heat", "--param", "n=1000", "--param",
                        "steps=1000", "--limit=5000"}),
              AllOf(HasSubstr("more than 5000 tasks"), HasSubstr("--limit")));
}

TEST_F(RealApp, IsSimulatedFromItsPlanWithTheTimesOfARun) {
  const Outcome outcome = dflow({"graph", "simulate", DFLOW_REAL_APP, "--graph=heat", "--param", "n=50", "--param",
                                 "steps=4", "--times=" + trace(), "--workers=1,16"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_THAT(outcome.output, AllOf(StartsWith("heat, instance 0: "), HasSubstr("\n       1 "), HasSubstr("\n      16 ")));
  EXPECT_EQ(outcome.errors.find("nothing tells"), std::string::npos) << outcome.errors;
  EXPECT_THAT(error_of({"graph", "simulate", DFLOW_REAL_APP, "--graph=heat", "--param", "n=50"}), HasSubstr("--param steps="));
}


}  // namespace
}  // namespace dflow::tools
