#include "compiler/driver/splice.h"

#include <gtest/gtest.h>

#include "formats/file.h"

namespace dflow::compiler {
namespace {

std::string write(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + name;
  EXPECT_TRUE(formats::write_file_atomically(path, text));
  return path;
}

TEST(Splice, ReplacesLinesByTheirNumbersInTheirFile) {
  const std::string path = write("splice.cpp", "#include \"h\"\nf();\nf();\n");
  EXPECT_EQ(splice("# 1 \"h\" 1\nf();\n# 2 \"" + path + "\" 2\nf();\nf();\n",
                   {{path, "#include \"h\"\nf();\ng(); f();\n"}}),
            "# 1 \"h\" 1\nf();\n# 2 \"" + path + "\" 2\nf();\ng(); f();\n");
}

TEST(Splice, PutsWhatFollowsTheLastLineAtTheEnd) {
  const std::string path = write("tail.cpp", "f();\n");
  EXPECT_EQ(splice("# 1 \"" + path + "\"\nf();\n# 1 \"x\"\n", {{path, "f();\nint tail;\n"}}),
            "# 1 \"" + path + "\"\nf();\n# 1 \"x\"\n# 2 \"" + path + "\" 3\nint tail;\n");
}

TEST(Splice, LeavesALineThatThePreprocessorChanged) {
  const std::string path = write("changed.cpp", "f(); // comment\n");
  const std::string text = "# 1 \"" + path + "\"\nf();\n";
  EXPECT_EQ(splice(text, {{path, "g(); f(); // comment\n"}}), text);
}

}  // namespace
}  // namespace dflow::compiler
