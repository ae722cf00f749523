#include "compiler/frontend/edits.h"

#include <gtest/gtest.h>

namespace dflow::compiler {
namespace {

TEST(Edits, NestTheOuterAroundTheInner) {
  EXPECT_EQ(apply_edits("f(a)", {{0, 4, "<", ">"}, {2, 3, "(", ")"}, {2, 3, "[", "]"}}), "<f(([a]))>");
}

TEST(Edits, PutPointsBetweenWhatEndsAndWhatBegins) {
  EXPECT_EQ(apply_edits("ab", {{1, 1, "1", ""}, {0, 1, "(", ")"}, {1, 2, "[", "]"}, {1, 1, "2", ""}}), "(a)12[b]");
}

TEST(Edits, AreMadeOnlyWhereAllInstantiationsAgree) {
  Proposals proposals;
  const TextRange first{"f", 0, 1}, second{"f", 2, 3};
  proposals.propose(first, "lazy", {{0, 1, "(", ")"}});
  proposals.propose(first, "lazy", {{0, 1, "(", ")"}});
  proposals.propose(second, "lazy", {{2, 3, "(", ")"}});
  proposals.refuse(second, "lazy");
  EXPECT_EQ(proposals.agreed().at("f"), (std::vector<Edit>{{0, 1, "(", ")"}}));
}

TEST(Edits, LeaveTheNameOpenThatInstantiationsDisagreeOn) {
  Proposals proposals;
  proposals.propose_site({"f", 3, 3}, "one", "app.cpp", 1, 2);
  proposals.propose_site({"f", 3, 3}, "two", "app.cpp", 1, 2);
  EXPECT_EQ(proposals.agreed().at("f").front().before, "::dflow::detail::site<\"\", \"app.cpp\", 1, 2>, ");
}

TEST(Edits, QuoteNamesOfFiles) { EXPECT_EQ(cpp_literal("a\"b\\c\n"), "\"a\\\"b\\\\c\\012\""); }

}  // namespace
}  // namespace dflow::compiler
