// Size: long chains, wide fans, many pending tasks. Each case is linear in time and never recurses.
#include <unistd.h>

#include <fstream>

#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

constexpr int kChain = kSanitized ? 100'000 : 10'000'000;
constexpr int kFan = kSanitized ? 50'000 : 1'000'000;

int next(int x) { return x + 1; }

/// A chain of `length` tasks, all of them pending behind `promise`; only the last one's handle is kept.
Future<int> chain(const Executor& ex, const Promise<int>& promise, int length) {
  Future<int> f = promise.future();
  for (int i = 0; i < length; ++i) f = ex.submit(next, std::move(f));
  return f;
}

std::size_t resident_bytes() {
  std::size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// How much a pending task of this chain takes, its argument (a future) and result (an int) included. The first test of
/// its process: memory that others left would be taken again and not be seen.
TEST(Scale, PendingTaskTakesFewBytes) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer's own bookkeeping counts, too";
  Executor ex(threads(1));
  Promise<int> promise;
  ex.submit(next, 1).get();
  const std::size_t before = resident_bytes();
  constexpr int n = 1'000'000;
  const Future<int> last = chain(ex, promise, n);
  const std::size_t each = (resident_bytes() - before) / n;
  EXPECT_LE(each, 200 + sizeof(int) + sizeof(Future<int>));
  EXPECT_GE(each, 64u);  // else this measured nothing
  promise.set_value(0);
  last.get();
}

TEST(Scale, LongChainThatSucceeds) {
  Executor ex(threads(2));
  Promise<int> promise;
  const Future<int> last = chain(ex, promise, kChain);
  EXPECT_FALSE(last.done());
  promise.set_value(0);
  EXPECT_EQ(last.get(), kChain);
}

TEST(Scale, LongChainThatFails) {
  Executor ex(threads(2));
  Promise<int> promise;
  const Future<int> last = chain(ex, promise, kChain);
  promise.set_exception(std::make_exception_ptr(std::domain_error("the first")));
  EXPECT_THROW(last.get(), std::domain_error);
}

TEST(Scale, LongChainThatIsCancelled) {
  Executor ex(threads(2));
  const Promise<int> promise;
  const Future<int> last = chain(ex, promise, kChain);
  EXPECT_TRUE(promise.future().cancel());
  EXPECT_THROW(last.get(), CancelledError);
}

TEST(Scale, LongChainWhoseHandlesAreDroppedAtOnce) {
  std::atomic<int> ended{0};
  {
    Executor ex(threads(2));
    Promise<int> promise;
    std::vector<Future<int>> handles;
    handles.reserve(kChain / 4);
    handles.push_back(promise.future());
    for (int i = 0; i < kChain / 4; ++i) handles.push_back(ex.submit(next, handles.back()));
    handles.back().on_done([&] { ++ended; });
    handles.clear();
    promise.set_value(0);
  }
  EXPECT_EQ(ended, 1);
}

TEST(Scale, FinishedChainHeldByItsLastTaskOnly) {
  Executor ex(threads(2));
  Promise<int> promise;
  std::vector<Future<int>> handles{promise.future()};
  for (int i = 0; i < kChain / 10; ++i) handles.push_back(ex.submit(next, handles.back()));
  promise.set_value(0);
  EXPECT_EQ(handles.back().get(), kChain / 10);
  handles.clear();
}

TEST(Scale, LongChainOfThenAndCallbacks) {
  Executor ex(threads(2));
  Promise<void> promise;
  Future<void> f = promise.future();
  for (int i = 0; i < kChain / 20; ++i) f = f.then([] {});
  promise.set_value();
  f.get();
}

TEST(Scale, FanOutOfOneToMany) {
  Executor ex(threads(2));
  for (const bool fails : {false, true}) {
    Promise<int> promise;
    std::vector<Future<int>> fan;
    fan.reserve(kFan);
    for (int i = 0; i < kFan; ++i) fan.push_back(ex.submit(next, promise.future()));
    if (fails) promise.set_exception(std::make_exception_ptr(std::domain_error("x")));
    else promise.set_value(1);
    std::size_t good = 0;
    for (const auto& f : fan) good += f.exception() ? 0 : static_cast<std::size_t>(f.get() == 2);
    EXPECT_EQ(good, fails ? 0u : fan.size());
  }
}

TEST(Scale, FanInOfManyToOne) {
  Executor ex(threads(2));
  Promise<int> promise;
  std::vector<Future<int>> fan;
  for (int i = 0; i < kFan; ++i) fan.push_back(ex.submit(next, promise.future()));
  const auto count = ex.submit([](Refs<int> all) { return all.size(); }, std::move(fan));
  promise.set_value(1);
  EXPECT_EQ(count.get(), static_cast<std::size_t>(kFan));
}

TEST(Scale, CancellingAllOfAMillion) {
  Executor ex(threads(1));
  Blocker blocker(ex);
  const auto futures = ex.map(next, std::vector<int>(kFan));
  ex.shutdown(false, true);
  std::size_t cancelled = 0;
  for (const auto& f : futures) cancelled += f.cancelled() ? 1 : 0;
  EXPECT_EQ(cancelled, futures.size());
}

template <class Run>
double seconds(Run run) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

/// Time for 4n over time for n: 4 if linear. The margin is wide, since other programs run beside; what is sought is
/// quadratic growth (16).
TEST(Scale, TimeGrowsNoFasterThanTheNumberOfTasks) {
  constexpr int n = kSanitized ? 5'000 : 200'000;
  auto run_chain = [](int length) {
    Executor ex(threads(2));
    Promise<int> promise;
    const Future<int> last = chain(ex, promise, length);
    promise.set_value(0);
    last.wait();
  };
  auto run_fan = [](int width) {
    Executor ex(threads(2));
    Promise<int> promise;
    for (int i = 0; i < width; ++i) ex.submit(next, promise.future());
    promise.set_value(0);
    ex.shutdown();
  };
  auto run_independent = [](int count) {
    Executor ex(threads(2));
    wait(ex.map(next, std::vector<int>(static_cast<std::size_t>(count))));
  };
  EXPECT_LT(seconds([&] { run_chain(4 * n); }) / seconds([&] { run_chain(n); }), 12);
  EXPECT_LT(seconds([&] { run_fan(4 * n); }) / seconds([&] { run_fan(n); }), 12);
  EXPECT_LT(seconds([&] { run_independent(4 * n); }) / seconds([&] { run_independent(n); }), 12);
}

}  // namespace
}  // namespace dflow::testing
