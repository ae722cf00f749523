// The cases of Python's executor.py, test_shutdown.py, test_thread_pool.py and what is portable of test_process_pool.py
// and test_deadlock.py, by name.
#include <cmath>
#include <set>
#include <sstream>

#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

TEST(Executor, Submit) {
  Executor ex;
  EXPECT_EQ(ex.submit([](double x, int y) { return std::pow(x, y); }, 2, 8).get(), 256);
}

TEST(Executor, Map) {
  Executor ex;
  std::vector<int> numbers(10);
  for (int i = 0; i < 10; ++i) numbers[static_cast<std::size_t>(i)] = i;
  EXPECT_EQ(ex.gather(ex.map(square, numbers)), (std::vector<int>{0, 1, 4, 9, 16, 25, 36, 49, 64, 81}));
}

TEST(Executor, MapException) {
  Executor ex;
  const auto futures = ex.map(divide, std::vector{1, 1, 1, 1}, std::vector{2, 3, 0, 5});
  EXPECT_EQ(futures[0].get(), 0);
  EXPECT_EQ(futures[1].get(), 0);
  EXPECT_THROW(futures[2].get(), std::domain_error);
  EXPECT_EQ(futures[3].get(), 0);
}

TEST(Executor, MapTimeout) {
  Executor ex(threads(2));
  const auto gate = std::make_shared<Gate>();
  const auto futures = ex.map([gate](bool blocks) { if (blocks) gate->pass(); }, std::vector{0, 0, 1});
  std::size_t ended = 0;
  auto iterate = [&] {
    for ([[maybe_unused]] const auto& f : as_completed(futures, 50ms)) ++ended;
  };
  EXPECT_THROW(iterate(), TimeoutError);
  EXPECT_LE(ended, 2u);
  gate->open();
}

TEST(Executor, ShutdownRaceIssue12456) {
  Executor ex;
  const auto futures = ex.map([](const std::string& s) { return s.size(); }, std::vector<std::string>(100, "abc"));
  ex.shutdown();
  EXPECT_THAT(ex.gather(futures), Each(3u));
}

TEST(Executor, NoStaleReferences) {  // nothing of the executor holds a callable or an argument after the task
  Executor ex;
  const auto held = std::make_shared<int>(1);
  ex.submit([held](const std::shared_ptr<int>& other) { return *held + *other; }, held).get();
  eventually([&] { return held.use_count() == 1; });
}

TEST(Executor, MaxWorkersNegative) {
  EXPECT_THROW(Executor(threads(static_cast<std::size_t>(-1))), std::invalid_argument);
}

TEST(Executor, FreeReference) {
  Executor ex;
  for (auto& future : ex.map([](int i) { return Counted(i); }, std::vector{1, 2, 3})) {
    future.wait();
    future = {};
  }
  eventually([] { return Counted::alive == 0; });
}

TEST(Shutdown, RunAfterShutdown) {
  Executor ex;
  ex.shutdown();
  EXPECT_THROW(ex.submit(square, 2), SessionError);
  EXPECT_THROW(ex.map(square, std::vector{1, 2}), SessionError);
  EXPECT_THROW(ex.scatter(1), SessionError);
}

TEST(Shutdown, HangIssue12364) {
  Executor ex;
  const auto futures = ex.map(square, std::vector<int>(50, 2));
  ex.shutdown();
  EXPECT_THAT(ex.gather(futures), Each(4));
}

TEST(Shutdown, CancelFutures) {
  Executor ex(threads(1));
  const auto gate = std::make_shared<Gate>();
  const auto entered = std::make_shared<Gate>();
  const auto first = ex.submit([=] { entered->open(), gate->pass(); });
  entered->pass();
  const auto rest = ex.map(square, std::vector<int>(50, 2));
  ex.shutdown(false, true);
  for (const auto& future : rest) EXPECT_TRUE(future.cancelled());
  gate->open();
  ex.shutdown(true);
  EXPECT_NO_THROW(first.get());
}

TEST(Shutdown, CancelsTasksThatWaitForAPromise) {
  Executor other(threads(2));
  Promise<int> promise;
  Future<int> first, second, elsewhere = other.submit(square, promise.future());
  {
    Executor ex;
    first = ex.submit(square, promise.future());
    second = ex.submit(square, first);
    ex.shutdown(true, true);
    EXPECT_TRUE(first.cancelled() && second.cancelled());
  }
  EXPECT_FALSE(elsewhere.done());
  promise.set_value(3);
  EXPECT_EQ(elsewhere.get(), 9);
}

TEST(Shutdown, CancelsTasksThatARunningTaskSubmitsMeanwhile) {
  Executor ex(threads(2));
  const Promise<int> promise;
  const auto entered = std::make_shared<Gate>();
  const auto gate = std::make_shared<Gate>();
  const auto outer = ex.submit([=, waited = promise.future()](Executor& inner) {
    entered->open();
    gate->pass();
    return inner.submit(square, waited);
  });
  entered->pass();
  std::jthread opener([&] { gate->open(); });
  ex.shutdown(true, true);
  EXPECT_TRUE(outer.cancelled());
}

