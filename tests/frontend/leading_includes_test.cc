#include "compiler/frontend/leading_includes.h"

#include <gtest/gtest.h>

namespace dflow::compiler {
namespace {

std::string_view leading(std::string_view text) {
  const auto found = leading_includes(text);
  return found ? text.substr(found->last, found->end - found->last) : "none";
}

TEST(LeadingIncludes, EndWithTheLastBeforeTheCode) {
  EXPECT_EQ(leading("// a\n#include <a>\n\n#include \"b\"  // b\nint x;\n#include <c>\n"),
            "#include \"b\"  // b\n");
  EXPECT_EQ(leading("/* a\n b */\n#define A\n# include <a>\nint x;"), "# include <a>\n");
  EXPECT_EQ(leading("int x;\n#include <a>\n"), "none");
}

TEST(LeadingIncludes, AreThoseThatAreReadInAnyCase) {
  EXPECT_EQ(leading("#include <a>\n#if X\n#include <b>\n#endif\nint x;\n"), "#include <a>\n");
  EXPECT_EQ(leading("#if X\n#include <a>\n#endif\n#include <b>\nint x;\n"), "#include <b>\n");
  EXPECT_EQ(leading("#if X\n#include <a>\nint x;\n#endif\n"), "none");
}

TEST(LeadingIncludes, AreLeftAtWhatIsNotPlain) {
  EXPECT_EQ(leading("#include <a>\n#define B \\\n <b>\n#include <b>\n"), "#include <a>\n");
  EXPECT_EQ(leading("#include <a>\n#include B\n#include <c>\n"), "#include <a>\n");
  EXPECT_EQ(leading("#include <a>\n#include <b> /* and\n more */\n"), "#include <a>\n");
  EXPECT_EQ(leading("#include <a>"), "none");
}

}  // namespace
}  // namespace dflow::compiler
