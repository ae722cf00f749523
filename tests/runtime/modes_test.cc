// DFLOW_SERIAL, DFLOW_SHUFFLE, the SIGQUIT report, DFLOW_TRACE.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "formats/recording.h"
#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::vector<std::string> words_of(std::string text) {
  std::istringstream in(std::move(text));
  return {std::istream_iterator<std::string>(in), {}};
}

/// A program with a bit of everything; what it returns must not depend on how it is run.
std::string program() {
  Executor ex;
  std::ostringstream out;
  const auto words = ex.map(words_of, std::vector<std::string>{"a b c", "d e", "", "f"});
  auto concatenate = [](std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  for (const auto& w : ex.reduce(concatenate, words).get()) out << w << ' ';
  Future<std::vector<std::string>> chain = words[0];
  for (int i = 0; i < 20; ++i) {
    chain = ex.submit(
        [i](std::vector<std::string> v) {
          v.push_back(std::to_string(i));
          return v;
        },
        std::move(chain));
  }
  out << chain.get().size() << ' ' << words[0].get().size();
  const auto failing = ex.submit(divide, 1, 0);
  out << ' ' << thrown_by([&] { ex.submit(add, failing, 1).get(); });
  out << ' ' << ex.submit([](Executor& inner) { return inner.submit(square, 5); }).get();
  out << ' ' << ex.submit([](Executor& inner) { return inner.submit(square, 6).get(); }).get();
  out << ' ' << ex.with({.on_failure = OnFailure::ignore}).submit(divide, 1, 0).get();
  auto p = ex.submit([] { return std::make_unique<int>(3); });
  out << ' ' << ex.submit([](std::unique_ptr<int> x) { return *x; }, std::move(p)).get();
  return out.str();
}

TEST(Modes, SameResultsInEachOrder) {
  const std::string expected = program();
  EXPECT_THAT(expected, HasSubstr("a b c d e f 23 3 division by zero 25 36 0 3"));
  {
    const Environment serial("DFLOW_SERIAL", "1");
    EXPECT_EQ(program(), expected);
  }
  for (const char* seed : {"0", "1", "2", "42", "18446744073709551615"}) {
    const Environment shuffle("DFLOW_SHUFFLE", seed);
    for (const char* n : {"1", "2"}) {
      const Environment with("DFLOW_THREADS", n);
      EXPECT_EQ(program(), expected) << seed;
    }
  }
}

TEST(Modes, SameResultsThroughBytes) {
  const std::string expected = program();
  const Environment serialize("DFLOW_SERIALIZE", "1");
  EXPECT_EQ(program(), expected);
}

TEST(Modes, SerialRunsEachTaskAtItsSubmissionOnTheCallersThread) {
  const Environment serial("DFLOW_SERIAL", "1");
  Executor ex;
  const auto f = ex.submit([] { return std::this_thread::get_id(); });
  EXPECT_TRUE(f.done());
  EXPECT_EQ(f.get(), std::this_thread::get_id());
  Promise<int> promise;
  const auto later = ex.submit([](int) { return std::this_thread::get_id(); }, promise.future());
  EXPECT_FALSE(later.done());
  promise.set_value(1);
  EXPECT_EQ(later.get(0s), std::this_thread::get_id());
}

TEST(Modes, SerialKeepsToItsThreadAlsoWhenCancelling) {
  const Environment serial("DFLOW_SERIAL", "1");
  Executor ex;
  const Promise<int> promise;
  const auto consumer = ex.submit(square, promise.future());
  const auto lenient = ex.with({.on_failure = OnFailure::ignore}).submit(square, promise.future());
  const auto after = ex.submit([](int) { return std::this_thread::get_id(); }, lenient);
  promise.future().cancel();
  EXPECT_THROW(consumer.get(0s), CancelledError);
  EXPECT_EQ(after.get(0s), std::this_thread::get_id());
}

TEST(Modes, ShuffleDrawsTheOrderFromItsSeed) {
  auto order_of = [](const char* seed) {
    const Environment shuffle("DFLOW_SHUFFLE", seed);
    Executor ex(threads(1));
    Blocker blocker(ex);
    std::vector<int> order, numbers;
    for (int i = 0; i < 100; ++i) numbers.push_back(i);
    const auto futures = ex.map([&](int i) { order.push_back(i); }, numbers);
    blocker.release();
    wait(futures);
    return order;
  };
  const auto once = order_of("7");
  EXPECT_EQ(once, order_of("7"));
  EXPECT_NE(once, order_of("8"));
  EXPECT_FALSE(std::ranges::is_sorted(once));
}

/// Standard error of this process, caught by a pipe.
class CaughtStderr {
 public:
  CaughtStderr() : saved_(::dup(STDERR_FILENO)) {
    EXPECT_EQ(::pipe(pipe_), 0);
    ::dup2(pipe_[1], STDERR_FILENO);
  }
  ~CaughtStderr() {
    ::dup2(saved_, STDERR_FILENO);
    for (const int fd : {saved_, pipe_[0], pipe_[1]}) ::close(fd);
  }
  std::string read_until(const std::string& text) {
    std::string all;
    char c = 0;
    while (all.find(text) == std::string::npos && ::read(pipe_[0], &c, 1) == 1) all += c;
    return all;
  }

 private:
  int saved_;
  int pipe_[2] = {-1, -1};
};

TEST(Modes, QuitSignalPrintsWhoWaitsForWhom) {
  Executor ex(threads(2));
  Promise<int> promise;
  const Blocker blocker(ex);
  Gate entered;
  const auto waiter = ex.with({.name = "the waiter"}).submit([&, f = promise.future()] {
    entered.open();
    return f.get();
  });
  entered.pass();
  std::string report;
  while (report.find("the waiter") == std::string::npos || report.find("waits for") == std::string::npos) {
    CaughtStderr caught;
    std::raise(SIGQUIT);
    report = caught.read_until("who waits for whom\n");
    report += caught.read_until("wait");  // "... waits for ..." or "nobody waits"
    report += caught.read_until("\n");
  }
  EXPECT_THAT(report, HasSubstr("the waiter"));
  promise.set_value(1);
  EXPECT_EQ(waiter.get(), 1);
}

/// What an Executor records of `program`.
template <class Program>
formats::Recording recorded(Program program) {
  const std::string path = std::filesystem::temp_directory_path() / ("dflow_trace_" + std::to_string(::getpid()));
  {
    const Environment trace("DFLOW_TRACE", path);
    Executor ex(threads(2));
    program(ex);
  }
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const auto recording = formats::parse_recording(text.str());
  std::filesystem::remove(path);
  EXPECT_TRUE(recording) << recording.message();
  return recording ? recording.value() : formats::Recording();
}

TEST(Modes, TraceHoldsTasksAndEdges) {
  const formats::Recording r = recorded([](Executor& ex) {
    const auto a = ex.with({.name = "a"}).submit(square, 1);
    const auto b = ex.with({.name = "b"}).submit(add, a, a);
    const auto c = ex.with({.name = "c", .after = {a}}).submit([](Executor& inner) {
      return inner.with({.name = "inner"}).submit(square, 2).get();
    });
    ex.with({.name = "d"}).submit([](std::vector<int>) {}, std::vector{b, c}).get();
  });
  std::map<formats::TaskId, std::string> names;
  for (const auto& task : r.tasks) names[task.id] = r.names[task.name];
  std::set<std::string> edges;
  for (const auto& e : r.edges) edges.insert(names[e.producer] + "->" + names[e.consumer]);
  EXPECT_THAT(edges, UnorderedElementsAre("a->b", "a->c", "b->d", "c->d"));
  EXPECT_EQ(r.tasks.size(), 5u);
  EXPECT_EQ(r.events.size(), 5u);
  EXPECT_FALSE(r.dry);
  for (const auto& task : r.tasks) EXPECT_EQ(r.graphs[task.graph].parent.has_value(), names[task.id] == "inner");
}

struct Opaque {
  std::unique_ptr<int[]> cells;
};
struct Refuses {
  int value;
};

}  // namespace
}  // namespace dflow::testing

