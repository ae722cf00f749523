// What can be submitted.
#include <functional>
#include <numeric>

#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

struct Account {
  long balance = 10;
  long plus(int x) const { return balance + x; }
  long deposit(int x) { return balance += x; }
  long noexcept_plus(int x) const noexcept { return balance + x; }
  long consume() && { return balance; }
};

int overloaded(int x) { return x + 1; }
double overloaded(double x) { return x / 2; }

template <class T>
T twice(T x) {
  return x + x;
}

struct Functor {
  int factor = 3;
  int operator()(int x) const { return factor * x; }
};

struct Overloads {
  int operator()(int) const { return 1; }
  std::string operator()(const std::string&) const { return "text"; }
};

TEST(Callable, FunctionAndItsPointer) {
  Executor ex;
  EXPECT_EQ(ex.submit(square, 4).get(), 16);
  EXPECT_EQ(ex.submit(&square, 4).get(), 16);
  int (*const pointer)(int) noexcept = +[](int x) noexcept { return x; };
  EXPECT_EQ(ex.submit(pointer, 7).get(), 7);
}

TEST(Callable, MemberFunctionOnValuePointerAndFuture) {
  Executor ex;
  Account account;
  EXPECT_EQ(ex.submit(&Account::plus, account, 5).get(), 15);
  EXPECT_EQ(ex.submit(&Account::plus, &account, 5).get(), 15);
  EXPECT_EQ(ex.submit(&Account::plus, ex.scatter(account), 5).get(), 15);
  EXPECT_EQ(ex.submit(&Account::plus, borrow(account), 5).get(), 15);
  EXPECT_EQ(ex.submit(&Account::noexcept_plus, account, 5).get(), 15);
  EXPECT_EQ(ex.submit(&Account::plus, std::make_shared<Account>(), 5).get(), 15);
}

TEST(Callable, MutableMemberFunctionWorksOnItsOwnCopyOrOnAPointee) {
  Executor ex;
  Account account;
  const Future<Account> shared = ex.scatter(account);
  EXPECT_EQ(ex.submit(&Account::deposit, account, 5).get(), 15);
  EXPECT_EQ(ex.submit(&Account::deposit, shared, 5).get(), 15);
  EXPECT_EQ(shared.get().balance, 10);
  EXPECT_EQ(account.balance, 10);
  EXPECT_EQ(ex.submit(&Account::deposit, &account, 5).get(), 15);
  EXPECT_EQ(account.balance, 15);
  EXPECT_EQ(ex.submit(&Account::consume, account).get(), 15);
}

TEST(Callable, DataMember) {
  Executor ex;
  Account account;
  EXPECT_EQ(ex.submit(&Account::balance, account).get(), 10);
  EXPECT_EQ(ex.submit(&Account::balance, &account).get(), 10);
  EXPECT_EQ(ex.submit(&Account::balance, ex.scatter(account)).get(), 10);
}

TEST(Callable, FunctorAndLambdas) {
  Executor ex;
  const Functor functor{4};
  EXPECT_EQ(ex.submit(functor, 2).get(), 8);
  EXPECT_EQ(ex.submit(Functor{}, 2).get(), 6);
  EXPECT_EQ(ex.submit([](int x) { return -x; }, 2).get(), -2);
  EXPECT_EQ(ex.submit([k = 10](int x) mutable { return ++k * x; }, 2).get(), 22);
  EXPECT_EQ(ex.submit([](auto a, const auto& b) { return a + b; }, 1, 2.5).get(), 3.5);
}

TEST(Callable, MutableStateIsTheTasksOwn) {
  Executor ex;
  auto counter = [n = 0]() mutable { return ++n; };
  EXPECT_EQ(ex.submit(counter).get(), 1);
  EXPECT_EQ(ex.submit(counter).get(), 1);
  EXPECT_EQ(counter(), 1);
}

TEST(Callable, TemplatesAndOverloads) {
  Executor ex;
  EXPECT_EQ(ex.submit(twice<int>, 4).get(), 8);
  EXPECT_EQ(ex.submit(twice<std::string>, "ab").get(), "abab");
  EXPECT_EQ(ex.submit(static_cast<double (*)(double)>(overloaded), 4).get(), 2.0);
  EXPECT_EQ(ex.submit(static_cast<int (*)(int)>(overloaded), 4).get(), 5);
  EXPECT_EQ(ex.submit(Overloads{}, 1).get(), 1);
  EXPECT_EQ(ex.submit(Overloads{}, ex.scatter(std::string("x"))).get(), "text");
  EXPECT_EQ(ex.submit(std::plus<>(), ex.scatter(2), 3).get(), 5);
}

