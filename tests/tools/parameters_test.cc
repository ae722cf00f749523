#include "tools/dflow/parameters.h"

#include <gmock/gmock.h>

namespace dflow::tools {
namespace {

using formats::ParameterNeed;
using ::testing::HasSubstr;

formats::Graph sample() {
  formats::Graph graph;
  graph.name = "heat";
  graph.parameters = {{"ex", "dflow::Executor &", ParameterNeed::none},
                      {"n", "int", ParameterNeed::value},
                      {"xs", "const std::vector<double> &", ParameterNeed::size},
                      {"wide", "const bool &", ParameterNeed::none},
                      {"seed", "std::size_t", ParameterNeed::none}};
  return graph;
}

std::string error_of(std::vector<std::string> settings) {
  const auto checked = check_parameters(sample(), settings);
  return checked ? "" : checked.message();
}

/// The needed ones besides the one under test.
std::string error_beside_n(const std::string& setting) {
  return error_of({"n=4", setting});
}
std::string error_beside_xs(const std::string& setting) {
  return error_of({"xs.size=2", setting});
}

TEST(Parameters, WhatFitsIsPassedOn) {
  const std::vector<std::string> settings{"n=-4", "xs.size=10", "wide=1"};
  EXPECT_EQ(check_parameters(sample(), settings).value(), settings);
}

TEST(Parameters, WhatIsNotNeededMayBeLeftOut) {
  EXPECT_EQ(error_of({"n=4", "xs.size=0"}), "");
}

TEST(Parameters, WhatIsMissingIsAskedForByName) {
  EXPECT_EQ(error_of({}),
            "the shape of graph heat depends on more: add --param n=VALUE --param xs.size=LENGTH");
  EXPECT_EQ(error_of({"n=1"}), "the shape of graph heat depends on more: add --param xs.size=LENGTH");
}

TEST(Parameters, AnUnknownNameListsTheKnownOnes) {
  EXPECT_EQ(error_of({"xz.size=4"}),
            "graph heat has no parameter xz (did you mean xs?); it has n, xs, wide, seed");
  EXPECT_EQ(error_of({"steps=4"}), "graph heat has no parameter steps; it has n, xs, wide, seed");
}

TEST(Parameters, ALengthIsANumberThatFits) {
  EXPECT_EQ(error_beside_n("xs.size=-1"), "--param xs.size=-1: a length cannot be negative");
  EXPECT_THAT(error_beside_n("xs.size=99999999999999999999999"),
              HasSubstr("too long; the most is 1000000000"));
  EXPECT_THAT(error_beside_n("xs.size=1000000001"), HasSubstr("too long"));
  EXPECT_EQ(error_beside_n("xs.size=1000000000"), "");
  for (const char* text : {"xs.size=", "xs.size=ten", "xs.size=1.5", "xs.size=+1", "xs.size=--1"})
    EXPECT_THAT(error_beside_n(text), HasSubstr("expected a length")) << text;
}

TEST(Parameters, AnIntegerFitsItsType) {
  EXPECT_EQ(error_beside_xs("n=2147483648"),
            "--param n=2147483648: expected an int, from -2147483648 to 2147483647");
  EXPECT_NE(error_beside_xs("n=four"), "");
  EXPECT_NE(error_beside_xs("n="), "");
  EXPECT_NE(error_of({"n=1", "xs.size=1", "seed=-1"}), "");
  EXPECT_EQ(error_of({"n=1", "xs.size=1", "seed=18446744073709551615"}), "");
}

TEST(Parameters, ABoolIsZeroOrOne) {
  EXPECT_EQ(error_of({"n=1", "xs.size=1", "wide=0"}), "");
  EXPECT_THAT(error_of({"n=1", "xs.size=1", "wide=true"}), HasSubstr("expected a bool, from 0 to 1"));
}

TEST(Parameters, AContainerIsGivenByItsLengthOrAsAList) {
  EXPECT_THAT(error_beside_n("xs=5"), HasSubstr("give its length: --param xs.size=LENGTH"));
  EXPECT_EQ(error_beside_n("xs=[1,2]"), "");
  EXPECT_THAT(error_beside_xs("n.size=5"), HasSubstr("n is an int, not a container"));
}

TEST(Parameters, ElementsHaveLengthsOfTheirOwn) {
  EXPECT_EQ(error_of({"n=1", "xs.size=2", "xs[0].size=3", "xs[1].size=4"}), "");
  EXPECT_THAT(error_of({"n=1", "xs[0].size=3"}), HasSubstr("add --param xs.size=LENGTH"));
}

TEST(Parameters, AnObjectIsGivenByItsMembers) {
  formats::Graph graph = sample();
  graph.parameters = {{"shape.rows", "int", ParameterNeed::value}, {"shape.names", "const std::vector<int> &", ParameterNeed::size}};
  const auto checked = check_parameters(graph, {"shape=3"});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.message(), "--param shape: shape is an object; give its members: --param shape.rows=VALUE --param shape.names.size=LENGTH");
}

TEST(Parameters, TheExecutorIsNone) {
  EXPECT_THAT(error_of({"ex=1"}), HasSubstr("graph heat has no parameter ex"));
}

TEST(Parameters, EachIsGivenOnce) {
  EXPECT_EQ(error_of({"n=1", "n=2"}), "--param n is given twice");
}

TEST(Parameters, TheFormIsExplained) {
  for (const char* text : {"n", "=4", ""})
    EXPECT_THAT(error_of({text}), HasSubstr("expected NAME=VALUE")) << text;
  EXPECT_THAT(error_of({"n=1\nlimit=9"}), HasSubstr("a value is one line"));
}

}  // namespace
}  // namespace dflow::tools
