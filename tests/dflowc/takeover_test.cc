#include "compiler/driver/takeover.h"

#include <gmock/gmock.h>

namespace dflow::compiler {
namespace {

using testing::ElementsAre;

const Host kClang{.program = "/clang++", .kind = HostKind::clang};

bool taken(const std::vector<std::string>& words, const Options& options = {}, const Host& host = kClang) {
  const CommandLine line = analyse_command_line(words, words);
  return may_take_over(host, line, line.arguments.back(), options);
}

TEST(Takeover, IsForEverydayCommands) {
  EXPECT_TRUE(taken({"-std=c++20", "-O2", "-g", "-Wall", "-DX=1", "-I", "i", "-fPIC", "-MD", "-MT", "a.o",
                     "-MF", "d", "-c", "-o", "a.o", "a.cpp"}));
  EXPECT_TRUE(taken({"-O2", "-o", "app", "-lm", "b.cpp", "a.cpp"}));
}

TEST(Takeover, LeavesTheRestToTheHostCompiler) {
  for (const char* word :
       {"-v", "-E", "-S", "-save-temps", "-flto", "-g3", "--coverage", "-fmodules", "-Wp,-DX", "-Wa,-g",
        "-include", "-Xclang", "-mllvm", "-fplugin=x", "-ftime-trace", "-fprofile-generate"}) {
    EXPECT_FALSE(taken({word, "x", "-c", "a.cpp"})) << word;
  }
  EXPECT_FALSE(taken({"-c", "b.cpp", "a.cpp"})) << "two objects";
  EXPECT_FALSE(taken({"-MD", "a.cpp"})) << "its file is named after the program";
  EXPECT_FALSE(taken({"-c", "a.ii"})) << "there are no includes to share";
  Options with_plan;
  with_plan.plan = "p";
  EXPECT_FALSE(taken({"-c", "a.cpp"}, with_plan)) << "the plan is written first";
  EXPECT_FALSE(taken({"-c", "a.cpp"}, {}, {.program = "/g++", .kind = HostKind::gcc}));
}

TEST(Takeover, MakesTheObjectThatTheCommandWouldLink) {
  const std::vector<std::string> words = {"-O2", "-lm", "b.o", "a.cpp", "-o", "app"};
  const CommandLine line = analyse_command_line(words, words);
  EXPECT_THAT(object_command(kClang, line, line.arguments.at(3), "/tmp/a.o", {"-isystem", "d"}),
              ElementsAre("/clang++", "-O2", "-isystem", "d", "-c", "-o", "/tmp/a.o", "a.cpp"));
}

}  // namespace
}  // namespace dflow::compiler
