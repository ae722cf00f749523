#include "compiler/frontend/checks/warning_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dflow::compiler {
namespace {

using Group = Warning::Group;
constexpr Warning kWarnings[] = {
    {"race", Group::on_by_default}, {"slow", Group::off_by_default}, {"pointer", Group::cluster}};

/// The levels of the three: "off warning error".
std::string levels(const std::vector<std::string>& arguments) {
  const WarningFlags flags(kWarnings, arguments);
  std::string text;
  for (const Warning& warning : kWarnings) {
    constexpr const char* kNames[] = {"off", "warning", "error"};
    text += (text.empty() ? "" : " ") + std::string(kNames[static_cast<int>(flags.level(warning.name))]);
  }
  return text;
}

TEST(WarningFlags, OnlySureBugsAreOnByThemselves) { EXPECT_EQ(levels({"-O2", "-Wall"}), "warning off off"); }

TEST(WarningFlags, OneFlagTurnsOneOnOrOff) {
  EXPECT_EQ(levels({"-Wdflow-slow"}), "warning warning off");
  EXPECT_EQ(levels({"-Wno-dflow-race"}), "off off off");
}

TEST(WarningFlags, GroupsHoldTheirMembers) {
  EXPECT_EQ(levels({"-Wdflow"}), "warning warning warning");
  EXPECT_EQ(levels({"-Wdflow-cluster"}), "warning off warning");
  EXPECT_EQ(levels({"-Wno-dflow"}), "off off off");
}

TEST(WarningFlags, TheLastFlagWins) {
  EXPECT_EQ(levels({"-Wdflow", "-Wno-dflow-slow"}), "warning off warning");
  EXPECT_EQ(levels({"-Wno-dflow-slow", "-Wdflow"}), "warning warning warning");
}

TEST(WarningFlags, ErrorsAsClangMakesThem) {
  EXPECT_EQ(levels({"-Werror"}), "error off off");
  EXPECT_EQ(levels({"-Werror", "-Wno-error"}), "warning off off");
  EXPECT_EQ(levels({"-Werror=dflow-slow"}), "warning error off");
  EXPECT_EQ(levels({"-Wno-error=dflow-race", "-Wdflow", "-Werror"}), "warning error error");
  EXPECT_EQ(levels({"-Werror=dflow", "-Wno-dflow-slow"}), "error off error");
}

TEST(WarningFlags, QuietStillTellsErrorsByName) { EXPECT_EQ(levels({"-w", "-Wdflow", "-Werror=dflow-slow"}), "off error off"); }

TEST(WarningFlags, UnknownNamesGetTheNearest) {
  const WarningFlags flags(kWarnings, {"-Wdflow-rase", "-Wno-dflow-pointers", "-Werror=dflow-slow", "-Wshadow"});
  EXPECT_THAT(flags.unknown(), testing::ElementsAre("unknown warning option '-Wdflow-rase'; did you mean '-Wdflow-race'?",
                                                    "unknown warning option '-Wno-dflow-pointers'; did you mean "
                                                    "'-Wno-dflow-pointer'?"));
}

TEST(WarningFlags, RemarksAreAsked) {
  EXPECT_FALSE(WarningFlags(kWarnings, {"-Wdflow"}).remarks());
  EXPECT_TRUE(WarningFlags(kWarnings, {"-Rdflow"}).remarks());
  EXPECT_FALSE(WarningFlags(kWarnings, {"-Rdflow", "-Rno-dflow"}).remarks());
}

}  // namespace
}  // namespace dflow::compiler
