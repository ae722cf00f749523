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

/// What page_test.py does not see: the file around the page.
class PageTool : public ToolTest {
 protected:
  std::string trace_file() const {
    EXPECT_TRUE(write_recording(path("trace.json"), sample_recording()));
    return path("trace.json");
  }
};

TEST_F(PageTool, WritesAWholePageThatAsksNoNetwork) {
  for (const std::string& input : {trace_file(), file("plan.json", plan_to_json(sample_plan()))}) {
    const Outcome page = dflow({"graph", "show", input, "--format=html"});
    EXPECT_EQ(page.exit_code, 0) << page.errors;
    EXPECT_THAT(page.output, AllOf(StartsWith("<!doctype html>"), EndsWith("</html>\n")));
    EXPECT_THAT(page.output, AllOf(HasSubstr("default-src 'none'"), HasSubstr("The Cytoscape Consortium"),
                                   Not(HasSubstr(" src=")), Not(HasSubstr("<link"))));
  }
}

TEST_F(PageTool, SaysWhatATaskTookAndWhereItWasSubmitted) {
  const std::string page = dflow({"graph", "show", trace_file(), "--format=html", "--graph=f"}).output;
  EXPECT_THAT(page, HasSubstr(R"([["source","app.cpp:3"],["took","3.10 µs"],["started at","1.50 µs"],)"
                              R"(["on","thread 2 of process 1"],["result","8 bytes"]])"));
}

TEST_F(PageTool, ALabelDoesNotEndTheScriptThatHoldsIt) {
  formats::Plan plan = sample_plan();
  plan.graphs[0].name = "</script><b>";
  const std::string page =
      dflow({"graph", "show", file("plan.json", plan_to_json(plan)), "--format=html"}).output;
  EXPECT_THAT(page, AllOf(HasSubstr("\\u003c/script>\\u003cb>"), Not(HasSubstr("</script><b>"))));
}

TEST_F(PageTool, LeavesTheOldFileWhereItCannotWrite) {
  file("out", "old");
  EXPECT_THAT(error_of({"graph", "show", trace_file(), "--format=html", "-o", path("none/out")}),
              HasSubstr("No such file or directory"));
  EXPECT_THAT(error_of({"graph", "show", trace_file(), "--format=html", "-o", "/dev/full"}),
              HasSubstr("No space left on device"));
  EXPECT_THAT(error_of({"graph", "show", path("gone"), "--format=html", "-o", path("out")}),
              HasSubstr("No such file or directory"));
  EXPECT_EQ(formats::read_file(path("out")).value(), "old");
}

TEST_F(PageTool, RefusesMoreTasksThanABrowserShows) {
  formats::Recording huge;
  huge.names = {"t"};
  huge.graphs = {{"g", 0, {}}};
  for (std::uint64_t i = 0; i <= 200'000; ++i) huge.tasks.push_back({formats::TaskId{i}, 0, 0, -1, 0});
  ASSERT_TRUE(write_recording(path("huge.json"), huge));
  EXPECT_THAT(error_of({"graph", "show", path("huge.json"), "--format=html"}),
              AllOf(HasSubstr("no browser shows 200001 tasks"), HasSubstr("--format=json")));
}

}  // namespace
}  // namespace dflow::tools
