#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "tests/frontend/snippet.h"

namespace dflow::compiler::test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Case {
  std::string body;
  std::string expected;
};

void check(std::span<const Case> cases) {
  std::vector<std::string> bodies;
  for (const Case& one : cases) bodies.push_back(one.body);
  const std::vector<std::string> results = rewritten_bodies(bodies);
  ASSERT_EQ(results.size(), cases.size());
  for (std::size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i], cases[i].expected);
}

const Case kNames[] = {
    {"ex.submit(one, 1);", "ex.submit(<one>, one, 1);"},
    {"ex.submit(&one, 1);", "ex.submit(<one>, &one, 1);"},
    {"ex.submit(ns::same<int>, 1);", "ex.submit(<ns::same>, ns::same<int>, 1);"},
    {"ex.submit(static_cast<int (*)(int)>(ns::same), 1);",
     "ex.submit(<ns::same>, static_cast<int (*)(int)>(ns::same), 1);"},
    {"ex.submit(ns::Functor{}, 1);", "ex.submit(<ns::Functor>, ns::Functor{}, 1);"},
    {"ex.submit(&ns::Functor::member, ns::Functor{}, 1);",
     "ex.submit(<ns::Functor::member>, &ns::Functor::member, lazy([&]() -> decltype(auto) { return ns::Functor{}; }), 1);"},
    {"ex.submit(ns::Functor::fixed, 1);", "ex.submit(<ns::Functor::fixed>, ns::Functor::fixed, 1);"},
    {"ex.submit([](int x) { return x; }, 1);", "ex.submit(<lambda@1>, [](int x) { return x; }, 1);"},
    {"auto f = [](int x) { return x; };\n ex.submit(f, 1);",
     "auto f = [](int x) { return x; };\n ex.submit(<lambda@1>, f, 1);"},
    {"auto f = one; ex.submit(f, 1);", "auto f = one; ex.submit(<>, f, 1);"},
    {"auto* const f = one; ex.submit(f, 1);", "auto* const f = one; ex.submit(<one>, f, 1);"},
    {"ex.map(one, xs);", "ex.map(<one>, one, xs);"},
    {"ex.map(dflow::MapOptions{.chunk = 2}, one, xs);", "ex.map(<one>, dflow::MapOptions{.chunk = 2}, one, xs);"},
    {"ex.reduce(add, std::vector<F>{a, b});", "ex.reduce(<add>, add, std::vector<F>{a, b});"},
    {"a.then(one);", "a.then(<one>, one);"},
    {"ex.with({.priority = 1}).submit(one, a);", "ex.with({.priority = 1}).submit(<one>, one, a);"},
    {"ex.scatter(1);", "ex.scatter(1);"},
};
TEST(Rewrite, NamesTheCallable) { check(kNames); }

