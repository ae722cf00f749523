#include <csignal>
#include <filesystem>

#include "formats/plan.h"
#include "tests/formats/elf_file.h"
#include "tests/formats/samples.h"
#include "tests/tools/tool_runner.h"

namespace dflow::tools {
namespace {

using formats::ParameterNeed;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

formats::Plan plan_with(const std::vector<std::string>& names) {
  formats::Plan plan{"app.cpp", {}};
  for (const std::string& name : names) {
    formats::Graph graph;
    graph.name = name;
    graph.tier = 2;
    graph.replicable = graph.expandable = name != "fixed";
    graph.parameters = {{"xs", "const std::vector<int> &", ParameterNeed::size},
                        {"n", "int", ParameterNeed::none}};
    plan.graphs.push_back(graph);
  }
  // An overload that takes a container more; the program calls it by another name.
  formats::Graph overload = plan.graphs[0];
  overload.entry = "chain:7";
  overload.parameters.push_back({"ys", "const std::vector<int> &", ParameterNeed::size});
  plan.graphs.push_back(overload);
  // Two files with a graph of their own that has the same name.
  for (const char* source : {"a.cpp", "b.cpp"}) {
    formats::Graph twin = plan.graphs[0];
    twin.name = "twin";
    twin.file = source;
    twin.entry = std::string(source) + ":twin";
    plan.graphs.push_back(twin);
  }
  return plan;
}

/// `dflow graph expand` with a program that has plans and obeys the protocol, or does not.
class ExpandTool : public ToolTest {
 protected:
  ExpandTool() {
    const std::string frame = file("frame", encode_frame(plan_with({"chain", "crashing", "silent", "refusing",
                                                                    "garbling", "exiting", "wet", "interrupting",
                                                                    "fixed"})));
    const auto made =
        run({.arguments = {"objcopy", "--add-section", ".dflow=" + frame, DFLOW_FAKE_APP, app()},
             .input = {},
             .environment = {}});
    EXPECT_TRUE(made && made.value().succeeded());
  }

  std::string app() const { return path("app"); }

  std::string error_for(const std::string& graph) {
    return error_of({"graph", "expand", app(), "--graph=" + graph, "--param", "xs.size=3"});
  }

