// co_await, and coroutines that return a Future.
#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

Future<int> sum_of_squares(Executor& ex, int a, int b) {
  const int x = co_await ex.submit(square, a);
  const int y = co_await ex.submit(square, b);
  co_return x + y;
}

Future<void> set_when_ready(Future<int> input, std::atomic<int>& out) { out = co_await input; }

Future<std::string> catches(Future<int> input) {
  try {
    co_await input;
  } catch (const std::domain_error& error) {
    co_return error.what();
  }
  co_return "no error";
}

Future<int> rethrows(Future<int> input) { co_return co_await input; }

Future<int> adds_up(Executor& ex, int n) {
  int total = 0;
  for (int i = 0; i < n; ++i) total += co_await ex.submit(square, 1);
  co_return total;
}

TEST(Coroutine, AwaitsTasks) {
  Executor ex;
  EXPECT_EQ(sum_of_squares(ex, 3, 4).get(), 25);
}

TEST(Coroutine, StartsAtOnceAndEndsWithTheAwaited) {
  Executor ex;
  std::atomic<int> out{0};
  Promise<int> promise;
  const Future<void> done = set_when_ready(promise.future(), out);
  EXPECT_FALSE(done.done());
  promise.set_value(6);
  done.get();
  EXPECT_EQ(out, 6);
}

TEST(Coroutine, ExceptionsComeOutOfTheAwait) {
  Executor ex;
  EXPECT_EQ(catches(ex.submit(divide, 1, 0)).get(), "division by zero");
  EXPECT_THROW(rethrows(ex.submit(divide, 1, 0)).get(), std::domain_error);
  EXPECT_THROW(rethrows(Future<int>()).get(), InvalidStateError);
}

TEST(Coroutine, ResultIsAnArgumentLikeAnyOther) {
  Executor ex;
  EXPECT_EQ(ex.submit(square, sum_of_squares(ex, 1, 2)).get(), 25);
}

TEST(Coroutine, LongLoopsEnd) {
  Executor ex(threads(2));
  EXPECT_EQ(adds_up(ex, 20'000).get(), 20'000);
}

TEST(Coroutine, InsideATask) {
  Executor ex(threads(1));
  EXPECT_EQ(ex.submit([](Executor& inner) { return sum_of_squares(inner, 6, 8); }).get(), 100);
}

TEST(Coroutine, AwaitsMoveOnlyAndVoid) {
  Executor ex;
  auto coroutine = [](Executor& e) -> Future<int> {
    co_await e.submit([] {});
    const std::unique_ptr<int> p = co_await e.submit([] { return std::make_unique<int>(9); });
    co_return *p;
  };
  EXPECT_EQ(coroutine(ex).get(), 9);
}

}  // namespace
}  // namespace dflow::testing
