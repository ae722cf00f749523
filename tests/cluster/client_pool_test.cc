// Cases of concurrent.futures' test_process_pool, test_deadlock and test_shutdown by name: pools of worker processes that break.
#include <cerrno>

#include "tests/cluster/client_cluster.h"

namespace dflow::testing {

/// What becomes of a value on its way to another process, or from it.
enum class Deed { none, throws, exits, crashes };

struct Fussy {
  Deed written = Deed::none, read = Deed::none;
  int spares = 0;  ///< The process in which nothing happens.
};

inline void act(Deed deed, int spares) {
  if (spares == ::getpid()) return;
  if (deed == Deed::throws) throw std::runtime_error("fussy");
  if (deed == Deed::exits) std::exit(4);
  if (deed == Deed::crashes) std::raise(SIGSEGV);
}

}  // namespace dflow::testing

template <>
struct dflow::Serialize<dflow::testing::Fussy> {
  static void write(Writer& out, const dflow::testing::Fussy& fussy) {
    act(fussy.written, fussy.spares);
    out.write(static_cast<int>(fussy.written));
    out.write(static_cast<int>(fussy.read));
    out.write(fussy.spares);
  }
  static dflow::testing::Fussy read(Reader& in) {
    dflow::testing::Fussy fussy{};
    fussy.written = static_cast<dflow::testing::Deed>(in.read<int>());
    fussy.read = static_cast<dflow::testing::Deed>(in.read<int>());
    fussy.spares = in.read<int>();
    act(fussy.read, fussy.spares);
    return fussy;
  }
};

namespace dflow::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

int take(const Fussy&) { return 1; }
Fussy make(Deed written, Deed read, int spares) { return {.written = written, .read = read, .spares = spares}; }

bool is_gone(std::int64_t pid) { return ::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH; }

// ---- test_shutdown

class PoolShutdown : public OwnCluster {
 protected:
  static void expect_gone(const std::set<std::int64_t>& pids) {
    EXPECT_THAT(pids, SizeIs(3));
    for (const std::int64_t pid : pids) EXPECT_TRUE(is_gone(pid)) << pid;
  }
};

TEST_F(PoolShutdown, ProcessesTerminate) {
  auto ex = std::make_unique<Executor>();
  const std::set<std::int64_t> workers = pids(*ex);
  EXPECT_THAT(ex->gather(ex->map(inc, std::vector<int>(12, 4))), Each(5));
  ex->shutdown();
  ex.reset();
  expect_gone(workers);
}

TEST_F(PoolShutdown, ContextManagerShutdown) {
  std::set<std::int64_t> workers;
  std::vector<Future<int>> results;
  {
    Executor ex;
    workers = pids(ex);
    results = ex.map(inc, std::vector<int>(9, 1));
  }
  expect_gone(workers);
  for (const auto& result : results) EXPECT_EQ(result.get(), 2);
}

TEST_F(PoolShutdown, DelShutdown) {
  auto ex = std::make_unique<Executor>();
  const std::set<std::int64_t> workers = pids(*ex);
  const auto results = ex->map(inc, std::vector<int>(5, -5));
  ex.reset();
  expect_gone(workers);
  for (const auto& result : results) EXPECT_EQ(result.get(), -4);
}

TEST_F(PoolShutdown, ShutdownNoWait) {
  Executor ex;
  const Signal open;
  const auto parts = ex.map(after_signal, std::vector<int>(6, 2), std::vector<std::string>(6, open.path()));
  ex.shutdown(false);
  EXPECT_THROW(ex.submit(inc, 1), SessionError);
  open.give();
  for (const auto& part : parts) EXPECT_EQ(part.get(), 2);
}

/// What cannot be sent is no reason to hang, whatever is shut down meanwhile.
TEST_F(PoolShutdown, ShutdownGh132969Case1) {
  Executor ex;
  const auto bad = ex.submit(take, Fussy{.written = Deed::throws});
  ex.shutdown(false);
  EXPECT_THAT(thrown_by([&] { bad.get(); }), HasSubstr("fussy"));
}

