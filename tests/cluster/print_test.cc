#include "runtime/cluster/print.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace dflow::cluster {
namespace {

class PrintLines : public testing::Test {
 protected:
  PrintLines() {
    std::fflush(stdout);
    testing::internal::CaptureStdout();
  }
  static std::string printed() {
    std::fflush(stdout);
    return testing::internal::GetCapturedStdout();
  }
  static void print(const std::string& text) { print_lines({.worker = "node-1", .is_error = false, .text = text}); }
};

TEST_F(PrintLines, NamesTheWorkerInFrontOfEachLine) {
  print("one\ntwo\n");
  EXPECT_EQ(printed(), "node-1: one\nnode-1: two\n");
}

TEST_F(PrintLines, LeavesTheLinesAsTheyAreAndObeysNoName) {
  print_lines({.worker = "n\x1b[2J", .is_error = false, .text = "\x1b[31mred\n"});
  EXPECT_EQ(printed(), "n\\x1b[2J: \x1b[31mred\n");
}

TEST_F(PrintLines, ComesAfterWhatTheProgramHasPrinted) {
  std::fputs("begin\n", stdout);
  print("one\n");
  std::fputs("end\n", stdout);
  EXPECT_EQ(printed(), "begin\nnode-1: one\nend\n");
}

TEST_F(PrintLines, LeavesALineWholeThatTheProgramHasBegun) {
  std::fputs("sum ", stdout);
  print("one\n");
  std::fputs("14\n", stdout);
  EXPECT_EQ(printed(), "node-1: one\nsum 14\n");
}

}  // namespace
}  // namespace dflow::cluster