template <>
struct dflow::Serialize<dflow::testing::Refuses> {
  static void write(Writer&, const dflow::testing::Refuses&) { throw std::runtime_error("not this one"); }
  static dflow::testing::Refuses read(Reader& in) { return {in.read<int>()}; }
};

namespace dflow::testing {
namespace {

TEST(Modes, TraceTellsHowManyBytesAResultHas) {
  const formats::Recording r = recorded([](Executor& ex) {
    ex.with({.name = "vector"}).submit([] { return std::vector<double>(1'000'000); }).get();
    ex.with({.name = "nested"}).submit([] { return std::vector(3, std::string(100, 'x')); }).get();
    ex.with({.name = "nothing"}).submit([] {}).get();
    ex.with({.name = "opaque"}).submit([] { return Opaque(); }).get();
    ex.with({.name = "refuses"}).submit([] { return Refuses{1}; }).get();
    ex.with({.name = "fails"}).submit([]() -> std::string { throw std::runtime_error("no"); }).wait();
  });
  std::map<std::string, std::uint64_t> bytes;
  for (const auto& event : r.events) bytes[r.names[event.name]] = event.bytes;
  EXPECT_THAT(bytes, UnorderedElementsAre(Pair("vector", 8'000'008u), Pair("nested", 8u + 3 * 108), Pair("nothing", 0u),
                                          Pair("opaque", sizeof(Opaque)), Pair("refuses", sizeof(Refuses)),
                                          Pair("fails", 0u)));
}

TEST(Modes, TraceThatCannotBeWrittenIsReported) {
  const Environment trace("DFLOW_TRACE", "/nonexistent/folder/trace.json");
  ::testing::internal::CaptureStderr();
  { EXPECT_EQ(Executor(threads(1)).submit(square, 2).get(), 4); }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("/nonexistent/folder/trace.json"));
}

}  // namespace
}  // namespace dflow::testing
