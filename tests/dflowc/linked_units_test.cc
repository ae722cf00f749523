#include "compiler/driver/linked_units.h"

#include <gmock/gmock.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace dflow::compiler {
namespace {

using ::testing::ElementsAre;

class LinkTraceTest : public ::testing::Test {
 protected:
  LinkTraceTest() {
    std::filesystem::create_directories(directory_);
    for (const char* name : {"a.o", "b (1).o", "lib.a"}) std::ofstream(directory_ / name) << "x";
  }
  ~LinkTraceTest() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ / name; }

  const std::filesystem::path directory_ =
      std::filesystem::path(::testing::TempDir()) / ("link_trace_" + std::to_string(::getpid()));
};

TEST_F(LinkTraceTest, KnowsObjectsAndMembersHoweverTheLinkerNamesThem) {
  const LinkTrace trace = read_trace(path("a.o") + "\n(" + path("lib.a") + ")m.o\n" + path("lib.a") +
                                     "(m.o)\n" + path("b (1).o") + "\n");
  EXPECT_THAT(trace.objects,
              ElementsAre(LinkedObject{path("a.o"), ""}, LinkedObject{path("lib.a"), "m.o"},
                          LinkedObject{path("lib.a"), "m.o"}, LinkedObject{path("b (1).o"), ""}));
  EXPECT_EQ(trace.rest, "");
}

TEST_F(LinkTraceTest, LeavesWhatElseIsPrinted) {
  const LinkTrace trace = read_trace("Memory map (of a program)\n\n(none)\n" + path("a.o") + "\n");
  EXPECT_EQ(trace.objects.size(), 1U);
  EXPECT_EQ(trace.rest, "Memory map (of a program)\n\n(none)\n");
}

}  // namespace
}  // namespace dflow::compiler