TEST(Shutdown, HangGh83386) {  // shutdown without waiting, then the end of everything
  bool ran = false;
  {
    Executor ex;
    ex.submit([&] { ran = true; });
    ex.shutdown(false);
  }
  EXPECT_TRUE(ran);
}

TEST(Shutdown, HangGh94440) {  // a future whose handle is dropped at once
  Executor ex(threads(1));
  ex.submit(square, 2);
  ex.shutdown();
  EXPECT_THROW(ex.submit(square, 2), SessionError);
}

TEST(Shutdown, ThreadsTerminate) {
  std::set<std::thread::id> ids;
  {
    Executor ex(threads(2));
    for (const auto& f : ex.map([](int) { return std::this_thread::get_id(); }, std::vector<int>(20))) ids.insert(f.get());
    ex.shutdown();
  }
  EXPECT_FALSE(ids.contains(std::this_thread::get_id()));
  Executor again(threads(1));  // another session, of another size, can start
  EXPECT_EQ(again.submit(square, 3).get(), 9);
}

TEST(Shutdown, ContextManagerShutdown) {
  std::vector<Future<int>> futures;
  {
    Executor ex(threads(2));
    futures = ex.map(square, std::vector<int>(20, 3));
  }
  for (const auto& f : futures) EXPECT_TRUE(f.done());
  EXPECT_EQ(futures[0].get(), 9);
}

TEST(Shutdown, DelShutdown) {
  auto ex = std::make_unique<Executor>(threads(2));
  const auto futures = ex->map(square, std::vector<int>(20, 3));
  ex.reset();
  for (const auto& f : futures) EXPECT_EQ(f.get(), 9);
}

TEST(Shutdown, ShutdownNoWait) {
  Executor ex(threads(2));
  Blocker blocker(ex);
  const auto futures = ex.map(square, std::vector<int>(20, 3));
  ex.shutdown(false);
  EXPECT_FALSE(blocker.future().done());
  blocker.release();
  EXPECT_THAT(ex.gather(futures), Each(9));
}

TEST(Shutdown, CancelFuturesWaitFalse) {
  Executor ex(threads(1));
  Blocker blocker(ex);
  const auto pending = ex.submit(square, 2);
  ex.shutdown(false, true);
  EXPECT_TRUE(pending.cancelled());
  EXPECT_FALSE(blocker.future().done());
}

TEST(ThreadPool, MapSubmitsWithoutIteration) {
  std::atomic<int> ran{0};
  {
    Executor ex(threads(2));
    ex.map([&](int) { ++ran; }, std::vector<int>(10));
  }
  EXPECT_EQ(ran, 10);
}

TEST(ThreadPool, DefaultWorkers) {
  Executor ex;
  EXPECT_GE(ex.threads(), 1u);
  EXPECT_LE(ex.threads(), std::max(1u, std::thread::hardware_concurrency()));
}

TEST(ThreadPool, Saturation) {  // more blocking tasks than threads: exactly as many run as there are threads
  Executor ex(threads(3));
  std::atomic<int> inside{0}, most{0};
  const auto gate = std::make_shared<Gate>();
  const auto futures = ex.map(
      [&, gate](int) {
        const int now = ++inside;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        gate->pass();
        --inside;
      },
      std::vector<int>(45));
  eventually([&] { return inside == 3; });
  gate->open();
  wait(futures);
  EXPECT_EQ(most, 3);
}

TEST(ThreadPool, IdleThreadReuse) {
  Executor ex(threads(1));
  std::set<std::thread::id> ids;
  for (int i = 0; i < 3; ++i) ids.insert(ex.submit([] { return std::this_thread::get_id(); }).get());
  EXPECT_EQ(ids.size(), 1u);
}

TEST(ProcessPool, MaxWorkersTooLarge) {
  EXPECT_THAT(thrown_by([] { Executor ex(threads(2000)); }), ::testing::HasSubstr("1024"));
}

TEST(ProcessPool, MapChunksize) {
  Executor ex(threads(2));
  std::vector<int> numbers, squares;
  for (int i = 0; i < 100; ++i) numbers.push_back(i), squares.push_back(i * i);
  for (const std::size_t chunk : {1, 6, 50, 100, 1000}) {
    EXPECT_EQ(ex.gather(ex.map(MapOptions{.chunk = chunk}, square, numbers)), squares) << chunk;
  }
}

TEST(Deadlock, ErrorDuringFuncExecOnWorker) {
  Executor ex(threads(1));
  const Future<int> future = ex.submit([]() -> int { throw std::bad_alloc(); });
  EXPECT_THROW(future.get(), std::bad_alloc);
  EXPECT_EQ(ex.submit(square, 2).get(), 4);
}

TEST(Deadlock, ShutdownDeadlock) {  // the pool is shut down while a task of it has failed
  Executor ex(threads(1));
  const Future<int> future = ex.submit(divide, 1, 0);
  ex.shutdown();
  EXPECT_THROW(future.get(), std::domain_error);
}

}  // namespace
}  // namespace dflow::testing
