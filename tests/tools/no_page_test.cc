#include <gmock/gmock.h>

#include "tools/dflow/output.h"

// Linked with no_page_files.cc: the tool as it is where cytoscape.js was not installed.
namespace dflow::tools {
namespace {

TEST(WithoutPageLibrary, HtmlSaysWhatIsMissingAndWhatToDo) {
  const auto printed = print(formats::Plan{}, Output{.format = Format::html, .file = std::nullopt});
  ASSERT_FALSE(printed);
  EXPECT_THAT(printed.message(), ::testing::HasSubstr("built without cytoscape.js"));
  EXPECT_THAT(printed.message(), ::testing::HasSubstr("scripts/setup.sh"));
}

TEST(WithoutPageLibrary, OtherFormatsGoOn) {
  EXPECT_TRUE(print(formats::Plan{}, Output{.format = Format::json, .file = "/dev/null"}));
}

}  // namespace
}  // namespace dflow::tools
