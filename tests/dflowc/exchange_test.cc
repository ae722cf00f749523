#include "compiler/driver/exchange.h"

#include <gmock/gmock.h>

namespace dflow::compiler {
namespace {

TEST(Exchange, BringsAJobOverAsItIs) {
  const FrontendJob job{.main_file = "a b.cpp", .arguments = {"-D", "X=\n", ""}, .directory = "/d",
                        .passes = {"-all", "last-use"}, .neighbours = {{.main_file = "b\n.cpp", .arguments = {"-O2"}, .directory = "/e"}}, .command = {"-O2", "a b.cpp"}, .compiler = "1", .compile = {"c++", "-c"}, .errors = "/e"};
  const auto back = job_from_text(to_text(job));
  ASSERT_TRUE(back) << back.message();
  EXPECT_EQ(back.value().main_file, job.main_file);
  EXPECT_EQ(back.value().arguments, job.arguments);
  EXPECT_EQ(back.value().directory, job.directory);
  EXPECT_EQ(back.value().compile, job.compile);
  EXPECT_EQ(back.value().errors, job.errors);
  EXPECT_EQ(back.value().command, job.command);
  EXPECT_EQ(back.value().compiler, job.compiler);
  EXPECT_EQ(back.value().passes, job.passes);
  ASSERT_EQ(back.value().neighbours.size(), 1U);
  EXPECT_EQ(to_text(back.value().neighbours[0]), to_text(job.neighbours[0]));
}

TEST(Exchange, BringsAResultOverAsItIs) {
  FrontendResult result;
  result.parsed = result.fatal = result.has_dflow = true;
  result.first_error = "a.cpp:1:2: error";
  result.diagnostics = "d";
  result.files = {{"/a", std::string("x\0\n1 2\n", 7)}, {"/b", ""}};
  result.plan_json = "{}";
  const auto back = result_from_text(to_text(result));
  ASSERT_TRUE(back) << back.message();
  EXPECT_EQ(to_text(back.value()), to_text(result));
  EXPECT_EQ(back.value().files.size(), 2U);
  EXPECT_EQ(back.value().files.at(0).text, result.files[0].text);
}

TEST(Exchange, RefusesEveryTruncation) {
  FrontendResult result;
  result.files = {{"/a", "text"}};
  const std::string text = to_text(result);
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(result_from_text(text.substr(0, size))) << size;
  }
}

TEST(Exchange, RefusesSizesBeyondTheText) {
  EXPECT_FALSE(result_from_text("parsed 99999999999999999999\n1\n"));
  EXPECT_FALSE(result_from_text("parsed -1\n1\n"));
  EXPECT_FALSE(result_from_text("nonsense 1\n1\nend 0\n\n"));
}

}  // namespace
}  // namespace dflow::compiler
