#include "compiler/driver/parse_arguments.h"

#include <gmock/gmock.h>

namespace dflow::compiler {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::IsSupersetOf;
using testing::Not;

std::vector<std::string> arguments_for(HostKind host, const std::vector<std::string>& words) {
  const CommandLine line = analyse_command_line(words, words);
  Installation installation;
  installation.include_dir = "/dflow/include";
  installation.resource_dir = "/clang";
  Options options;
  options.diagnostic_flags = {"-Wdflow-x"};
  return make_job(line, line.arguments.back(), host, options, installation).arguments;
}

TEST(ParseArguments, KeepWhatDecidesTheMeaning) {
  EXPECT_THAT(arguments_for(HostKind::clang, {"-std=c++20", "-DX", "-I", "i", "-fno-rtti", "-O2", "a.cpp"}),
              IsSupersetOf({"-std=c++20", "-DX", "-I", "i", "-fno-rtti", "-O2"}));
}

TEST(ParseArguments, DropOutputsAndTheHostsWarnings) {
  const auto words = {"-c",    "-o",      "a.o", "-MMD", "-MF", "a.d",
                      "-Wall", "-g",      "-lx", "-v",   "a.cpp"};
  for (const HostKind host : {HostKind::clang, HostKind::gcc}) {
    const auto arguments = arguments_for(host, {words.begin(), words.end()});
    for (const char* word : words) EXPECT_THAT(arguments, Not(Contains(std::string(word))));
  }
}

/// The parse itself warns of nothing; these say how dflow's own warnings come.
TEST(ParseArguments, KeepWhatConcernsDflowsWarnings) {
  EXPECT_THAT(arguments_for(HostKind::clang, {"-Wall", "-Werror", "-w", "a.cpp"}), IsSupersetOf({"-Werror", "-w"}));
}

TEST(ParseArguments, DropWhatOnlyGccKnows) {
  const auto arguments =
      arguments_for(HostKind::gcc, {"-fconcepts", "-fanalyzer", "-fipa-pta", "-fopenmp", "a.cpp"});
  EXPECT_THAT(arguments,
              AllOf(Contains("-fopenmp"), Not(Contains("-fconcepts")), Not(Contains("-fipa-pta"))));
}

TEST(ParseArguments, NameClangsHeadersAndDflows) {
  EXPECT_THAT(arguments_for(HostKind::gcc, {"a.cpp"}),
              IsSupersetOf({"-resource-dir", "/clang", "-isystem", "/dflow/include", "-Wdflow-x"}));
}

}  // namespace
}  // namespace dflow::compiler