const Case kLazy[] = {
    {"ex.submit(one, n + 1);", "ex.submit(<one>, one, lazy([&]() -> decltype(auto) { return n + 1; }));"},
    {"ex.submit(one, xs[0]);", "ex.submit(<one>, one, lazy([&]() -> decltype(auto) { return (xs[0]); }));"},
    {"ex.submit(one, n);", "ex.submit(<one>, one, n);"},
    {"ex.submit(one, -1);", "ex.submit(<one>, one, -1);"},
    {"ex.submit(one, n++);", "ex.submit(<one>, one, n++);"},
    {"ex.submit(sum, std::move(xs));", "ex.submit(<sum>, sum, std::move(xs));"},
    {"ex.submit(one, std::max(n, 2));", "ex.submit(<one>, one, lazy([&]() -> auto { return std::max(n, 2); }));"},
    {"ex.submit(one, ex.submit(one, 1));", "ex.submit(<one>, one, ex.submit(<one>, one, 1));"},
    {"ex.submit(one, n > 1 ? a : b);", "ex.submit(<one>, one, n > 1 ? a : b);"},
    {"auto count = [&] { return ++n; }; ex.submit(one, count());", "auto count = [&] { return ++n; }; ex.submit(<one>, one, count());"},
    {"auto look = [&] { return n + 1; }; ex.submit(one, look());",
     "auto look = [&] { return n + 1; }; ex.submit(<one>, one, lazy([&]() -> decltype(auto) { return look(); }));"},
    {"try { ex.submit(one, n + 1); ex.submit(one, xs.at(1)); } catch (...) { ex.submit(one, xs.at(2)); }",
     "try { ex.submit(<one>, one, lazy([&]() -> decltype(auto) { return n + 1; })); ex.submit(<one>, one, xs.at(1)); } catch (...) { ex.submit(<one>, one, "
     "lazy([&]() -> decltype(auto) { return (xs.at(2)); })); }"},
    {"try { ex.submit(one, xs.at(1)); } catch (...) { throw; }",
     "try { ex.submit(<one>, one, lazy([&]() -> decltype(auto) { return (xs.at(1)); })); } catch (...) { throw; }"},
    {"ex.submit(one, a.get() + 1);", "ex.submit(<one>, one, lazy([&]() -> decltype(auto) { return a.get() + 1; }));"},
};
TEST(Rewrite, LetsValueArgumentsWait) { check(kLazy); }

const std::string kOpen = "in_order([&](auto&&... dflow_in_order_) -> decltype(auto) { return ";
const std::string kArguments = "static_cast<decltype(dflow_in_order_)&&>(dflow_in_order_)...); }, Ordered{";

const Case kOrder[] = {
    {"ex.submit(add, ex.submit(one, 1), ex.submit(one, 2));",
     kOpen + "ex.submit(<add>, " + kArguments + "add, ex.submit(<one>, one, 1), ex.submit(<one>, one, 2)});"},
    {"ex.submit(add, a, ex.submit(one, 2));", "ex.submit(<add>, add, a, ex.submit(<one>, one, 2));"},
    {"std::make_pair(ex.submit(one, 1), ex.submit(one, 2));",
     kOpen + "std::make_pair(" + kArguments + "ex.submit(<one>, one, 1), ex.submit(<one>, one, 2)});"},
    {"std::pair<F, F> p(ex.submit(one, 1), ex.submit(one, 2));",
     "std::pair<F, F> p(" + kOpen + "::std::remove_cvref_t<decltype(p)>(" + kArguments +
         "ex.submit(<one>, one, 1), ex.submit(<one>, one, 2)}));"},
    {"std::vector<F> v{ex.submit(one, 1), ex.submit(one, 2)};",
     "std::vector<F> v{ex.submit(<one>, one, 1), ex.submit(<one>, one, 2)};"},
};
TEST(Rewrite, PutsSubmissionsInOrder) { check(kOrder); }

TEST(Rewrite, LeavesMacroExpansionsAlone) {
  EXPECT_EQ(rewritten("#define RUN(e, f, x) e.submit(f, x)\nF g(dflow::Executor& ex) { return RUN(ex, one, 1); }\n"),
            "#define RUN(e, f, x) e.submit(f, x)\nF g(dflow::Executor& ex) { return RUN(ex, one, 1); }\n");
}

TEST(Rewrite, LeavesOthersOfTheSameNameAlone) {
  const std::string text = "struct Form { int submit(int (*)(int), int) { return 0; } };\nint g(Form f) { return f.submit(one, 1); }\n";
  EXPECT_EQ(rewritten(text), text);
}

TEST(Rewrite, LeavesATemplateAloneThatAlsoServesOthers) {
  const std::string text =
      "struct Form { int submit(int (*)(int), int) { return 0; } };\n"
      "template <class E> auto g(E& e) { return e.submit(one, 1); }\n"
      "void h(dflow::Executor& ex, Form f) { g(ex); g(f); }\n";
  EXPECT_EQ(rewritten(text), text);
}

