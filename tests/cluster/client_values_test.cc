// Cases of distributed's test_client by name: values on workers, and what becomes of them.
#include <map>
#include <optional>

#include "tests/cluster/client_cluster.h"

namespace dflow::testing {

std::size_t open_files() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Knows how many of it there are in this process, and how many files were open when one of them came.
struct Watched {
  struct Count {
    Count() { ++alive; }
    Count(const Count&) { ++alive; }
    Count& operator=(const Count&) = default;
    ~Count() { --alive; }
  };
  Watched() = default;
  explicit Watched(std::vector<int> ints) : data(std::move(ints)) {}
  std::vector<int> data;
  Count count;
  static inline std::atomic<int> alive = 0;
  static inline std::atomic<std::size_t> most_open = 0;
};

/// Whoever reads it says so, and gets no further until he is let.
struct Held {
  std::string begun, open;
  std::vector<int> data;
};

}  // namespace dflow::testing

template <>
struct dflow::Serialize<dflow::testing::Held> {
  static void write(Writer& out, const dflow::testing::Held& held) {
    out.write(held.begun);
    out.write(held.open);
    out.write(held.data);
  }
  static dflow::testing::Held read(Reader& in) {
    using dflow::testing::Signal;
    dflow::testing::Held held{in.read<std::string>(), in.read<std::string>(), {}};
    Signal::give(held.begun);
    Signal::await(held.open);
    held.data = in.read<std::vector<int>>();
    return held;
  }
};

template <>
struct dflow::Serialize<dflow::testing::Watched> {
  static void write(Writer& out, const dflow::testing::Watched& watched) { out.write(watched.data); }
  static dflow::testing::Watched read(Reader& in) {
    using dflow::testing::Watched;
    Watched::most_open = std::max(Watched::most_open.load(), dflow::testing::open_files());
    return Watched(in.read<std::vector<int>>());
  }
};

