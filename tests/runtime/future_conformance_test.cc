// The cases of Python's test_future.py, by name.
#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

Future<int> successful(const Executor& ex) {
  Future<int> future = ex.submit(square, 6);
  future.wait();
  return future;
}
Future<int> failed(const Executor& ex) {
  Future<int> future = ex.submit(divide, 1, 0);
  future.wait();
  return future;
}
Future<int> cancelled() {
  const Promise<int> promise;
  Future<int> future = promise.future();
  EXPECT_TRUE(future.cancel());
  return future;
}

TEST(Future, DoneCallbackWithResult) {
  Executor ex;
  int seen = 0;
  Promise<int> promise;
  promise.future().on_done([&](const Future<int>& f) { seen = f.get(); });
  EXPECT_EQ(seen, 0);
  promise.set_value(5);
  EXPECT_EQ(seen, 5);
}

TEST(Future, DoneCallbackWithException) {
  Executor ex;
  std::string seen;
  Promise<int> promise;
  promise.future().on_done([&](const Future<int>& f) { seen = thrown_by([&] { f.get(); }); });
  promise.set_exception(std::make_exception_ptr(std::runtime_error("test")));
  EXPECT_EQ(seen, "test");
}

TEST(Future, DoneCallbackWithCancel) {
  Executor ex;
  bool was_cancelled = false;
  const Promise<int> promise;
  promise.future().on_done([&](const Future<int>& f) { was_cancelled = f.cancelled(); });
  EXPECT_TRUE(promise.future().cancel());
  EXPECT_TRUE(was_cancelled);
}

TEST(Future, DoneCallbackRaises) {
  Executor ex;
  bool raising_called = false, other_called = false;
  Promise<int> promise;
  promise.future().on_done([&] {
    raising_called = true;
    throw std::runtime_error("from the callback");
  });
  promise.future().on_done([&] { other_called = true; });
  ::testing::internal::CaptureStderr();
  promise.set_value(5);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("from the callback"));
  EXPECT_TRUE(raising_called);
  EXPECT_TRUE(other_called);
}

TEST(Future, DoneCallbackAlreadySuccessful) {
  Executor ex;
  int seen = 0;
  successful(ex).on_done([&](const Future<int>& f) { seen = f.get(); });
  EXPECT_EQ(seen, 36);
}

TEST(Future, DoneCallbackAlreadyFailed) {
  Executor ex;
  std::exception_ptr seen;
  failed(ex).on_done([&](const Future<int>& f) { seen = f.exception(); });
  EXPECT_NE(seen, nullptr);
}

TEST(Future, DoneCallbackAlreadyCancelled) {
  Executor ex;
  bool seen = false;
  cancelled().on_done([&](const Future<int>& f) { seen = f.cancelled(); });
  EXPECT_TRUE(seen);
}

TEST(Future, DoneCallbackRaisesAlreadySucceeded) {
  Executor ex;
  ::testing::internal::CaptureStderr();
  successful(ex).on_done([] { throw 42; });
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("no std::exception"));
}

TEST(Future, Repr) {
  Executor ex;
  EXPECT_THAT(successful(ex).describe(), ::testing::HasSubstr("(done)"));
  EXPECT_THAT(failed(ex).describe(), ::testing::HasSubstr("(failed)"));
  EXPECT_THAT(cancelled().describe(), ::testing::HasSubstr("(cancelled)"));
  const Promise<int> promise;
  EXPECT_THAT(promise.future().describe(), ::testing::HasSubstr("(pending)"));
  EXPECT_EQ(Future<int>().describe(), "empty future");
}

TEST(Future, Cancel) {
  Executor ex(threads(1));
  Blocker blocker(ex);
  const Future<int> pending = ex.submit(square, 2);
  EXPECT_FALSE(blocker.future().cancel());
  EXPECT_TRUE(pending.cancel());
  EXPECT_TRUE(pending.cancel());
  EXPECT_TRUE(pending.cancelled());
  blocker.release();
  EXPECT_FALSE(successful(ex).cancel());
  EXPECT_FALSE(failed(ex).cancel());
}

TEST(Future, Cancelled) {
  Executor ex(threads(1));
  const Blocker blocker(ex);
  const Promise<int> promise;
  EXPECT_FALSE(promise.future().cancelled());
  EXPECT_FALSE(blocker.future().cancelled());
  EXPECT_TRUE(cancelled().cancelled());
  EXPECT_FALSE(Future<int>().cancelled());
}

TEST(Future, Done) {
  Executor ex;
  const Promise<int> promise;
  EXPECT_FALSE(promise.future().done());
  EXPECT_TRUE(successful(ex).done());
  EXPECT_TRUE(failed(ex).done());
  EXPECT_TRUE(cancelled().done());
}

TEST(Future, Running) {
  Executor ex;
  const Blocker blocker(ex);
  const Promise<int> promise;
  EXPECT_TRUE(blocker.future().running());
  EXPECT_FALSE(promise.future().running());
  EXPECT_FALSE(cancelled().running());
}

TEST(Future, ResultWithTimeout) {
  Executor ex;
  const Promise<int> promise;
  EXPECT_THROW(promise.future().get(0s), TimeoutError);
  EXPECT_THROW(promise.future().get(-1s), TimeoutError);
  EXPECT_THROW(cancelled().get(0s), CancelledError);
  EXPECT_THROW(failed(ex).get(0s), std::domain_error);
  EXPECT_EQ(successful(ex).get(0s), 36);
}

TEST(Future, ResultWithSuccess) {
  Executor ex;
  Promise<int> promise;
  std::thread setter([&] { promise.set_value(42); });
  EXPECT_EQ(promise.future().get(kForever), 42);
  setter.join();
}

TEST(Future, ResultWithCancel) {
  Executor ex;
  const Promise<int> promise;
  std::thread canceller([&] { promise.future().cancel(); });
  EXPECT_THROW(promise.future().get(kForever), CancelledError);
  canceller.join();
}

TEST(Future, ExceptionWithTimeout) {
  Executor ex;
  const Promise<int> promise;
  EXPECT_THROW(promise.future().exception(0s), TimeoutError);
  EXPECT_THROW(cancelled().exception(0s), CancelledError);
  EXPECT_NE(failed(ex).exception(0s), nullptr);
  EXPECT_EQ(successful(ex).exception(0s), nullptr);
}

TEST(Future, ExceptionWithSuccess) {
  Executor ex;
  Promise<int> promise;
  std::thread setter([&] { promise.set_exception(std::make_exception_ptr(std::out_of_range("x"))); });
  EXPECT_THROW(std::rethrow_exception(promise.future().exception(kForever)), std::out_of_range);
  setter.join();
}

TEST(Future, MultipleSetResult) {
  Executor ex;
  Promise<int> promise;
  promise.set_value(1);
  EXPECT_THROW(promise.set_value(2), InvalidStateError);
  EXPECT_EQ(promise.future().get(), 1);
}

TEST(Future, MultipleSetException) {
  Executor ex;
  Promise<int> promise;
  promise.set_exception(std::make_exception_ptr(std::runtime_error("first")));
  EXPECT_THROW(promise.set_exception(std::make_exception_ptr(std::runtime_error("second"))), InvalidStateError);
  EXPECT_EQ(thrown_by([&] { promise.future().get(); }), "first");
}

}  // namespace
}  // namespace dflow::testing
