#include "formats/printable.h"

#include <gtest/gtest.h>

#include "formats/json_text.h"

namespace dflow::formats {
namespace {

TEST(Printable, LeavesWhatIsShownAsItIs) {
  for (const std::string_view text : {"", "node-7", "a b\\c", "Zürich", "漢字", "😀"}) EXPECT_EQ(printable(text), text);
}

TEST(Printable, WritesDownWhatATerminalWouldObey) {
  EXPECT_EQ(printable("\x1b]0;owned\a\x1b[2J"), "\\x1b]0;owned\\x07\\x1b[2J");
  EXPECT_EQ(printable("a\r\nb\tc\x7f"), "a\\x0d\\x0ab\\x09c\\x7f");
  EXPECT_EQ(printable("\u009b2J"), "\\xc2\\x9b2J") << "one character for what two begin";
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Printable, WritesDownWhatIsNoUtf8) {
  EXPECT_EQ(printable("\x9b" "2J"), "\\x9b2J");
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
}

TEST(Printable, KeepsTheLinesOfMessages) { EXPECT_EQ(printable_lines("a\n\tb\r\x1b"), "a\n\tb\\x0d\\x1b"); }

TEST(JsonText, EscapesWhatATerminalWouldObey) {
  std::string out;
  append_json_string(out, "\x1b[2J\x7f\u009b2J ü");
  EXPECT_EQ(out, "\"\\u001b[2J\\u007f\\u009b2J ü\"");
}

}  // namespace
}  // namespace dflow::formats
