#include "compiler/driver/include_scan.h"

#include <gmock/gmock.h>

namespace dflow::compiler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> includes_in(std::string_view text) {
  std::vector<std::string> out;
  for (const Include& include : find_includes(text)) {
    const char* open = include.kind == Include::Kind::quoted   ? "\""
                       : include.kind == Include::Kind::angled ? "<"
                                                               : "?";
    out.push_back(open + include.target);
  }
  return out;
}

TEST(IncludeScan, FindsEverySpellingOfADirective) {
  EXPECT_THAT(includes_in("#include <a>\n"
                          " \t# include \"b\"\n"
                          "/* c */ #include <c>\n"
                          "#\\\n include <d>\n"
                          "#include/* e */<e>\n"
                          "%:include <f>\n"
                          "#include_next <g>\n"
                          "#include <h>"),
              testing::UnorderedElementsAre("<a", "\"b", "<c", "<d", "<e", "<f", "<g", "<h"));
}

TEST(IncludeScan, SeesComputedIncludes) {
  EXPECT_THAT(includes_in("#include NAME\n#include BOOST_PP_ITERATE()\n#include <unclosed\n"),
              ElementsAre("?", "?", "?"));
}

TEST(IncludeScan, SeesHeaderUnits) {
  EXPECT_THAT(includes_in("import <vector>;\nexport import \"own.h\";\nimport named.module;\n"),
              ElementsAre("<vector", "\"own.h"));
}

TEST(IncludeScan, IsNotTakenInByOtherText) {
  EXPECT_THAT(
      includes_in("const char* a = \"#include <a>\";\n#define include_it 1\n#includes <b>\nint important;\n"),
      IsEmpty());
}

}  // namespace
}  // namespace dflow::compiler
