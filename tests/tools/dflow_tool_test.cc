#include <filesystem>

#include "formats/plan.h"
#include "formats/recording.h"
#include "runtime/local/sanitizers.h"
#include "tests/formats/elf_file.h"
#include "tests/formats/samples.h"
#include "tests/tools/tool_runner.h"

namespace dflow::tools {
namespace {

using formats::testing::sample_plan;
using formats::testing::sample_recording;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class DflowTool : public ToolTest {
 protected:
  std::string plan_file() const { return file("plan.json", plan_to_json(sample_plan())); }

  std::string trace_file(const formats::Recording& recording = sample_recording(),
                         const std::string& name = "trace.json") const {
    EXPECT_TRUE(write_recording(path(name), recording));
    return path(name);
  }
};

TEST_F(DflowTool, TellsItsVersionAndHelp) {
  EXPECT_THAT(dflow({"--version"}).output, StartsWith("dflow "));
  EXPECT_THAT(dflow({"graph", "--help"}).output,
              AllOf(HasSubstr("show"), HasSubstr("expand"), HasSubstr("diff")));
}

TEST_F(DflowTool, WrongUseIsExitCodeTwo) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"graph"},
                                                    {"grpah"},
                                                    {"graph", "show"},
                                                    {"graph", "show", "x", "--format=pdf"}}) {
    const Outcome outcome = dflow(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_NE(outcome.errors, "");
  }
}

TEST_F(DflowTool, WrongUseIsOneLineThatSaysWhatIsExpected) {
  const auto refused = [](std::vector<std::string> arguments) {
    std::string message = error_of(std::move(arguments));
    EXPECT_THAT(message, EndsWith(" (--help tells more)"));
    return message.substr(0, message.rfind(" ("));
  };
  EXPECT_EQ(refused({}), "which command? there is graph, scheduler, agent, up, down, status, top, security");
  EXPECT_EQ(refused({"graph"}), "which command? there is show, expand, diff, verify, simulate");
  EXPECT_EQ(refused({"grpah"}), "no command grpah (did you mean graph?); it has graph, scheduler, agent, up, down, status, top, security");
  EXPECT_EQ(refused({"graph", "shwo", "x"}),
            "no command graph shwo (did you mean show?); it has show, expand, diff, verify, simulate");
  EXPECT_THAT(refused({"graph", "show", "--frmat=html", "x"}),
              StartsWith("no option --frmat (did you mean --format?); it has --help, "));
  EXPECT_EQ(refused({"graph", "show", "--format=pdf", "x"}),
            "--format=pdf: expected text, json, dot, svg or html");
  for (const char* number : {"x", "-1", "1x", "99999999999999999999"})
    EXPECT_EQ(refused({"graph", "show", "x", std::string("--instance=") + number}),
              std::string("--instance=") + number + ": expected a number from 0 to 18446744073709551615");
}

TEST_F(DflowTool, VerifiesNoGraphsThatThereAreNotAndNotLessThanOnce) {
  for (const char* number : {"0", "-1", "x", "1000001"})
    EXPECT_THAT(error_of({"graph", "verify", "x", std::string("--times=") + number}),
                HasSubstr(std::string("--times=") + number + ": expected a number from 1 to 1000000"));
  EXPECT_THAT(error_of({"graph", "verify", "x", "--seed=x"}), HasSubstr("--seed=x: expected a number from 0"));
  const std::string app = file("app", formats::testing::elf_file({{".dflow", encode_frame(sample_plan())}}));
  std::filesystem::permissions(app, std::filesystem::perms::owner_all);
  EXPECT_THAT(error_of({"graph", "verify", app, "--graph=none"}), HasSubstr("no graph none; it has "));
  EXPECT_THAT(error_of({"graph", "verify", app, "--param", "text.size=1"}),
              HasSubstr("no parameter text (did you mean texts?)"));
  EXPECT_THAT(error_of({"graph", "verify", app, "--param", "texts"}), HasSubstr("expected NAME=VALUE"));
}