TEST_F(PoolShutdown, ShutdownGh132969Case2) {
  Executor ex;
  const Signal begun, open;
  const auto running = ex.submit(gated, 1, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  const auto bad = ex.submit(take, Fussy{.written = Deed::throws});
  ex.shutdown(false, true);
  EXPECT_THAT(thrown_by([&] { bad.get(); }), HasSubstr("fussy"));
  open.give();
}

// ---- test_process_pool

class Pool : public OwnCluster {};

TEST_F(Pool, KilledChild) {
  Executor ex;
  const Signal begun, open;
  const auto running = ex.with({.workers = {"worker-1"}}).submit(gated, 7, begun.path(), open.path());
  ASSERT_TRUE(begun.await());
  kill(ex, "worker-1");
  EXPECT_TRUE(eventually([&] { return begun.count_of() == 2; })) << "it runs again where another has taken its place";
  open.give();
  EXPECT_EQ(running.get(), 7);
}

TEST_F(Pool, BrokenProcessPoolTraceback) {
  Executor ex;
  const auto bomb = [] {
    std::cerr << "the fuse is short" << std::endl;
    std::raise(SIGKILL);
  };
  EXPECT_THAT(thrown_by([&] { ex.with({.allowed_failures = 1}).submit(bomb).get(); }), HasSubstr("the fuse is short"));
}

TEST_F(Pool, TracebackWhenChildProcessTerminatesAbruptly) {
  Executor ex;
  EXPECT_THAT(thrown_by([&] { ex.with({.allowed_failures = 1}).submit([] { ::_exit(1); }).get(); }), HasSubstr("ended with exit code 1"));
}

TEST_F(Pool, Saturation) {
  Executor ex;
  const Signal open;
  const auto parts = ex.map(after_signal, std::vector<int>(45, 1), std::vector<std::string>(45, open.path()));
  EXPECT_THAT(pids(ex), SizeIs(3)) << "no more processes come for them";
  open.give();
  EXPECT_EQ(ex.reduce(add, parts).get(), 45);
}

TEST_F(Pool, ForceShutdownWorkersDeadWorkers) {
  Executor ex;
  const std::set<std::int64_t> before = pids(ex);
  for (const std::int64_t pid : before) ::kill(static_cast<pid_t>(pid), SIGKILL);
  ex.restart();
  EXPECT_THAT(pids(ex), SizeIs(3));
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

TEST_F(Pool, ForceShutdownWorkersNotStartedYet) {
  Executor ex;
  ex.restart();  // while they are on their way
  EXPECT_EQ(ex.submit(inc, 1).get(), 2);
}

// ---- test_deadlock

/// After each of these the pool goes on.
class PoolDeadlock : public OwnCluster {
 protected:
  void TearDown() override { EXPECT_EQ(ex.submit(inc, 1).get(), 2); }
  BoundExecutor brittle() { return ex.with({.allowed_failures = 1}); }
  template <class... A>
  std::string error_of(A&&... call) {
    return thrown_by([&] { brittle().submit(std::forward<A>(call)...).get(); });
  }

  Executor ex;
};

TEST_F(PoolDeadlock, ErrorAtTaskPickle) { EXPECT_THAT(error_of(take, Fussy{.written = Deed::throws}), HasSubstr("fussy")); }

TEST_F(PoolDeadlock, ExitAtTaskUnpickle) { EXPECT_THAT(error_of(take, Fussy{.read = Deed::exits}), HasSubstr("ended with exit code 4")); }

TEST_F(PoolDeadlock, ErrorAtTaskUnpickle) { EXPECT_THAT(error_of(take, Fussy{.read = Deed::throws}), HasSubstr("fussy")); }

TEST_F(PoolDeadlock, CrashAtTaskUnpickle) { EXPECT_THAT(error_of(take, Fussy{.read = Deed::crashes}), HasSubstr("signal 11")); }

TEST_F(PoolDeadlock, CrashDuringFuncExecOnWorker) { EXPECT_THAT(error_of([] { std::raise(SIGSEGV); }), HasSubstr("signal 11")); }

TEST_F(PoolDeadlock, ExitDuringFuncExecOnWorker) { EXPECT_THAT(error_of([] { std::exit(6); }), HasSubstr("called exit(6)")); }

TEST_F(PoolDeadlock, CrashDuringResultPickleOnWorker) {
  EXPECT_THAT(error_of(make, Deed::crashes, Deed::none, ::getpid()), HasSubstr("signal 11"));
}

TEST_F(PoolDeadlock, ExitDuringResultPickleOnWorker) {
  EXPECT_THAT(error_of(make, Deed::exits, Deed::none, ::getpid()), HasSubstr("ended with exit code 4"));
}

TEST_F(PoolDeadlock, ErrorDuringResultPickleOnWorker) {
  EXPECT_THAT(error_of(make, Deed::throws, Deed::none, ::getpid()), HasSubstr("fussy"));
}

TEST_F(PoolDeadlock, ErrorDuringResultUnpickleInResultHandler) {
  EXPECT_THAT(error_of(make, Deed::none, Deed::throws, 0), HasSubstr("fussy"));
}

TEST_F(PoolDeadlock, ShutdownDeadlockPickle) {
  const auto bad = ex.submit(take, Fussy{.written = Deed::throws});
  {
    Executor other;
    other.submit(take, Fussy{.written = Deed::throws});
    other.shutdown();
  }
  EXPECT_THAT(thrown_by([&] { bad.get(); }), HasSubstr("fussy"));
}

TEST_F(PoolDeadlock, CrashBigData) {
  const std::vector<char> data(8 << 20);
  EXPECT_THAT(error_of([](const std::vector<char>&) { std::raise(SIGSEGV); }, ex.scatter(data)), HasSubstr("signal 11"));
}

}  // namespace
}  // namespace dflow::testing
