#include "compiler/frontend/shared_region.h"

#include <gtest/gtest.h>

namespace dflow::compiler {
namespace {

/// The text from the last shared token on.
std::string_view rest(std::string_view text, std::size_t from = 0) {
  return text.substr(last_shared_token(text, from));
}

TEST(SharedRegion, EndsBeforeTheFirstExecutor) {
  EXPECT_EQ(rest("int f() { return 1; }\nint g(dflow::Executor& ex);"), "::Executor& ex);");
  EXPECT_EQ(rest("int f(); using E = Executor;"), "= Executor;");
}

TEST(SharedRegion, EndsBeforeAGraph) {
  EXPECT_EQ(rest("[[dflow::task]] int f(); [[dflow::graph]] int g();"), "::graph]] int g();");
  EXPECT_EQ(rest("[[ dflow :: graph ]]"), ":: graph ]]");
  EXPECT_EQ(rest("int graph, dflow; a::graph b;"), ";");
}

TEST(SharedRegion, EndsBeforeAMembersCall) {
  EXPECT_EQ(rest("auto f(auto& e) { return e.submit(g); }"), ".submit(g); }");
  EXPECT_EQ(rest("auto f(auto* e) { return e->map(g, xs); }"), "->map(g, xs); }");
  EXPECT_EQ(rest("std::map<int, int> map; int submit();"), ";");
}

TEST(SharedRegion, DoesNotEndInComments) {
  EXPECT_EQ(rest("int a;  // Executor\n/* ex.submit */ const char* b = \"ex.submit\"; int c"), "c");
  EXPECT_EQ(rest("const char* r = R\"(ex.submit)\"; int d"), "d");
}

TEST(SharedRegion, BeginsBehindTheIncludes) {
  const std::string_view text = "#include <Executor>\nint a; Executor";
  EXPECT_EQ(rest(text, text.find("int")), "; Executor");
  EXPECT_EQ(rest("Executor"), "Executor");
  EXPECT_EQ(rest(""), "");
}

}  // namespace
}  // namespace dflow::compiler