TEST_F(DflowTool, ShowsAPlanFromEachOfItsForms) {
  const std::string shown = dflow({"graph", "show", plan_file()}).output;
  for (const char* part :
       {"word_count  at app.cpp:10", "tier: 2, replicable", "replicable: yes", "--param texts.size=LENGTH",
        "[0] map count_words  at app.cpp:11:20  for each i; under 1 condition", "future  parts",
        "launched: no: it has boundaries", "boundary at line 14: the loop's condition reads get()", "verbose  bool  does not shape the graph"})
    EXPECT_THAT(shown, HasSubstr(part));
  EXPECT_EQ(dflow({"graph", "show", file("plan.cbor", plan_to_cbor(sample_plan()))}).output, shown);
  const std::string app = file("app", formats::testing::elf_file({{".dflow", encode_frame(sample_plan())}}));
  EXPECT_EQ(dflow({"graph", "show", app}).output, shown);
}

TEST_F(DflowTool, ShowsAndDrawsDependencesInClosedForm) {
  const std::string plan = file("affine.json", plan_to_json(formats::testing::affine_plan()));
  const std::string shown = dflow({"graph", "show", plan}).output;
  for (const char* part : {"tier: 1, affine", "count_words[m]   0 <= m < texts_size",
                           "merge[e] <- count_words[e]   0 <= e < texts_size", "holds where 0 < texts_size"})
    EXPECT_THAT(shown, HasSubstr(part));
  EXPECT_THAT(dflow({"graph", "show", plan, "--format=dot"}).output,
              HasSubstr("g0_0 -> g0_1 [label=\"[e] <- [e]\"]"));
}

TEST_F(DflowTool, ShowsTheReasonWhereAGraphIsNotReplicable) {
  formats::Plan plan = sample_plan();
  plan.graphs[0].replicable = false;
  plan.graphs[0].tier = 0;
  plan.graphs[0].reason = "it reads a file";
  EXPECT_THAT(dflow({"graph", "show", file("plan", plan_to_json(plan))}).output,
              AllOf(HasSubstr("replicable: no: it reads a file"), HasSubstr("tier: 0, dynamic")));
}

TEST_F(DflowTool, SaysOfEachGraphWhetherItIsLaunched) {
  formats::Plan plan = sample_plan();
  plan.graphs[0].boundaries.clear();
  const auto shown = [&] { return dflow({"graph", "show", file("plan", plan_to_json(plan))}).output; };
  EXPECT_THAT(shown(), HasSubstr("launched: no: its dependences are not known in closed form"));
  plan.graphs[0].not_launched = "line 4: it is a template";
  EXPECT_THAT(shown(), HasSubstr("launched: no: line 4: it is a template"));
  plan.graphs[0].launched = true;
  EXPECT_THAT(shown(), HasSubstr("launched: yes"));
}

TEST_F(DflowTool, SaysThatNotAllNodesAreListed) {
  formats::Plan plan = sample_plan();
  EXPECT_THAT(dflow({"graph", "show", file("whole", plan_to_json(plan))}).output, Not(HasSubstr("and more")));
  plan.graphs[0].abridged = true;
  EXPECT_THAT(dflow({"graph", "show", file("plan", plan_to_json(plan))}).output, HasSubstr("and more: the functions that it calls"));
}

TEST_F(DflowTool, NamesInFilesGiveATerminalNoOrders) {
  formats::Plan plan = sample_plan();
  plan.graphs.front().name += "\x1b[2J\r";
  formats::Recording recording = sample_recording();
  for (auto& name : recording.names) name += "\x1b[2J\r";
  for (const std::string& shown : {dflow({"graph", "show", file("evil.json", plan_to_json(plan))}).output,
                                   dflow({"graph", "show", trace_file(recording)}).output,
                                   dflow({"graph", "diff", trace_file(recording), trace_file(sample_recording(), "other.json")}).output}) {
    EXPECT_THAT(shown, AllOf(HasSubstr("\\x1b[2J\\x0d"), Not(HasSubstr("\x1b")), Not(HasSubstr("\r"))));
  }
}