TEST(Rewrite, NamesWhatAllInstantiationsAgreeOn) {
  EXPECT_THAT(rewritten("template <class E> auto g(E& e) { return e.submit(one, 1); }\nvoid h(dflow::Executor& ex) { g(ex); }\n"),
              HasSubstr("site<\"one\""));
  EXPECT_THAT(rewritten("template <class Fn> auto g(dflow::Executor& e, Fn f) { return e.submit(f, 1); }\n"
                        "void h(dflow::Executor& ex) { g(ex, ns::Functor{}); g(ex, [](int x) { return x; }); }\n"),
              HasSubstr("site<\"\""));
}

TEST(Rewrite, OpensAGraphFunctionWithItsScope) {
  EXPECT_THAT(rewritten("namespace a { struct S { template <class T> [[dflow::graph]] static F g(dflow::Executor& ex, T x) "
                        "{ return ex.submit(one, x); } }; }\nvoid h(dflow::Executor& ex) { a::S::g(ex, 1); }\n"),
              HasSubstr("{ ::dflow::detail::GraphScope dflow_graph_scope_{::dflow::detail::graph_site<\"a::S::g\", \"app.cpp\", "));
}

TEST(Rewrite, OpensScopesInOtherBodiesThanBlocks) {
  const std::string graph = "[[dflow::graph]] F g(dflow::Executor& ex, F f) ";
  EXPECT_THAT(rewritten(graph + "{ co_return co_await ex.submit(one, f); }\n"),
              HasSubstr("{ co_await ::dflow::detail::EnterGraph{::dflow::detail::graph_site<\"g\", \"app.cpp\", "));
  EXPECT_THAT(rewritten(graph + "try { return ex.submit(one, f); } catch (...) { throw; }\n"),
              HasSubstr("try { ::dflow::detail::GraphScope dflow_graph_scope_{"));
}

TEST(Rewrite, TellsOfACoroutineThatHasNoScope) {
  const std::string text =
      "#include <dflow/dflow.h>\nint one(int x) { return x; }\n"
      "struct Job { struct promise_type { Job get_return_object() { return {}; } std::suspend_never initial_suspend() noexcept { return {}; }\n"
      "  std::suspend_never final_suspend() noexcept { return {}; } void unhandled_exception() {} void return_void() {} }; };\n"
      "[[dflow::graph]] Job g(dflow::Executor& ex) { ex.submit(one, 1); co_return; }\n";
  const FrontendResult result = run_on(text, {"-Rdflow"});
  EXPECT_TRUE(result.parsed) << result.first_error;
  EXPECT_THAT(result.diagnostics, HasSubstr("app.cpp:5:22: remark: graph 'g' is recorded as no graph of its own"));
}

TEST(Rewrite, KeepsEachLineInItsPlace) {
  const std::string snippet = "[[dflow::graph]] F g(dflow::Executor& ex,\n    int n) {\n  return ex.submit(add,\n    n + 1,\n    ex.submit(one, 2));\n}\n";
  const std::string result = rewritten(snippet);
  EXPECT_EQ(std::ranges::count(result, '\n'), std::ranges::count(snippet, '\n'));
  EXPECT_THAT(result, HasSubstr("\n    ex.submit("));
}

TEST(Rewrite, TellsWhyItCouldNotParse) {
  const FrontendResult result = run_on("#include <dflow/dflow.h>\nint x = y;\n");
  EXPECT_FALSE(result.parsed);
  EXPECT_EQ(result.first_error, "app.cpp:2:9: use of undeclared identifier 'y'");
  EXPECT_TRUE(result.files.empty());
}

TEST(Rewrite, LeavesAFileWithoutDflowUntouched) {
  const FrontendResult result = run_on("int main() {}\n");
  EXPECT_TRUE(result.parsed);
  EXPECT_FALSE(result.has_dflow);
  EXPECT_TRUE(result.files.empty());
}

}  // namespace
}  // namespace dflow::compiler::test
