#include "compiler/driver/own_lines.h"

#include <gtest/gtest.h>

#include "formats/file.h"

namespace dflow::compiler {
namespace {

TEST(OwnLines, MovesColumnsBehindAnInsertion) {
  const std::string original = "ex.submit(f, 1);  int x;";
  const std::string changed = "ex.submit(site<\"f\", 1>, f, 1);  int x;";
  EXPECT_EQ(own_column(original, changed, 4), 4U);
  EXPECT_EQ(own_column(original, changed, 1 + changed.find("int")), 1 + original.find("int"));
  EXPECT_EQ(own_column(original, changed, 1 + changed.find("f, 1)")), 1 + original.find("f, 1)"));
}

TEST(OwnLines, TakesTheReadingWithTheFewestInsertions) {
  const std::string original = "f(a); f(b);";
  const std::string changed = "f(s<a>, a); f(s<b>, b);";
  EXPECT_EQ(own_column(original, changed, 1 + changed.rfind("b")), 1 + original.rfind("b"));
  EXPECT_EQ(own_column(original, changed, 1 + changed.rfind("f")), 1 + original.rfind("f"));
}

TEST(OwnLines, PointsBehindTheInsertionFromInsideIt) {
  EXPECT_EQ(own_column("ab", "aXYZb", 3), 2U);
}

TEST(OwnLines, LeavesColumnsOfLinesThatAreNoInsertions) {
  EXPECT_EQ(own_column("abc", "xyz", 3), 3U);
}

class OwnLinesOfFile : public testing::Test {
 protected:
  OwnLinesOfFile() : path_(testing::TempDir() + "own_lines.cpp") {
    EXPECT_TRUE(formats::write_file_atomically(path_, "one\nint a; int b;\n"));
    files_ = {{path_, "one\nint a; INSERTED int b;\ntail\n"}};
  }
  std::string path_;
  std::vector<RewrittenFile> files_;
};

TEST_F(OwnLinesOfFile, ShowsTheUsersLineAndPutsTheCaretUnderIt) {
  EXPECT_EQ(with_own_lines(path_ + ":2:21: warning: unused\n    2 | int a; INSERTED int b;\n"
                                   "      |                 ~~~ ^\n",
                           files_),
            path_ + ":2:12: warning: unused\n    2 | int a; int b;\n      |        ~~~ ^\n");
}

TEST_F(OwnLinesOfFile, LeavesMessagesAboutOtherFiles) {
  const std::string text =
      "other.cpp:2:21: warning: unused\n    2 | int a; INSERTED int b;\n      |  ^\n1 warning\n";
  EXPECT_EQ(with_own_lines(text, files_), text);
}

}  // namespace
}  // namespace dflow::compiler