TEST_F(DflowTool, PrintsAPlanAsTheJsonItReads) {
  const std::string json = dflow({"graph", "show", plan_file(), "--format=json"}).output;
  EXPECT_EQ(formats::plan_from_json(json).value(), sample_plan());
}

TEST_F(DflowTool, ShowsARecordingTaskByTask) {
  const std::string shown = dflow({"graph", "show", trace_file()}).output;
  EXPECT_THAT(shown, StartsWith("f, instance 0: 3 tasks, 2 edges\n  a#0\n  a#1\n  b#0 <- a#0, a#1\n"));
  EXPECT_THAT(shown, HasSubstr("f/0/a#0, instance 0: 1 task, 0 edges\n  b#0\n"));
  EXPECT_THAT(
      shown,
      HasSubstr(
          "(outside of any graph), instance 0: 1 task, 0 edges\n  a#0\n  from outside: a#0 <- f/0/b#0"));
}

TEST_F(DflowTool, ShowsOnlyWhatIsSelected) {
  EXPECT_EQ(dflow({"graph", "show", trace_file(), "--graph=f/0/a#0"}).output,
            "f/0/a#0, instance 0: 1 task, 0 edges\n  b#0\n");
  EXPECT_THAT(dflow({"graph", "show", trace_file(), "--graph="}).output,
              StartsWith("(outside of any graph), instance 0: 1 task"));
  EXPECT_EQ(error_of({"graph", "show", plan_file(), "--graph=word_cout"}),
            path("plan.json") + ": no graph word_cout (did you mean word_count?); it has word_count");
  EXPECT_THAT(error_of({"graph", "show", trace_file(), "--graph=f", "--instance=3"}),
              EndsWith("no instance 3 of graph f; there is one, counted from 0"));
}

TEST_F(DflowTool, PrintsGraphsAsTheJsonItReads) {
  const std::string json = dflow({"graph", "show", trace_file(), "--format=json"}).output;
  EXPECT_EQ(dflow({"graph", "show", file("graph.json", json), "--format=json"}).output, json);
}

TEST_F(DflowTool, DrawsWithGraphviz) {
  for (const std::string& input : {plan_file(), trace_file()}) {
    EXPECT_THAT(dflow({"graph", "show", input, "--format=dot"}).output, StartsWith("digraph"));
    const Outcome drawn = dflow({"graph", "show", input, "--format=svg"});
    EXPECT_EQ(drawn.exit_code, 0) << drawn.errors;
    EXPECT_THAT(drawn.output, AllOf(HasSubstr("<svg"), EndsWith("</svg>\n")));
  }
}

TEST_F(DflowTool, SaysWhenGraphvizIsMissing) {
  EXPECT_THAT(error_of({"graph", "show", trace_file(), "--format=svg"}, {{"PATH", "/nowhere"}}),
              HasSubstr("install graphviz, or use --format=dot"));
}

TEST_F(DflowTool, WritesItsFileOrLeavesTheOldOne) {
  EXPECT_EQ(dflow({"graph", "show", trace_file(), "-o", path("out")}).exit_code, 0);
  EXPECT_THAT(formats::read_file(path("out")).value(), StartsWith("f, instance 0"));
  EXPECT_THAT(error_of({"graph", "show", path("none"), "-o", path("out")}), HasSubstr("No such file"));
  EXPECT_THAT(formats::read_file(path("out")).value(), StartsWith("f, instance 0"));
}

