#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/frontend/snippet.h"

namespace dflow::compiler::test {
namespace {

struct Case {
  std::string name;
  std::string snippet;
  std::string needs;
  std::string boundaries;
};

const std::string kGraph = "[[dflow::graph]] ";

const Case kCases[] = {
    {"ValuesSteerNothing", kGraph + "F g(dflow::Executor& ex, int n) { return ex.submit(one, n * 2); }", "", ""},
    {"LoopBound", kGraph + "F g(dflow::Executor& ex, int n, int k) {\nF f = ex.submit(one, k);\nfor (int i = 0; i < n; ++i) f = ex.submit(one, f);\nreturn f; }",
     "n:value", ""},
    {"SizeOfAMappedRange", kGraph + "F g(dflow::Executor& ex, const std::vector<int>& xs) { return ex.reduce(add, ex.map(one, xs)); }",
     "xs:size", ""},
    {"ThroughLocals", kGraph + "F g(dflow::Executor& ex, int n, int k) { F f = ex.submit(one, k); int m = n; m += 1; const auto l = m * 2;\n"
     "while (m < l) { f = ex.submit(one, f); ++m; } return f; }", "n:value", ""},
    {"SizeOfALocal", kGraph + "F g(dflow::Executor& ex, const std::vector<int>& xs) { std::vector<F> v; for (int x : xs) v.push_back(ex.submit(one, x));\n"
     "while (v.size() > 1) { v.back() = ex.submit(add, v[0], v.back()); v.erase(v.begin()); } return v[0]; }", "xs:size", ""},
    {"ContentsThatSteer", kGraph + "F g(dflow::Executor& ex, const std::vector<int>& xs) { F f = ex.submit(one, 1);\n"
     "for (int x : xs) if (x > 2) f = ex.submit(one, f);\nreturn f; }", "xs:value", ""},
    {"SubscriptsOfFutures", kGraph + "F g(dflow::Executor& ex, const std::vector<F>& fs, int k) { return ex.submit(one, fs[k]); }", "fs:size k:value", ""},
    {"Helpers", "F twice(dflow::Executor& ex, F f, int m) { for (int i = 0; i < m; ++i) f = ex.submit(one, f); return f; }\n" + kGraph +
     "F g(dflow::Executor& ex, F f, int n) { return twice(ex, f, n + 1); }", "n:value", ""},
    {"Lambdas", kGraph + "F g(dflow::Executor& ex, F f, int n) { auto more = [&](int m) { if (m > 2) f = ex.submit(one, f); };\nmore(n); return f; }",
     "n:value", ""},
    {"WhatATaskPrintsIsItsOwn", kGraph + "F g(dflow::Executor& ex, int n) { return ex.submit([](int x) { std::cout << x; return x; }, n); }", "", ""},
    {"ResultsThatArePassedOn", kGraph + "int g(dflow::Executor& ex, const std::vector<int>& xs) { int t = 0; auto fs = ex.map(one, xs);\n"
     "for (auto& f : fs) t += f.get();\nreturn t; }", "xs:size", ""},
    {"LoopOnAResult", kGraph + "int g(dflow::Executor& ex, int n) { F f = ex.submit(one, n);\nwhile (f.get() < n)\n f = ex.submit(one, f);\nreturn f.get(); }",
     "n:value", "2: the loop's condition reads get()"},
    {"MembersByThemselves", "struct S { int n = 0, best = 0; std::vector<F> fs; };\n" + kGraph +
     "F g(dflow::Executor& ex, int n) { S s; s.n = n; for (int i = 0; i < s.n; ++i) s.fs.push_back(ex.submit(one, i));\ns.best = s.fs[0].get();\n"
     "for (int i = 0; i < s.n; ++i) s.fs[0] = ex.submit(add, s.fs[0], s.best);\nreturn s.fs[0]; }", "n:value", ""},
    {"MembersOfAParameter", "struct S { int n = 0, best = 0; };\n" + kGraph +
     "F g(dflow::Executor& ex, F f, const S& s) { for (int i = 0; i < s.n; ++i) f = ex.submit(one, f);\nreturn ex.submit(add, f, s.best); }", "s.n:value", ""},
    {"AParameterAsAWhole", "struct S { int n = 0, best = 0; };\nint rounds(const S& s) { return s.n; }\n" + kGraph +
     "F g(dflow::Executor& ex, F f, const S& s) { for (int i = s.n; i < rounds(s); ++i) f = ex.submit(one, f);\nreturn f; }", "s:value", ""},
    {"MembersThatAHelperMayMix", "struct S { int n = 0, best = 0; };\nvoid keep(S& s) { s.n = s.best; }\n" + kGraph +
     "F g(dflow::Executor& ex, F f) { S s;\ns.best = f.get(); keep(s);\nfor (int i = 0; i < s.n; ++i) f = ex.submit(one, f);\nreturn f; }", "",
     "5: the loop's condition reads get()"},
    {"MembersByReference", "struct S { int n = 0, best = 0; };\n" + kGraph +
     "F g(dflow::Executor& ex, F f) { S s; int& n = s.n;\nn = f.get();\nfor (int i = 0; i < s.n; ++i) f = ex.submit(one, f);\nreturn f; }", "",
     "4: the loop's condition reads get()"},
    {"CoAwait", kGraph + "F g(dflow::Executor& ex, F f, int n) {\nif (n > 2) f = ex.submit(one, f);\nco_return co_await f; }", "n:value", "3: suspends on co_await"},
    {"BranchOnAResultOfALocal", kGraph + "F g(dflow::Executor& ex, int n) { F f = ex.submit(one, n); int v = f.get(); bool big = v > 3;\nif (big) f = ex.submit(one, f);\nreturn f; }",
     "", "2: the condition of an if reads get()"},
    {"SubscriptByAResult", kGraph + "F g(dflow::Executor& ex, const std::vector<F>& fs) { return ex.submit(one,\nfs[fs[0].get()]); }", "fs:size",
     "2: a subscript reads get()"},
    {"HelperThatAsksDone", "bool ready(const F& f) { return f.done(); }\n" + kGraph + "F g(dflow::Executor& ex, F f) {\nif (ready(f)) return f;\nreturn ex.submit(one, f); }",
     "", "3: the condition of an if reads done()"},
    {"Output", kGraph + "F g(dflow::Executor& ex, int n) {\nstd::cout << n;\nreturn ex.submit(one, n); }", "", "2: writes to std::cout"},
    {"Files", kGraph + "F g(dflow::Executor& ex, int n) {\nstd::ofstream out(\"x\");\nreturn ex.submit(one, n); }", "", "2: uses std::basic_ofstream"},
    {"OpaqueWithFutures", "void log_state(const std::vector<F>& fs);\n" + kGraph + "void g(dflow::Executor& ex, const std::vector<int>& xs) { auto fs = ex.map(one, xs);\nlog_state(fs); }",
     "xs:size", "3: calls 'log_state', whose body is not visible, with futures"},
    {"OpaqueThatSteers", "int blocks(int n);\n" + kGraph + "F g(dflow::Executor& ex, F f, int n) {\nfor (int i = 0; i < blocks(n); ++i) f = ex.submit(one, f);\nreturn f; }",
     "n:value", "3: the loop's condition reads 'blocks', whose body is not visible"},
    {"PureThatSteers", "[[dflow::pure]] int blocks(int n);\n" + kGraph + "F g(dflow::Executor& ex, F f, int n) { for (int i = 0; i < blocks(n); ++i) f = ex.submit(one, f); return f; }",
     "n:value", ""},
    {"MutableGlobalThatSteers", "int level;\n" + kGraph + "F g(dflow::Executor& ex, F f) {\nif (level > 1) f = ex.submit(one, f);\nreturn f; }", "",
     "3: the condition of an if reads 'level', which is global and mutable"},
    {"ConstantThatSteers", "constexpr int level = 3;\n" + kGraph + "F g(dflow::Executor& ex, F f) { if (level > 1) f = ex.submit(one, f); return f; }", "", ""},
    {"StaticOfTheFirstCall", kGraph + "F g(dflow::Executor& ex, F f, int n) {\nstatic const int first = n;\nif (first > 1) f = ex.submit(one, f);\nreturn f; }", "",
     "3: the condition of an if reads 'g::first', which keeps the value of the first call"},
    {"StaticOfTheFirstCallInAHelper", "int limit(int n) { static const auto& first = *new int(n); return first; }\n" + kGraph + "F g(dflow::Executor& ex, F f, int n) {\nif (limit(n) > 1) f = ex.submit(one, f);\nreturn f; }", "",
     "3: the condition of an if reads 'limit::first', which keeps the value of the first call"},
    {"StaticTable", kGraph + "F g(dflow::Executor& ex, F f, int n) { static const auto sizes = [] { std::vector<int> all; all.push_back(3); return all; }();\nfor (int i = 0; i < sizes[0] + n; ++i) f = ex.submit(one, f);\nreturn f; }", "n:value", ""},
    {"WritesAGlobal", "std::vector<F> kept;\n" + kGraph + "void g(dflow::Executor& ex, int n) {\nkept.push_back(ex.submit(one, n)); }", "",
     "3: writes to 'kept', which is global"},
    {"CountsInAGlobal", "int calls = 0;\n" + kGraph + "F g(dflow::Executor& ex, int n) {\n++calls;\nreturn ex.submit(one, n); }", "",
     "3: writes to 'calls', which is global"},
    {"PrintsAResult", kGraph + "void g(dflow::Executor& ex, int n) {\nstd::cout << ex.submit(one, n).get(); }", "", "2: writes to std::cout"},
    {"StdFunction", kGraph + "F g(dflow::Executor& ex, F f, int n) { std::function<F(int)> down = [&](int m) { return m == 0 ? f : ex.submit(add, down(m - 1), f); };\nreturn down(n); }",
     "n:value", ""},
    {"CountsInAConstructor", "int made = 0; struct Tick { Tick() { ++made; } };\n" + kGraph + "F g(dflow::Executor& ex, int n) {\nTick tick;\nreturn ex.submit(one, n); }",
     "", "1: writes to 'made', which is global"},
    {"CountsInAMemberOfAMember", "int made = 0; struct Tick { int id = ++made; }; struct Two { Tick a, b; };\n" + kGraph +
     "F g(dflow::Executor& ex, int n) {\nTwo two;\nreturn ex.submit(one, n); }", "", "1: writes to 'made', which is global"},
    {"CountsInADestructor", "int ended = 0; struct Bell { ~Bell() { ++ended; } };\n" + kGraph + "F g(dflow::Executor& ex, int n) {\nstd::vector<Bell> bells(2);\nreturn ex.submit(one, n); }",
     "", "1: writes to 'ended', which is global"},
    {"CountsInADefaultArgument", "int asked = 0; int fresh(int number = ++asked) { return number; }\n" + kGraph + "F g(dflow::Executor& ex, F f) {\nif (fresh() > 2) f = ex.submit(one, f);\nreturn f; }",
     "", "1: writes to 'asked', which is global; 3: the condition of an if reads 'asked', which is global and mutable"},
    {"CountsInAnOperator", "int steps = 0; struct S { S operator+(S) const { ++steps; return {}; } };\n" + kGraph + "F g(dflow::Executor& ex, int n) {\nS{} + S{};\nreturn ex.submit(one, n); }",
     "", "1: writes to 'steps', which is global"},
    {"WhatAnObjectWasMadeOf", "struct Config { int count; explicit Config(int n) : count(n * 2) {} };\n" + kGraph +
     "F g(dflow::Executor& ex, F f, int n, int k) { Config c(n); Config d(k); for (int i = 0; i < c.count; ++i) f = ex.submit(add, f, d.count);\nreturn f; }",
     "n:value", ""},
    {"FailureThatIsCaught", kGraph + "F g(dflow::Executor& ex, F f, int n) {\ntry {\nf.get();\n} catch (...) { f = ex.submit(one, n); }\nreturn f; }", "",
     "3: a catch around it reads get()"},
    {"FailureThatIsPassedOn", kGraph + "int g(dflow::Executor& ex, F f, int n) { try { return f.get(); } catch (...) { n = 0; throw; } }", "", ""},
    {"FailureInAHelper", "int value(const F& f) { return f.get(); }\n" + kGraph + "F g(dflow::Executor& ex, F f, int n) {\ntry {\nvalue(f);\n} catch (...) { f = ex.submit(one, n); }\nreturn f; }",
     "", "4: a catch around it reads get()"},
    {"IteratorsCount", kGraph + "F g(dflow::Executor& ex, const std::vector<int>& xs, F f) { for (auto it = xs.begin(); it != xs.end(); ++it) f = ex.submit(add, f, *it);\nreturn f; }",
     "xs:size", ""},
    {"IteratorsReach", kGraph + "F g(dflow::Executor& ex, const std::vector<int>& xs, int k, F f) { auto it = std::begin(xs); it += k; for (; xs.end() - it > 1; it = std::next(it)) f = ex.submit(add, f, *it);\nreturn f; }",
     "xs:size k:value", ""},
    {"ElementsThatSteer", kGraph + "F g(dflow::Executor& ex, const std::vector<int>& xs, F f) { for (auto it = xs.begin(); it != xs.end(); ++it) if (*it > 1) f = ex.submit(one, f);\nreturn f; }",
     "xs:value", ""},
    {"HalfOfARange", kGraph + "std::vector<F> g(dflow::Executor& ex, const std::vector<int>& xs) { const std::vector<int> half(xs.begin(), xs.begin() + std::distance(xs.begin(), xs.end()) / 2); return ex.map(one, half); }",
     "xs:size", ""},
    {"Algorithms", kGraph + "void g(dflow::Executor& ex, const std::vector<int>& xs) { std::for_each(xs.begin(), xs.end(), [&](int x) { ex.submit(one, x); }); }",
     "xs:size", ""},
    {"CapturesOfATask", kGraph + "std::vector<F> g(dflow::Executor& ex, const std::vector<int>& xs, int k, int m) { const auto plus = [m](int x) { return x + m; };\n"
     "std::vector<F> all = ex.map([k](int x) { return x + k; }, xs); all.push_back(ex.submit(plus, 1)); return {ex.reduce(add, all)}; }", "xs:size", ""},
    {"SizeOfAChangedContainer", kGraph + "F g(dflow::Executor& ex, std::vector<int> xs, F f) { int& first = xs[0]; first += 2; for (int x : xs) f = ex.submit(add, f, x);\nreturn f; }",
     "xs:size", ""},
    {"ThroughAReferenceInAnObject", "struct Ref { int& to; void set(int v) const { to = v; } };\n" + kGraph +
     "F g(dflow::Executor& ex, F f) { int left = 2; const Ref ref{left}; ref.set(f.get());\nwhile (left-- > 0) f = ex.submit(one, f);\nreturn f; }", "",
     "3: the loop's condition reads get()"},
    {"ThroughAPointerInAContainer", kGraph + "F g(dflow::Executor& ex, F f) { int left = 2; const std::vector<int*> all{&left}; *all[0] = f.get();\nwhile (left-- > 0) f = ex.submit(one, f);\nreturn f; }", "",
     "2: the loop's condition reads get()"},
    {"RangesThatAreInserted", kGraph + "F g(dflow::Executor& ex, F f, const std::vector<int>& xs) { std::vector<int> v; v.insert(v.end(), xs.begin(), xs.end()); for (int x : v) f = ex.submit(add, f, x);\nreturn f; }",
     "xs:size", ""},
    {"AlgorithmsThatChoose", kGraph + "F g(dflow::Executor& ex, F f, const std::vector<int>& xs, int k) { std::vector<int> v; std::copy_if(xs.begin(), xs.end(), std::back_inserter(v), [k](int x) { return x > k; });\n"
     "for (int x : v) f = ex.submit(add, f, x);\nreturn f; }", "xs:value k:value", ""},
    {"Gathers", kGraph + "F g(dflow::Executor& ex, const std::vector<int>& xs) { const auto values = ex.gather(ex.map(one, xs)); return ex.submit(sum, values); }",
     "xs:size", ""},
    {"GathersWhatSteers", kGraph + "F g(dflow::Executor& ex, F f, const std::vector<int>& xs) {\nfor (int x : ex.gather(ex.map(one, xs)))\nif (x > 1) f = ex.submit(one, f);\nreturn f; }",
     "xs:size", "3: the condition of an if reads gather()"},
    {"WaitsForAll", kGraph + "F g(dflow::Executor& ex, F f, const std::vector<F>& fs) { dflow::wait(fs); f.wait(); return ex.reduce(add, dflow::wait(fs, dflow::When::all).done); }",
     "fs:size", ""},
    {"WaitsForOne", kGraph + "F g(dflow::Executor& ex, const std::vector<F>& fs) {\nconst auto some = dflow::wait(fs, dflow::When::first);\nreturn ex.submit(one, fs[0]); }",
     "fs:size", "2: the result of wait() is used at once"},
    {"OpaqueMemberOfAnObjectWithFutures", "struct Rows { std::vector<F> all; void turn(); };\n" + kGraph +
     "F g(dflow::Executor& ex, int n) { Rows rows;\nfor (int i = 0; i < n; ++i) rows.all.push_back(ex.submit(one, i));\nrows.turn();\nreturn rows.all[0]; }",
     "n:value", "4: calls 'Rows::turn', whose body is not visible, with futures"},
    {"OpaqueConstMember", "struct Rows { std::vector<F> all; int total() const; };\n" + kGraph +
     "F g(dflow::Executor& ex, int n) { Rows rows{{ex.submit(one, n)}};\nrows.total();\nreturn rows.all[0]; }",
     "", "3: calls 'Rows::total', whose body is not visible, with futures"},
    {"OpaqueMemberOfAnObjectWithAnExecutor", "struct Maker { dflow::Executor& ex; void make(int n); };\n" + kGraph +
     "F g(dflow::Executor& ex, int n) { Maker maker{ex};\nmaker.make(n);\nreturn ex.submit(one, n); }",
     "", "3: calls 'Maker::make', whose body is not visible, with futures"},
    {"OpaqueFunctionThatGivesFutures", "F made(int n);\n" + kGraph +
     "F g(dflow::Executor& ex, int n) {\nF f = made(n);\nreturn ex.submit(one, f); }", "", "3: calls 'made', whose body is not visible, which gives futures"},
    {"UnknownFunctionThatGivesFutures", kGraph +
     "F g(dflow::Executor& ex, std::vector<F> (*made)(int)) {\nfor (auto& f : made(1)) ex.submit(one, f);\nreturn ex.submit(one, 2); }",
     "", "2: calls a function that is only known at run time, which gives futures"},
    {"OpaqueConstructor", "struct Keeper { explicit Keeper(const F& f); int sum = 0; };\n" + kGraph +
     "F g(dflow::Executor& ex, int n) { F f = ex.submit(one, n);\nKeeper keeper(f);\nreturn ex.submit(one, f); }",
     "", "3: calls 'Keeper::Keeper', whose body is not visible, with futures"},
    {"OpaqueDestructor", "struct Ender { F f; ~Ender(); };\n" + kGraph +
     "F g(dflow::Executor& ex, int n) { F f = ex.submit(one, n);\n{ Ender ender{f}; }\nreturn ex.submit(one, f); }",
     "", "3: ends an object by 'Ender::~Ender', whose body is not visible, with futures"},
    {"OpaqueDestructorWithoutFutures", "struct Bell { ~Bell(); };\n" + kGraph +
     "F g(dflow::Executor& ex, int n) { F f = ex.submit(one, n);\n{ Bell bell; }\nreturn ex.submit(one, f); }", "", ""},
    {"OpaqueFunctionForAnAlgorithm", "void look(const F& f);\n" + kGraph +
     "F g(dflow::Executor& ex, const std::vector<int>& xs) { auto fs = ex.map(one, xs);\nstd::for_each(fs.begin(), fs.end(), look);\nreturn fs[0]; }",
     "xs:size", "3: has 'look', whose body is not visible, called with futures"},
    {"OpaqueFunctorForAnAlgorithm", "struct Look { void operator()(const F& f) const; };\n" + kGraph +
     "F g(dflow::Executor& ex, const std::vector<int>& xs) { auto fs = ex.map(one, xs);\nstd::for_each(fs.begin(), fs.end(), Look{});\nreturn fs[0]; }",
     "xs:size", "3: has 'Look::operator()', whose body is not visible, called with futures"},
    {"UnknownFunctionForAnAlgorithm", kGraph +
     "F g(dflow::Executor& ex, const std::vector<int>& xs, void (*look)(const F&)) { auto fs = ex.map(one, xs);\nstd::for_each(fs.begin(), fs.end(), look);\nreturn fs[0]; }",
     "xs:size", "2: has a function that is only known at run time, called with futures"},
    {"FunctionThatPrintsForAnAlgorithm", "void print(const F& f) { std::cout << f.get(); }\n" + kGraph +
     "F g(dflow::Executor& ex, const std::vector<int>& xs) { auto fs = ex.map(one, xs);\nstd::for_each(fs.begin(), fs.end(), print);\nreturn fs[0]; }",
     "xs:size", "1: writes to std::cout"},
    {"FunctionThatPrintsInAStdFunction", "void hello(int n) { std::cout << n; }\n" + kGraph +
     "F g(dflow::Executor& ex, int n) { const std::function<void(int)> f = hello;\nf(n);\nreturn ex.submit(one, n); }", "n:value", "1: writes to std::cout"},
    {"TasksThatPrintAreOnlyNamed", "int loud(int n) { std::cout << n; return n; }\n" + kGraph +
     "F g(dflow::Executor& ex, int n) { const auto both = std::make_pair(&loud, &one);\nreturn ex.submit(both.first, n); }", "", ""},
    {"NamedFunctionThatSubmits", "dflow::Executor& mine();\nvoid start(int x) { mine().submit(one, x); }\n" + kGraph +
     "F g(dflow::Executor& ex, const std::vector<int>& xs) {\nstd::for_each(xs.begin(), xs.end(), start);\nreturn ex.submit(one, 1); }", "xs:size", ""},
    {"ArgumentsThatChangeWhatALambdaCaptured", kGraph + "F g(dflow::Executor& ex, F f, int n) { std::vector<int> seen; auto note = [&](int x) { seen.push_back(x); return x; };\n"
     "for (int i = 0; i < n; ++i) f = ex.submit(add, f, note(i)); for (int x : seen) f = ex.submit(add, f, x);\nreturn f; }", "n:value", ""},
    {"ArgumentsThatChangeThroughAPointerByAResult", "int keep(int* to, int x) { *to = x; return x; }\n" + kGraph +
     "F g(dflow::Executor& ex, F f) { int left = 2;\nf = ex.submit(one, keep(&left, f.get()));\nwhile (left-- > 0) f = ex.submit(one, f);\nreturn f; }", "",
     "4: the loop's condition reads get()"},
    {"ArgumentsThatOnlyLookAtWhatALambdaCaptured", kGraph + "F g(dflow::Executor& ex, F f, const std::vector<int>& xs, int k) { auto look = [&](std::size_t i) { int most = 0; for (int x : xs) most = x > most ? x : most; return most / xs[i] + k; };\n"
     "return ex.submit(add, f, look(2)); }", "", ""},
    {"ArgumentsThatThrowIntoAHandler", "int positive(int x) { if (x < 0) throw x; return x; }\n" + kGraph +
     "F g(dflow::Executor& ex, F f, int n, int k) { try { f = ex.submit(add, f, k + 1); f = ex.submit(add, f, positive(n)); } catch (int) { f = ex.submit(one, f); }\nreturn f; }", "n:value", ""},
    {"ArgumentsOfAHelperThatThrowIntoAHandler", "int positive(int x) { if (x < 0) throw x; return x; }\nF more(dflow::Executor& ex, F f, int n) {\nreturn ex.submit(add, f, positive(n)); }\n" + kGraph +
     "F g(dflow::Executor& ex, F f, int n) { try { f = more(ex, f, n); } catch (int) { f = ex.submit(one, f); }\nreturn f; }", "", "4: a catch around it reads an argument that may throw"},
    {"ArgumentsThatThrowOutOfTheGraph", "int positive(int x) { if (x < 0) throw x; return x; }\n" + kGraph + "F g(dflow::Executor& ex, F f, int n) { return ex.submit(add, f, positive(n)); }", "", ""},
    {"CancelThatSteers", kGraph + "F g(dflow::Executor& ex, F f) {\nconst bool gone = f.cancel();\nreturn gone ? ex.submit(one, 1) : ex.submit(one, 2); }", "",
     "3: the condition of a ?: reads cancel()"},
    {"CancelOnly", kGraph + "F g(dflow::Executor& ex, F f) { f.cancel(); return ex.submit(one, 1); }", "", ""},
    {"TaskThatWritesALocal", kGraph + "F g(dflow::Executor& ex, F f, int n) { int count = 0;\nauto done = ex.submit([&count, n] { count = n; });\ndone.wait(); while (count-- > 0) f = ex.submit(one, f);\nreturn f; }", "",
     "3: the loop's condition reads what a task may change"},
    {"TaskThatWritesThroughAPointer", "void put(int* to, int x) { *to = x; }\n" + kGraph + "F g(dflow::Executor& ex, F f, int n) { int count = 0;\nex.submit(put, &count, n).wait(); while (count-- > 0) f = ex.submit(one, f);\nreturn f; }", "",
     "3: the loop's condition reads what a task may change"},
    {"TaskThatWritesThroughACaptureThatIsMade", kGraph + "F g(dflow::Executor& ex, F f) { std::vector<int> counts(1);\nex.submit([to = counts.data()] { to[0] = 2; }).wait();\nfor (int x : counts) if (x > 1) f = ex.submit(one, f);\nreturn f; }", "",
     "3: the condition of an if reads what a task may change"},
    {"TaskThatWritesInAHelper", "void start(dflow::Executor& ex, int* to) {\nex.submit([to] { *to = 2; }).wait(); }\n" + kGraph + "F g(dflow::Executor& ex, F f) { int count = 0; start(ex, &count);\nwhile (count-- > 0) f = ex.submit(one, f);\nreturn f; }", "",
     "4: the loop's condition reads what a task may change"},
    {"TaskThatWritesASharedObject", kGraph + "F g(dflow::Executor& ex, F f) { auto count = std::make_shared<int>(0);\nex.submit([](std::shared_ptr<int> to) { *to = 3; }, count).wait();\nwhile ((*count)-- > 0) f = ex.submit(one, f);\nreturn f; }", "",
     "3: the loop's condition reads what a task may change"},
    {"GenericCallbackThatWritesALocal", kGraph + "F g(dflow::Executor& ex, F f) { int count = 0;\nf.on_done([&](auto&&...) { count = 3; });\nf.wait(); while (count-- > 0) f = ex.submit(one, f);\nreturn f; }", "",
     "3: the loop's condition reads what a task may change"},
    {"CallbackThatWritesALocal", kGraph + "F g(dflow::Executor& ex, F f) { int count = 0;\nf.on_done([&] { count = 3; });\nf.wait(); while (count-- > 0) f = ex.submit(one, f);\nreturn f; }", "",
     "3: the loop's condition reads what a task may change"},
    {"TasksThatWriteElements", kGraph + "F g(dflow::Executor& ex, int n) { std::vector<int> out(n); std::vector<dflow::Future<void>> fs; for (std::size_t i = 0; i < out.size(); ++i) fs.push_back(ex.submit([&out, i] { out[i] = 3; }));\n"
     "dflow::wait(fs); return ex.submit(sum, out); }", "n:value", ""},
    {"TasksThatReadThroughAPointer", "int first(int* from) { return from[0]; }\n" + kGraph + "F g(dflow::Executor& ex, F f, int n) { int count = n; f = ex.submit(first, &count); while (count-- > 0) f = ex.submit(one, f);\nreturn f; }", "n:value", ""},
    {"FunctionThatMayBeOverridden", "struct Plan { virtual ~Plan() = default; virtual int rounds() const { return 2; } };\n" + kGraph +
     "F g(dflow::Executor& ex, F f, const Plan& plan) {\nfor (int i = 0; i < plan.rounds(); ++i) f = ex.submit(one, f);\nreturn f; }", "plan:value",
     "3: the loop's condition reads 'Plan::rounds', which may be overridden"},
    {"AsTheyEnd", kGraph + "F g(dflow::Executor& ex, const std::vector<F>& fs) { int t = 0; for (auto& f : dflow::as_completed(fs)) t += f.get();\nreturn ex.submit(one, t); }",
     "fs:size", ""},
    {"OrderOfEndsThatSteers", kGraph + "F g(dflow::Executor& ex, F last, const std::vector<F>& fs) {\nfor (auto& f : dflow::as_completed(fs))\nlast = ex.submit(add, last, f);\nreturn last; }",
     "fs:size", "3: a task's argument depends on as_completed()"},
};
TEST(Replicable, IsProvedOrDeniedWithTheReason) {
  std::vector<std::string> snippets;
  for (const Case& one : kCases) snippets.push_back(one.snippet);
  const std::vector<formats::Graph> graphs = graphs_of(snippets);
  for (std::size_t i = 0; i < graphs.size(); ++i) {
    SCOPED_TRACE(kCases[i].name);
    EXPECT_EQ(needs_of(graphs[i]), kCases[i].needs);
    EXPECT_EQ(boundaries_of(graphs[i]), kCases[i].boundaries);
    EXPECT_EQ(graphs[i].replicable, kCases[i].boundaries.empty());
  }
}

TEST(Plan, HoldsNodesWithLoopsAndGuards) {
  const formats::Graph graph = graph_of(
      "F last(dflow::Executor& ex, F f) { return ex.submit(one, f); }\n"
      "[[dflow::graph]] F g(dflow::Executor& ex, int n, F f) {\n"
      "for (int i = 0; i < n; ++i)\n  if (i > 2) f = ex.submit(add, f, i);\nreturn last(ex, f); }");
  ASSERT_EQ(graph.segments.size(), 1U);
  ASSERT_EQ(graph.segments[0].nodes.size(), 2U);
  const formats::Node& node = graph.segments[0].nodes[0];
  EXPECT_EQ(node.task, "add");
  EXPECT_EQ(node.loops, std::vector<std::string>{"i"});
  EXPECT_EQ(node.guards, 1U);
  EXPECT_EQ(node.arguments, (std::vector<formats::Argument>{{formats::ArgumentKind::future, "f"}, {formats::ArgumentKind::value, "i"}}));
  EXPECT_EQ(graph.segments[0].nodes[1].task, "one");
}

TEST(Plan, CutsSegmentsAtBoundaries) {
  const formats::Graph graph = graph_of(
      "[[dflow::graph]] F g(dflow::Executor& ex, int n) {\nF f = ex.submit(one, n);\nif (f.get() > 2)\n  f = ex.submit(add, f, f);\nreturn f; }");
  ASSERT_EQ(graph.segments.size(), 2U);
  EXPECT_EQ(graph.segments[0].nodes[0].task, "one");
  EXPECT_EQ(graph.segments[1].nodes[0].task, "add");
}

/// "load | add fin": tasks by segments.
std::string tasks_of(const formats::Graph& graph) {
  std::string all;
  for (const formats::Segment& segment : graph.segments) {
    if (&segment != &graph.segments.front()) all += "| ";
    for (const formats::Node& node : segment.nodes) all += node.task.substr(node.task.rfind(':') + 1) + " ";
  }
  return all;
}

struct Cut {
  std::string name;
  std::string snippet;
  std::string segments;
};
const std::string kTell = "void tell(F f) {\nstd::cout << f.get(); }\n";
const std::string kMiddle = "F middle(dflow::Executor& ex, F f) {\nF a = ex.submit(one, f);\nstd::cout << 1;\nreturn ex.submit(two, a); }\n";
const Cut kCuts[] = {
    {"InItsOwnText", kGraph + "F g(dflow::Executor& ex, int n) {\nF f = ex.submit(one, n);\nstd::cout << n;\nreturn ex.submit(two, f); }", "one | two "},
    {"InAHelper", kTell + kGraph + "F g(dflow::Executor& ex, int n) {\nF f = ex.submit(one, n);\ntell(f);\nreturn ex.submit(two, f); }", "one | two "},
    {"AmongAHelpersTasks", kMiddle + kGraph + "F g(dflow::Executor& ex, int n) {\nF f = ex.submit(one, n);\nf = middle(ex, f);\nf = middle(ex, f);\nreturn ex.submit(add, f, f); }",
     "one one | two one | two add "},
    {"BehindTheSubmitThatIsPrinted", kGraph + "F g(dflow::Executor& ex, int n) {\nF f = ex.submit(one, n);\nstd::cout << ex.submit(two, f).get();\nreturn ex.submit(add, f, f); }",
     "one two | add "},
    {"BeforeTheTaskThatTakesWhatComesThroughAHelper", "F seen(F f) {\nstd::cout << f.get();\nreturn f; }\n" + kGraph +
     "F g(dflow::Executor& ex, int n) {\nF f = ex.submit(one, n);\nreturn ex.submit(add, f, seen(f)); }", "one | add "},
    {"BeforeTheTaskThatTakesAnAnswer", kGraph +
     "F g(dflow::Executor& ex, int n) {\nF f = ex.submit(one, n);\nstd::vector<F> fs = {f, f};\nreturn ex.submit(add, f, fs[std::cin.get()]); }", "one | add "},
    {"InABranch", kTell + kGraph + "F g(dflow::Executor& ex, int n) {\nF f = ex.submit(one, n);\nif (n > 2) {\nf = ex.submit(two, f);\ntell(f);\nf = ex.submit(one, f);\n}\nreturn ex.submit(two, f); }",
     "one | two | one | two "},
    {"InALoop", kTell + kGraph + "F g(dflow::Executor& ex, int n) {\nF f = ex.submit(one, n);\nfor (int i = 0; i < n; ++i) {\ntell(f);\nf = ex.submit(two, f);\n}\nreturn ex.submit(one, f); }",
     "one | two | one "},
    {"ByAnAlgorithm", kTell + kGraph + "F g(dflow::Executor& ex, int n) {\nstd::vector<F> fs = {ex.submit(one, n)};\nstd::for_each(fs.begin(), fs.end(), tell);\nreturn ex.submit(two, fs[0]); }",
     "one | two "},
    {"NotWhereALambdaIsWritten", kGraph + "F g(dflow::Executor& ex, int n) {\nF f = ex.submit(one, n);\nconst auto say = [&] {\nstd::cout << n;\n};\nf = ex.submit(two, f);\nsay();\nreturn ex.submit(one, f); }",
     "one two | one "},
    {"InWhatIsNotFollowed", kMiddle + kGraph + "F g(dflow::Executor& ex, int n) {\nF f = ex.submit(one, n);\nfor (int i = 0; i * i < n; ++i)\n f = middle(ex, f);\nreturn ex.submit(add, f, f); }",
     "one | one | two | add "},
};

TEST(Plan, CutsSegmentsAtBoundariesInWhatIsCalled) {
  std::vector<std::string> snippets;
  for (const Cut& each : kCuts) snippets.push_back("int two(int x) { return x; }\n" + each.snippet);
  const std::vector<formats::Graph> graphs = graphs_of(snippets);
  for (std::size_t i = 0; i < graphs.size(); ++i) {
    SCOPED_TRACE(kCuts[i].name);
    EXPECT_EQ(tasks_of(graphs[i]), kCuts[i].segments);
    EXPECT_FALSE(graphs[i].boundaries.empty());
  }
}

/// Helpers each of which calls the one before twice: h0 is entered 2^depth times.
std::string doubling(int depth, const std::string& first) {
  std::string text = "F h0(dflow::Executor& ex, F f) { " + first + " }\n";
  for (int i = 1; i <= depth; ++i) {
    const std::string inner = "h" + std::to_string(i - 1);
    text += "F h" + std::to_string(i) + "(dflow::Executor& ex, F f) { return " + inner + "(ex, " + inner + "(ex, f)); }\n";
  }
  return text + "[[dflow::graph]] F g(dflow::Executor& ex) { return h" + std::to_string(depth) + "(ex, ex.submit(one, 1)); }";
}

TEST(Plan, SaysThatThereAreMoreNodesThanItLists) {
  const auto graphs = graphs_of({doubling(3, "return ex.submit(one, f);"), doubling(14, "return ex.submit(one, f);")});
  EXPECT_FALSE(graphs[0].abridged);
  EXPECT_TRUE(graphs[1].abridged);
  EXPECT_EQ(graphs[1].segments[0].nodes.size(), 10'000U);
}

/// One of two futures, by the first of `length` conditions that holds.
std::string choice(int length) {
  std::string text = "[[dflow::graph]] F g(dflow::Executor& ex, int n) { F a = ex.submit(one, 1), b = ex.submit(one, 2); return ex.submit(one, ";
  for (int i = 0; i < length; ++i) text += "n == " + std::to_string(i) + (i % 2 == 0 ? " ? a : " : " ? b : ");
  return text + "a); }";
}

TEST(Plan, FollowsChoicesUpToALength) {
  const auto graphs = graphs_of({choice(20), choice(400)});
  EXPECT_EQ(graphs[0].tier, 1U);
  EXPECT_EQ(graphs[1].tier, 2U);
  EXPECT_THAT(graphs[1].not_affine, testing::HasSubstr("there is too much to choose from"));
}

TEST(Plan, RefusesToExpandWhatCannotBeCalled) {
  const auto graphs = graphs_of(
      {"static F h(dflow::Executor& ex) { return ex.submit(one, 1); }\n"
       "namespace { [[dflow::graph]] F g(dflow::Executor& ex) { return h(ex); } }",
       "struct Hard { explicit Hard(int); };\n"
       "[[dflow::graph]] F g(dflow::Executor& ex, const Hard&) { return ex.submit(one, 1); }",
       "class C { [[dflow::graph]] F g(dflow::Executor& ex) { return ex.submit(one, 1); } };"});
  EXPECT_TRUE(graphs[0].expandable);
  EXPECT_FALSE(graphs[1].expandable);
  EXPECT_FALSE(graphs[2].expandable);
}

TEST(Plan, TellsInternalGraphsOfSeveralFilesApart) {
  const auto graphs = graphs_of({"[[dflow::graph]] static F g(dflow::Executor& ex) { return ex.submit(one, 1); }",
                                 "namespace { [[dflow::graph]] F g(dflow::Executor& ex) { return ex.submit(one, 1); } }",
                                 "[[dflow::graph]] inline F g(dflow::Executor& ex) { return ex.submit(one, 1); }"});
  EXPECT_EQ(graphs[0].entry, "app.cpp:case_0::g");
  EXPECT_EQ(graphs[1].entry, "app.cpp:case_1::g");
  EXPECT_EQ(graphs[2].entry, "");
}

TEST(Skeleton, SkipsWhatSteersNothingAndStopsAtWhatDoes) {
  const std::string text = rewritten(
      "[[dflow::graph]] int g(dflow::Executor& ex, int n) {\nF f = ex.submit(one, n);\nf.get();\nif (f.get() > 2) return 1;\nstd::cout << n;\nreturn 2; }\n");
  EXPECT_THAT(text, testing::HasSubstr("\nf.get(::dflow::detail::unsteered);\n"));
  EXPECT_THAT(text, testing::HasSubstr("if (::dflow::detail::boundary<\"app.cpp\", "));
  EXPECT_THAT(text, testing::HasSubstr("\"writes to std::cout\">(), std::cout << n;"));
}

TEST(Skeleton, StopsBehindTheSubmitThatIsAsked) {
  const std::string text = rewritten(
      "[[dflow::graph]] int g(dflow::Executor& ex, int n) {\nif (ex.submit(one, n).get() > 2) return 1;\nstd::cout << ex.submit(one, n).done();\nreturn 2; }\n");
  EXPECT_THAT(text, testing::ContainsRegex("if \\(::dflow::detail::boundary<[^>]*>\\(ex.submit\\(.*, one, n\\)\\).get\\(\\) > 2"));
  EXPECT_THAT(text, testing::ContainsRegex("std::cout << ::dflow::detail::boundary<[^>]*>\\(ex.submit"));
}

}  // namespace
}  // namespace dflow::compiler::test