  std::vector<std::string> chain_of(const std::string& length) const {
    return {"graph", "expand", app(), "--graph=chain", "--param", "xs.size=" + length};
  }
};

TEST_F(ExpandTool, AsksWhichOfTwoFilesGraphsIsMeant) {
  EXPECT_THAT(error_for("twin"), AllOf(HasSubstr("several graphs twin"), HasSubstr("a.cpp:twin"), HasSubstr("b.cpp:twin")));
  const Outcome outcome = dflow({"graph", "expand", app(), "--graph=b.cpp:twin", "--param", "xs.size=3"});
  EXPECT_TRUE(outcome.succeeded()) << outcome.errors;
}

TEST_F(ExpandTool, PrintsTheGraphAndSaysThatItRanTheSkeleton) {
  const Outcome outcome = dflow(chain_of("3"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(outcome.output,
            "chain, instance 0: 3 tasks, 2 edges\n  step#0\n  step#1 <- step#0\n  step#2 <- step#1\n");
  EXPECT_THAT(outcome.errors, HasSubstr("running the skeleton of chain in " + app()));
}

TEST_F(ExpandTool, PrintsJsonThatSaysItIsAnExpansion) {
  auto arguments = chain_of("2");
  arguments.push_back("--format=json");
  EXPECT_THAT(dflow(arguments).output,
              AllOf(StartsWith("{\"version\":1,\"expanded\":true,"),
                    HasSubstr(R"({"label":"step#1","task":"step"})"), HasSubstr(R"(["step#0","step#1"])")));
}

TEST_F(ExpandTool, AnExpansionIsComparedWithARecording) {
  auto arguments = chain_of("4");
  for (const char* more : {"--format=json", "-o"}) arguments.push_back(more);
  arguments.push_back(path("expanded"));
  ASSERT_EQ(dflow(arguments).exit_code, 0);
  formats::Recording recording;
  recording.names = {"step"};
  recording.graphs = {{"", 0, {}}, {"chain", 0, {}}};
  for (std::uint64_t i = 0; i < 5; ++i)
    recording.tasks.push_back({formats::TaskId{i}, i == 0 ? 0u : 1u, 0, -1, 0});
  for (std::uint64_t i = 2; i < 5; ++i)
    recording.edges.push_back({formats::TaskId{i - 1}, formats::TaskId{i}});
  ASSERT_TRUE(write_recording(path("trace"), recording));
  EXPECT_EQ(dflow({"graph", "diff", path("expanded"), path("trace")}).exit_code, 0);
  recording.edges.pop_back();
  ASSERT_TRUE(write_recording(path("trace"), recording));
  EXPECT_EQ(dflow({"graph", "diff", path("expanded"), path("trace")}).exit_code, 1);
}

TEST_F(ExpandTool, TheGraphsNameIsChecked) {
  EXPECT_THAT(error_for("chian"), HasSubstr("no graph chian (did you mean chain?); it has chain, crashing"));
  EXPECT_THAT(error_of({"graph", "expand", app()}),
              HasSubstr("which graph? add --graph=NAME; it has chain, crashing"));
}

TEST_F(ExpandTool, OverloadsAreToldApartByTheirParametersOrTheirEntries) {
  auto arguments = chain_of("3");
  for (const char* more : {"--param", "ys.size=1"}) arguments.push_back(more);
  EXPECT_THAT(dflow(arguments).output, StartsWith("chain, instance 0: 1 task, 0 edges"));
  arguments[3] = "--graph=chain:7";
  EXPECT_THAT(dflow(arguments).output, StartsWith("chain, instance 0: 1 task, 0 edges"));
  arguments[3] = "--graph=chain";
  arguments.back() = "zs.size=1";
  EXPECT_THAT(error_of(arguments),
              HasSubstr("there are several of that name: --graph may be chain, chain:7"));
}

TEST_F(ExpandTool, ParametersAreCheckedBeforeTheProgramRuns) {
  EXPECT_THAT(error_of({"graph", "expand", app(), "--graph=chain"}), HasSubstr("add --param xs.size=LENGTH"));
  EXPECT_THAT(error_of(chain_of("-1")), HasSubstr("cannot be negative"));
  EXPECT_THAT(error_of(chain_of("18446744073709551616")), HasSubstr("too long"));
  auto unknown = chain_of("1");
  for (const char* more : {"--param", "m=1"}) unknown.push_back(more);
  EXPECT_THAT(error_of(unknown), HasSubstr("no parameter m (did you mean"));
}

TEST_F(ExpandTool, TheLimitIsPassedOn) {
  EXPECT_THAT(error_of(chain_of("10000001")), HasSubstr("raise it with --limit"));
  auto arguments = chain_of("5");
  arguments.push_back("--limit=4");
  EXPECT_THAT(error_of(arguments), HasSubstr("--limit"));
  arguments.back() = "--limit=5";
  EXPECT_EQ(dflow(arguments).exit_code, 0);
}

TEST_F(ExpandTool, AGraphWithoutSkeletonIsTold) {
  EXPECT_THAT(error_for("fixed"), HasSubstr("graph fixed cannot be expanded: it has no skeleton"));
}

TEST_F(ExpandTool, WhatTheProgramDoesWrongIsTold) {
  EXPECT_THAT(error_for("crashing"),
              AllOf(HasSubstr("died of signal 9 (Killed)"), HasSubstr("it last wrote: about to crash")));
  EXPECT_THAT(error_for("silent"), HasSubstr("ran and wrote no graph"));
  EXPECT_EQ(error_for("refusing"), "this graph is refused; add --limit");
  EXPECT_THAT(error_for("garbling"), HasSubstr("wrote a recording that is not valid"));
  EXPECT_THAT(error_for("exiting"), HasSubstr("ended with exit code 7"));
  EXPECT_THAT(error_for("wet"), HasSubstr("ran for real"));
}

TEST_F(ExpandTool, OnlyAProgramThatCanRunIsStarted) {
  namespace fs = std::filesystem;
  EXPECT_THAT(error_of({"graph", "expand", path("none")}), HasSubstr("No such file"));
  EXPECT_THAT(error_of({"graph", "expand", file("script", "#!/bin/sh\n")}), HasSubstr("not an ELF file"));
  EXPECT_THAT(error_of({"graph", "expand", DFLOW_TOOL}), HasSubstr("no plans inside"));
  fs::permissions(app(), fs::perms::owner_read);
  EXPECT_THAT(error_for("chain"), HasSubstr("it cannot be executed (Permission denied)"));
  // Complete as a file with plans, and yet nothing that the system can load.
  const std::string broken =
      file("broken", formats::testing::elf_file({{".dflow", encode_frame(plan_with({"chain"}))}}));
  fs::permissions(broken, fs::perms::owner_all);
  EXPECT_THAT(error_of({"graph", "expand", broken, "--graph=chain", "--param=xs.size=1"}),
              HasSubstr("cannot start " + broken));
}

TEST_F(ExpandTool, NothingIsLeftInTheTemporaryDirectory) {
  namespace fs = std::filesystem;
  fs::create_directory(path("tmp"));
  EXPECT_EQ(dflow(chain_of("3"), {{"TMPDIR", path("tmp")}}).exit_code, 0);
  EXPECT_TRUE(fs::is_empty(path("tmp")));
}

TEST_F(ExpandTool, ASignalEndsTheProgramAndCleansUp) {
  namespace fs = std::filesystem;
  fs::create_directory(path("tmp"));
  const auto outcome = run({.arguments = {DFLOW_TOOL, "graph", "expand", app(), "--graph=interrupting", "--param=xs.size=3"},
                            .input = {},
                            .environment = {{"TMPDIR", path("tmp")}}});
  ASSERT_TRUE(outcome) << outcome.message();
  EXPECT_EQ(outcome.value().signal, SIGTERM) << outcome.value().errors;
  EXPECT_TRUE(fs::is_empty(path("tmp")));
}

}  // namespace
}  // namespace dflow::tools
