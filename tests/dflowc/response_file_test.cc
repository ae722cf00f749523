#include "compiler/driver/response_file.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "formats/file.h"

namespace dflow::compiler {
namespace {

using testing::ElementsAre;

std::string write(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + name;
  EXPECT_TRUE(formats::write_file_atomically(path, text));
  return path;
}

TEST(ResponseFile, SplitsAtBlanksAndObeysQuotesAndBackslashes) {
  EXPECT_THAT(split_response("-a  'b c'\n\"d \\\" e\"\t-f\\ g '' h\"i\"j"),
              ElementsAre("-a", "b c", "d \" e", "-f g", "", "hij"));
}

TEST(ResponseFile, ReadsBackWhatItJoined) {
  const std::vector<std::string> words{"plain", "two words", "a\"quote", "back\\slash", "", "new\nline", "'"};
  EXPECT_EQ(split_response(join_response(words)), words);
}

TEST(ResponseFile, OpensNestedFilesAndLeavesUnreadableOnes) {
  const std::string inner = write("inner.rsp", "-x y");
  const std::string outer = write("outer.rsp", "-a @" + inner + " -b");
  EXPECT_THAT(expand_response_files({"-c", "@" + outer, "@/no/such/file", "@"}),
              ElementsAre("-c", "-a", "-x", "y", "-b", "@/no/such/file", "@"));
}

TEST(ResponseFile, StopsAtAFileThatIncludesItself) {
  const std::string path = write("self.rsp", "");
  write("self.rsp", "@" + path);
  EXPECT_EQ(expand_response_files({"@" + path}).size(), 1U);
}

}  // namespace
}  // namespace dflow::compiler
