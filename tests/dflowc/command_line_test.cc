#include "compiler/driver/command_line.h"

#include <gmock/gmock.h>

#include "compiler/driver/options.h"

namespace dflow::compiler {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

CommandLine analyse(const std::vector<std::string>& words) {
  return analyse_command_line(words, words);
}

std::vector<std::string> inputs_of(const CommandLine& line) {
  std::vector<std::string> inputs;
  for (const Argument& argument : line.arguments) {
    if (argument.role == Role::input) inputs.push_back(argument.value + ":" + argument.language);
  }
  return inputs;
}

TEST(CommandLine, TellsInputsFromTheValuesOfOptions) {
  const auto line =
      analyse({"-o", "out.cpp", "-I", "dir.cpp", "-MF", "d.cpp", "-Xclang", "x.cpp", "a.cpp", "-DX=b.cpp"});
  EXPECT_THAT(inputs_of(line), ElementsAre("a.cpp:c++"));
}

TEST(CommandLine, TakesJoinedAndSeparateValues) {
  const auto line = analyse({"-oout", "-I", "one", "-Itwo", "-isystem", "three"});
  EXPECT_EQ(line.last_value("-o"), "out");
  EXPECT_EQ(line.last_value("-I"), "two");
  EXPECT_EQ(line.last_value("-isystem"), "three");
}

TEST(CommandLine, KnowsLanguagesBySuffixAndByOption) {
  const auto line = analyse({"a.cc", "b.o", "-x", "c++", "c", "-x", "none", "d", "e.ii", "f.s", "g.hpp"});
  EXPECT_THAT(inputs_of(line), ElementsAre("a.cc:c++", "b.o:", "c:c++", "d:", "e.ii:c++-cpp-output",
                                           "f.s:assembler", "g.hpp:c++-header"));
}

TEST(CommandLine, TakesEverythingBehindTwoDashesForInputs) {
  EXPECT_THAT(inputs_of(analyse({"-c", "--", "-odd.cpp"})), ElementsAre("-odd.cpp:c++"));
}

struct StageCase {
  std::vector<std::string> words;
  Stage stage;
};
class StageOf : public testing::TestWithParam<StageCase> {};

TEST_P(StageOf, IsTheEarliestAskedFor) {
  EXPECT_EQ(analyse(GetParam().words).stage, GetParam().stage);
}

INSTANTIATE_TEST_SUITE_P(CommandLine, StageOf,
                         testing::Values(StageCase{{"a.cpp"}, Stage::link},
                                         StageCase{{"-c", "a.cpp"}, Stage::object},
                                         StageCase{{"-c", "-S", "a.cpp"}, Stage::assembly},
                                         StageCase{{"-E", "-c", "a.cpp"}, Stage::preprocess},
                                         StageCase{{"-MM", "a.cpp"}, Stage::dependencies},
                                         StageCase{{"-MMD", "-c", "a.cpp"}, Stage::object},
                                         StageCase{{"-fsyntax-only", "a.cpp"}, Stage::syntax},
                                         StageCase{{"-print-search-dirs"}, Stage::query},
                                         StageCase{{"-###", "-c", "a.cpp"}, Stage::query}));

TEST(CommandLine, KeepsAllWordsInOrder) {
  const std::vector<std::string> words{"-std=c++20", "-O2",        "-I",    "x",
                                       "a.cpp",      "-Wl,-z,now", "-lfoo", "--unheard-of"};
  EXPECT_EQ(words_of(analyse(words).arguments), words);
}

TEST(Options, AreTakenOutOfTheHostCompilersWords) {
  const auto split =
      take_options({"-c", "--dflow-host=g++", "a.cpp", "--dflow-plan=p", "-Wdflow-shared", "-Wall"});
  ASSERT_TRUE(split) << split.message();
  EXPECT_EQ(split.value().options.host, "g++");
  EXPECT_EQ(split.value().options.plan, "p");
  EXPECT_THAT(split.value().options.diagnostic_flags, ElementsAre("-Wdflow-shared"));
  EXPECT_THAT(split.value().words, ElementsAre("-c", "a.cpp", "-Wall"));
}

TEST(Options, TakePassesInLists) {
  const auto split = take_options({"--dflow-pass=-all,last-use", "--dflow-pass=-last-use"});
  ASSERT_TRUE(split) << split.message();
  EXPECT_THAT(split.value().options.passes, ElementsAre("-all", "last-use", "-last-use"));
}

TEST(Options, NameThePassesWhereOneIsUnknown) {
  const auto split = take_options({"--dflow-pass=-lastuse"});
  ASSERT_FALSE(split);
  EXPECT_THAT(split.message(), HasSubstr("last-use"));
}

TEST(Options, NamesTheNearestToAnUnknownOne) {
  const auto split = take_options({"--dflow-emitcpp=x"});
  ASSERT_FALSE(split);
  EXPECT_THAT(split.message(), HasSubstr("'--dflow-emit-cpp='"));
}

}  // namespace
}  // namespace dflow::compiler