namespace dflow::testing {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ClientValues : public SharedCluster {
 protected:
  std::vector<std::string> holders(const auto& future) { return ex.who_has(std::vector{future})[0]; }
};

struct Boxed {
  std::vector<int> data;
};
int size_of(const Boxed& boxed) { return static_cast<int>(boxed.data.size()); }

TEST_F(ClientValues, Scatter) {
  const auto d = ex.scatter(block(3), 1);
  EXPECT_THAT(holders(d), SizeIs(1));
  EXPECT_EQ(d.get()[0], 3);
  EXPECT_EQ(ex.submit(first_of, d).get(), 3);
}

TEST_F(ClientValues, ScatterTypes) {
  EXPECT_EQ(ex.scatter(std::string("x")).get(), "x");
  EXPECT_EQ(ex.scatter(std::map<std::string, int>{{"a", 1}}).get().at("a"), 1);
  EXPECT_EQ(ex.submit(size_of, ex.scatter(Boxed{{1, 2, 3}}, 2)).get(), 3);
}

TEST_F(ClientValues, ScatterSingletons) { EXPECT_EQ(ex.submit(inc, ex.scatter(1, 1)).get(), 2); }

TEST_F(ClientValues, ScatterDirect) {
  const auto d = ex.scatter(block(4), 1);
  EXPECT_THAT(holders(d), SizeIs(1));
  EXPECT_EQ(ex.submit(first_of, d).get(), 4);
}

TEST_F(ClientValues, ScatterDirectBroadcast) { EXPECT_THAT(holders(ex.scatter(block(4), 3)), SizeIs(3)); }

TEST_F(ClientValues, ScatterDirectSpreadEvenly) {
  std::map<std::string, int> count;
  std::vector<Future<std::vector<int>>> some;
  for (int i = 0; i < 6; ++i) some.push_back(ex.scatter(block(i), 1));
  for (const auto& names : ex.who_has(some)) ++count[names.at(0)];
  EXPECT_THAT(count, SizeIs(3));
}

TEST_F(ClientValues, DirectedScatter) {
  const auto one = ex.with({.workers = {"worker-2"}}).scatter(block(3), 1);
  EXPECT_THAT(holders(one), ElementsAre("worker-2"));
  EXPECT_EQ(ex.submit(first_of, one).get() + one.get()[0], 6);
}

TEST_F(ClientValues, ScatterDictWorkers) {
  for (int i = 0; i < 4; ++i) {
    const auto dict = ex.with({.workers = {"worker-1", "worker-2"}}).scatter(std::map<std::string, int>{{"a", i}}, 1);
    EXPECT_THAT(holders(dict), AnyOf(ElementsAre("worker-1"), ElementsAre("worker-2")));
    EXPECT_EQ(ex.with({.workers = {"worker-3"}}).submit([](const std::map<std::string, int>& m) { return m.at("a"); }, dict).get(), i);
  }
}

TEST_F(ClientValues, ScatterDirectBroadcastTarget) {
  const auto two = ex.with({.workers = {"worker-1", "worker-3"}}).scatter(block(4), 3);
  EXPECT_THAT(holders(two), ElementsAre("worker-1", "worker-3"));
}

TEST_F(ClientValues, ScatterGoesToTheWorkersThatItIsFor) {
  const auto later = ex.with({.workers = {"worker-3"}}).scatter(block(5));
  EXPECT_EQ(ex.submit(first_of, later).get(), 5);
  EXPECT_THAT(holders(later), Contains("worker-3"));
}

TEST_F(ClientValues, ScatterForAWorkerThatIsNotThereIsRefused) {
  EXPECT_THAT(thrown_by([&] { ex.with({.workers = {"worker-9"}}).scatter(block(3), 1); }),
              ::testing::AllOf(HasSubstr("a scattered value is for worker-9"), HasSubstr("worker-1, worker-2, worker-3")));
}

TEST_F(ClientValues, ScatterDirectEmpty) { EXPECT_THAT(ex.scatter(std::vector<int>(), 2).get(), IsEmpty()); }

TEST_F(ClientValues, ScatterGatherSync) { EXPECT_EQ(ex.gather(std::vector{ex.scatter(1), ex.scatter(2)}), (std::vector{1, 2})); }

TEST_F(ClientValues, MultipleScatter) {
  const auto a = ex.scatter(block(1), 1), b = ex.scatter(block(1), 1);
  EXPECT_EQ(ex.submit(first_of, a).get() + ex.submit(first_of, b).get(), 2);
}

TEST_F(ClientValues, LimitConcurrentGathering) {
  wait(ex.map(block, std::vector<int>(3)));
  const std::size_t before = open_files();
  Watched::most_open = 0;
  const auto parts = ex.map([](int x) { return Watched{block(x)}; }, std::vector<int>(60, 5));
  for (const Watched& part : ex.gather(parts)) EXPECT_EQ(part.data.size(), 10'000u);
  EXPECT_GT(Watched::most_open, 0u);
  EXPECT_LE(Watched::most_open, before + 3);  // one connection to each worker, however much comes
}

TEST_F(ClientValues, FutureRelease) {
  const auto gone = [] { return eventually([] { return Watched::alive == 0; }); };
  const auto first = [](const Watched& watched) { return watched.data.at(0); };
  auto done = std::make_optional(ex.submit(first, Watched{{1}}));
  EXPECT_EQ(done->get(), 1);
  done.reset();
  EXPECT_TRUE(gone());
  ex.submit(first, Watched{{2}});  // at once
  EXPECT_TRUE(gone());
  auto bad = std::make_optional(ex.submit(first, Watched{}));
  EXPECT_THROW(bad->get(), std::out_of_range);
  bad.reset();
  EXPECT_TRUE(gone());
  auto result = std::make_optional(ex.submit([](int x) { return Watched{{x}}; }, 3));
  EXPECT_EQ(result->get().data.at(0), 3);
  EXPECT_EQ(Watched::alive, 1);
  result.reset();
  EXPECT_TRUE(gone());
}

TEST_F(ClientValues, DontHoldOnToLargeMessages) {
  const auto d = ex.submit([](const Watched& watched) { return watched.data.size(); }, Watched(std::vector<int>(100'000)));
  EXPECT_EQ(d.get(), 100'000u);
  EXPECT_TRUE(eventually([] { return Watched::alive == 0; }));  // though the future is there
}

TEST_F(ClientValues, Replicate) {
  const auto a = ex.submit(block, 1), b = ex.submit(block, 2);
  ex.replicate(std::vector{a, b}, 2);
  EXPECT_THAT(holders(a), SizeIs(2));
  EXPECT_THAT(holders(b), SizeIs(2));
  ex.replicate(std::vector{a}, 3);
  EXPECT_THAT(holders(a), SizeIs(3));
}

TEST_F(ClientValues, ReplicateTreeBranching) {
  const auto a = ex.submit([](int x) { return std::vector<int>(1'000'000, x); }, 1);
  ex.replicate(std::vector{a}, 100);  // as many as there are
  EXPECT_THAT(holders(a), SizeIs(3));
}

TEST_F(ClientValues, ClientReplicate) {
  const auto x = ex.submit(inc, 1);
  ex.replicate(std::vector{x}, 2);
  EXPECT_THAT(holders(x), SizeIs(2));
  EXPECT_EQ(ex.submit(inc, x).get(), 3);
}

TEST_F(ClientValues, ReplicationOfWhatFailedIsNothing) {
  const auto bad = ex.submit(throws, 1);
  ex.replicate(std::vector{bad}, 2);
  EXPECT_THAT(holders(bad), IsEmpty());
}

TEST_F(ClientValues, Rebalance) {
  std::vector<Future<std::vector<int>>> some = ex.with({.workers = {"worker-1"}}).map(block, std::vector<int>(30, 1));
  wait(some);
  for (const auto& names : ex.who_has(some)) ASSERT_THAT(names, ElementsAre("worker-1"));
  ex.rebalance();
  std::map<std::string, int> count;
  for (const auto& names : ex.who_has(some)) ++count[names.at(0)];
  EXPECT_THAT(count, SizeIs(3));
  for (const auto& [name, values] : count) EXPECT_GE(values, 5) << name;
  EXPECT_EQ(ex.submit(first_of, some[29]).get(), 1);
}

TEST_F(ClientValues, RebalanceUnprepared) {
  const auto some = ex.map(slow_inc, std::vector<int>(10), std::vector<int>(10, 2));
  ex.rebalance();  // while they run
  EXPECT_EQ(ex.reduce(add, some).get(), 10);
}

TEST_F(ClientValues, WorkersRegisterIndirectData) {
  const auto x = ex.with({.workers = {"worker-1"}}).submit(block, 1);
  EXPECT_EQ(ex.with({.workers = {"worker-2"}}).submit(first_of, x).get(), 1);
  EXPECT_TRUE(eventually([&] { return holders(x) == std::vector<std::string>{"worker-1", "worker-2"}; }));
}

TEST_F(ClientValues, FileDescriptorsDontLeak) {
  const auto use = [&] {
    for (const auto& part : ex.map(block, std::vector<int>(20, 1))) EXPECT_EQ(part.get().size(), 10'000u);
  };
  use();
  const std::size_t before = open_files();
  for (int i = 0; i < 3; ++i) use();
  EXPECT_LE(open_files(), before + 3);  // at most one more connection to each worker
}

TEST_F(ClientValues, Stress1) {
  const auto twice = ex.map(inc, ex.map(inc, std::vector<int>(64, 1)));
  EXPECT_EQ(ex.reduce(add, twice).get(), 64 * 3);
}

/// Of a long chain whose futures are dropped one after another no value is left on any worker but the last.
TEST_F(ClientValues, StressGc) {
  const auto next = [](const Watched& before) { return Watched{{before.data.at(0) + 1}}; };
  auto x = ex.submit([](int n) { return Watched{{n}}; }, 1);
  for (int i = 0; i < 1000; ++i) x = ex.submit(next, x);
  EXPECT_EQ(x.get().data.at(0), 1001);
  EXPECT_TRUE(eventually([&] {
    int alive = 0;
    for (const WorkerInfo& worker : ex.workers()) {
      alive += ex.with({.workers = {worker.name}}).submit([](int) { return Watched::alive.load(); }, 0).get();
    }
    return alive <= 1;
  }));
}

TEST_F(ClientValues, StressCommunication) {
  std::vector<Future<std::vector<int>>> blocks, sums;
  for (int i = 0; i < 20; ++i) blocks.push_back(ex.with({.workers = {"worker-" + std::to_string(i % 3 + 1)}}).submit(block, i));
  const auto sum = [](std::vector<int> a, const std::vector<int>& b) {
    std::ranges::transform(a, b, a.begin(), std::plus());
    return a;
  };
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    for (std::size_t j = 0; j < blocks.size(); ++j) sums.push_back(ex.submit(sum, blocks[i], blocks[j]));
  }
  EXPECT_THAT(ex.reduce(sum, sums).get(), Each(2 * 20 * 190));
  EXPECT_THAT(ex.who_has(blocks), Contains(SizeIs(::testing::Ge(2u)))) << "they went from worker to worker";
}

/// While a value is on its way between two workers, these run tasks and pass values on.
TEST_F(ClientValues, NoDelayDuringLargeTransfer) {
  const auto on = [&](const char* worker) { return ex.with({.workers = {worker}}); };
  const Signal begun, open;
  const auto small = on("worker-1").submit(block, 7), back = on("worker-2").submit(block, 8);
  const auto large = on("worker-1").submit(
      [](const std::string& b, const std::string& o) { return Held{b, o, std::vector<int>(1'000'000, 5)}; }, begun.path(), open.path());
  const auto reader = on("worker-2").submit([](const Held& held) { return held.data.at(999'999); }, large);
  ASSERT_TRUE(begun.await());
  EXPECT_EQ(on("worker-2").submit(inc, 1).get(), 2);
  EXPECT_EQ(on("worker-1").submit(first_of, back).get(), 8);
  EXPECT_EQ(on("worker-3").submit(first_of, small).get(), 7);
  EXPECT_EQ(small.get()[0] + back.get()[0], 15);
  EXPECT_FALSE(reader.done());
  open.give();
  EXPECT_EQ(reader.get(), 5);
}

}  // namespace
}  // namespace dflow::testing