TEST(Callable, MoveOnlyFunctor) {
  Executor ex;
  auto f = [p = std::make_unique<int>(7)](int x) { return *p + x; };
  EXPECT_EQ(ex.submit(std::move(f), 1).get(), 8);
}

TEST(Callable, StdFunctionBindAndReference) {
  Executor ex;
  const std::function<int(int)> function = square;
  EXPECT_EQ(ex.submit(function, 5).get(), 25);
  EXPECT_EQ(ex.submit(std::bind(add, std::placeholders::_1, 10), 5).get(), 15);
  Functor functor{4};
  EXPECT_EQ(ex.submit(std::ref(functor), 2).get(), 8);
  EXPECT_THROW(ex.submit(std::function<int()>()).get(), std::bad_function_call);
}

TEST(Callable, RvalueQualifiedCallOperator) {
  struct Once {
    std::string text;
    std::string operator()() && { return std::move(text); }
  };
  Executor ex;
  EXPECT_EQ(ex.submit(Once{"once"}).get(), "once");
}

TEST(Callable, LeadingStopTokenAndExecutorAreFilledIn) {
  Executor ex;
  EXPECT_FALSE(ex.submit([](std::stop_token token, int) { return token.stop_requested(); }, 1).get());
  EXPECT_EQ(ex.submit([](Executor& inner, int x) { return inner.submit(square, x).get(); }, 5).get(), 25);
  EXPECT_EQ(ex.submit([](std::stop_token, Executor& inner, int x) { return inner.submit(square, x).get(); }, 5).get(), 25);
  EXPECT_EQ(ex.submit([](Executor& inner, const std::stop_token&) { return inner.threads() > 0; }).get(), true);
  EXPECT_TRUE(ex.submit([](std::stop_token token, auto) { return token.stop_possible(); }, 1).get());
  const std::stop_source mine;  // given explicitly, it is an argument like any other
  EXPECT_EQ(ex.submit([](std::stop_token token) { return token.stop_requested(); }, mine.get_token()).get(), false);
}

TEST(Callable, ResultsOfEveryKind) {
  Executor ex;
  static int global = 5;
  EXPECT_EQ(ex.submit([]() -> const int& { return global; }).get(), 5);
  EXPECT_EQ(*ex.submit([] { return std::make_unique<int>(3); }).get(), 3);
  EXPECT_EQ(ex.submit([] { return std::vector<bool>{true, false}; }).get().size(), 2u);
  EXPECT_NO_THROW(ex.submit([] {}).get());
  EXPECT_EQ(ex.submit([]() -> const std::string { return "const"; }).get(), "const");
  EXPECT_EQ(ex.submit([] { return std::optional<int>(); }).get(), std::nullopt);
}

TEST(Callable, ResultThatHoldsMoveOnlyElements) {
  Executor ex;
  auto future = ex.submit([] {
    std::vector<std::unique_ptr<int>> v;
    v.push_back(std::make_unique<int>(4));
    return v;
  });
  const Future<int> sum = ex.submit([](std::vector<std::unique_ptr<int>> v) { return *v.at(0); }, std::move(future));
  EXPECT_EQ(sum.get(), 4);
}

TEST(Callable, NeitherDefaultConstructibleNorAssignableResult) {
  struct Rigid {
    explicit Rigid(int v) : value(v) {}
    const int value;
  };
  Executor ex;
  EXPECT_EQ(ex.submit([](const Rigid& r) { return Rigid(r.value + 1); }, ex.submit([] { return Rigid(1); })).get().value, 2);
}

TEST(Callable, NeitherCopyableNorMovableResult) {
  struct Pinned {
    explicit Pinned(int v) : value(v) {}
    Pinned(const Pinned&) = delete;
    int value;
  };
  Executor ex;
  const auto future = ex.submit([] { return Pinned(4); });
  EXPECT_EQ(ex.submit([](const Pinned& p) { return p.value; }, future).get(), 4);
  EXPECT_EQ(future.get().value, 4);
}

TEST(Callable, OverAlignedResult) {
  struct alignas(64) Wide {
    float x[16] = {1};
  };
  Executor ex;
  for (int i = 0; i < 10; ++i) {
    const auto future = ex.submit([] { return Wide(); });
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&future.get()) % 64, 0u);
  }
}

}  // namespace
}  // namespace dflow::testing