TEST_F(DflowTool, AFullDiskIsAnErrorAndTheOldFileStays) {
  file("out", "old");
  EXPECT_THAT(error_of({"graph", "show", trace_file(), "-o", "/dev/full"}),
              HasSubstr("No space left on device"));
  if (local::kThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer writes files of its own, and dies where it may not";
  const std::string command = std::string("(ulimit -f 0; '") + DFLOW_TOOL + "' graph show '" + trace_file() +
                              "' -o '" + path("out") + "') 2>&1 | cat";
  const auto outcome = run({.arguments = {"/bin/sh", "-c", command}, .input = {}, .environment = {}});
  EXPECT_THAT(outcome.value().output, HasSubstr("File too large"));
  EXPECT_EQ(formats::read_file(path("out")).value(), "old");
}

TEST_F(DflowTool, AnUnwritableOutputIsAnError) {
  const auto outcome =
      run({.arguments = {"/bin/sh", "-c",
                         std::string(DFLOW_TOOL) + " graph show " + trace_file() + " >/dev/full"},
           .input = {},
           .environment = {}});
  EXPECT_EQ(outcome.value().exit_code, 2);
  EXPECT_THAT(outcome.value().errors, HasSubstr("cannot write standard output"));
}

TEST_F(DflowTool, BadInputIsOneClearMessage) {
  const std::string trace = formats::read_file(trace_file()).value();
  EXPECT_EQ(error_of({"graph", "show", path("none")}),
            "cannot read " + path("none") + ": No such file or directory");
  EXPECT_THAT(error_of({"graph", "show", folder_}), EndsWith("Is a directory"));
  EXPECT_THAT(error_of({"graph", "show", file("empty", "")}), EndsWith("empty: an empty file"));
  EXPECT_THAT(error_of({"graph", "show", file("text", "hello")}),
              HasSubstr("neither an ELF file, nor a plan"));
  EXPECT_THAT(error_of({"graph", "show", DFLOW_TOOL}),
              HasSubstr("no plans inside: it was not compiled by dflowc"));
  EXPECT_THAT(error_of({"graph", "show", file("cut", trace.substr(0, 200))}),
              HasSubstr("not a valid recording"));
}

TEST_F(DflowTool, ADamagedOrNewerPlanIsTold) {
  std::string frame = encode_frame(sample_plan());
  frame[60] = static_cast<char>(frame[60] ^ 4);
  EXPECT_THAT(error_of({"graph", "show", file("app", formats::testing::elf_file({{".dflow", frame}}))}),
              HasSubstr("its checksum does not match"));
  frame = encode_frame(sample_plan());
  frame[8] = 2;
  EXPECT_THAT(error_of({"graph", "show", file("app", formats::testing::elf_file({{".dflow", frame}}))}),
              HasSubstr("use a newer dflow"));
}

TEST_F(DflowTool, EqualGraphsAreExitCodeZero) {
  const std::string trace = trace_file(), json = dflow({"graph", "show", trace, "--format=json"}).output;
  const Outcome outcome = dflow({"graph", "diff", trace, file("graph.json", json)});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("equal: f/0: 3 tasks, 2 edges"));
}

TEST_F(DflowTool, DifferentGraphsAreExitCodeOne) {
  formats::Recording other = sample_recording();
  other.boundaries.clear();
  const std::string a = trace_file(other, "a.json");
  other.edges.erase(other.edges.begin());
  const std::string b = trace_file(other, "b.json");
  const Outcome outcome = dflow({"graph", "diff", a, b});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.output, "A is " + a + ", B is " + b + "\nf/0: edge a#1 -> b#0 only in A\n");
  EXPECT_EQ(dflow({"graph", "diff", a, b, "--graph=f/0/a#0"}).exit_code, 0);
}

TEST_F(DflowTool, WhatCannotBeComparedIsExitCodeTwo) {
  EXPECT_THAT(error_of({"graph", "diff", plan_file(), trace_file()}), HasSubstr("expand one first"));
  EXPECT_THAT(error_of({"graph", "diff", trace_file(), path("none")}), HasSubstr("No such file"));
  EXPECT_THAT(error_of({"graph", "diff", trace_file(), trace_file(), "--graph=g"}), HasSubstr("no graph g"));
}

}  // namespace
}  // namespace dflow::tools
