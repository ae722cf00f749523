// Random task graphs against a serial evaluation of the same graph. Each graph is made from its seed, which a failure
// prints; DFLOW_STRESS_SEED=N runs that one alone, DFLOW_STRESS_ROUNDS=N runs more of them.
#include <numeric>
#include <random>
#include <variant>

#include "tests/runtime/grid_launch.h"
#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

using Value = std::vector<std::int64_t>;

enum class Kind { plain, by_value, throws, nested_get, flattened, retried, ignored, gathered, after };

struct Step {
  Kind kind;
  std::vector<std::size_t> inputs;
  std::int64_t salt;
};

/// Either a value or the number of the step whose exception it is.
using Outcome = std::variant<Value, std::size_t>;

struct Failure : std::runtime_error {
  explicit Failure(std::size_t step) : std::runtime_error("step " + std::to_string(step)), number(step) {}
  std::size_t number;
};

std::vector<Step> random_graph(std::mt19937_64& random, std::size_t size) {
  auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  std::vector<Step> steps;
  for (std::size_t i = 0; i < size; ++i) {
    // Failures spread: keep what throws by itself rare.
    const Kind kind = below(40) == 0 ? Kind::throws : std::vector{Kind::plain, Kind::by_value, Kind::nested_get,
        Kind::flattened, Kind::retried, Kind::ignored, Kind::gathered, Kind::after}[below(8)];
    Step step{kind, {}, static_cast<std::int64_t>(below(1000))};
    const std::size_t inputs = i == 0 ? 0 : (kind == Kind::gathered ? below(6) : below(3));
    for (std::size_t k = 0; k < inputs; ++k) step.inputs.push_back(below(4) ? i - 1 - below(std::min<std::size_t>(i, 8)) : below(i));
    steps.push_back(step);
  }
  return steps;
}

Value combine(std::int64_t salt, const Value& a, const Value& b) {
  Value result{salt};
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) && i < 6; ++i) {
    result.push_back((i < a.size() ? 3 * a[i] : 1) % 1009 - (i < b.size() ? b[i] : 2));
  }
  return result;
}

Value combine_all(std::int64_t salt, const std::vector<Value>& all) {
  Value result{salt};
  for (const Value& v : all) result = combine(salt, result, v);
  return result;
}

/// The graph's meaning, one step after the other.
std::vector<Outcome> evaluate(const std::vector<Step>& steps) {
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& s = steps[i];
    std::vector<Value> inputs;
    std::optional<std::size_t> failed;
    for (const std::size_t k : s.inputs) {
      if (const auto* number = std::get_if<std::size_t>(&outcomes[k])) failed = failed.value_or(*number);
      else inputs.push_back(std::get<Value>(outcomes[k]));
    }
    if (!failed && s.kind == Kind::throws) failed = i;
    if (!failed && s.kind == Kind::ignored && s.salt % 3 == 0) failed = i;
    if (failed && s.kind == Kind::ignored) outcomes.emplace_back(Value());
    else if (failed) outcomes.emplace_back(*failed);
    else if (s.kind == Kind::after) outcomes.emplace_back(Value{s.salt});
    else if (s.kind == Kind::gathered) outcomes.emplace_back(combine_all(s.salt, inputs));
    else outcomes.emplace_back(combine(s.salt, inputs.empty() ? Value() : inputs[0], inputs.size() < 2 ? Value() : inputs[1]));
  }
  return outcomes;
}

/// Submits one step. A missing input is an empty value.
Future<Value> submit(Executor& ex, const Step& s, std::size_t i, const std::vector<Future<Value>>& all) {
  const Future<Value> a = s.inputs.empty() ? ex.scatter(Value()) : all[s.inputs[0]];
  const Future<Value> b = s.inputs.size() < 2 ? ex.scatter(Value()) : all[s.inputs[1]];
  const std::int64_t salt = s.salt;
  switch (s.kind) {
    case Kind::plain: return ex.submit(combine, salt, a, b);
    case Kind::by_value: return ex.submit([salt](Value x, Value y) { return combine(salt, std::move(x), std::move(y)); }, a, b);
    case Kind::throws: return ex.submit([i](const Value&, const Value&) -> Value { throw Failure(i); }, a, b);
    case Kind::nested_get:
      return ex.submit([salt](Executor& in, Value x, Value y) { return in.submit(combine, salt, std::move(x), std::move(y)).get(); }, a, b);
    case Kind::flattened:
      return ex.submit([salt](Executor& in, Value x, Value y) { return in.submit(combine, salt, std::move(x), std::move(y)); }, a, b);
    case Kind::retried:
      return ex.with({.retries = 2}).submit(
          [salt, runs = std::make_shared<std::atomic<int>>(0)](Value x, Value y) {
            if (++*runs < 3) throw std::runtime_error("try again");
            return combine(salt, std::move(x), std::move(y));
          }, a, b);
    case Kind::ignored:
      return ex.with({.timeout = kForever, .on_failure = OnFailure::ignore}).submit(
          [salt, i](const Value& x, const Value& y) {
            if (salt % 3 == 0) throw Failure(i);
            return combine(salt, x, y);
          }, a, b);
    case Kind::gathered: {
      std::vector<Future<Value>> inputs;
      for (const std::size_t k : s.inputs) inputs.push_back(all[k]);
      return ex.submit(combine_all, salt, std::move(inputs));
    }
    case Kind::after: {
      TaskOptions options;
      for (const std::size_t k : s.inputs) options.after.push_back(all[k]);
      return ex.with(std::move(options)).submit([salt] { return Value{salt}; });
    }
  }
  return {};
}

void run_one(std::uint64_t seed) {
  SCOPED_TRACE("DFLOW_STRESS_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto steps = random_graph(random, 20 + random() % 300);
  const auto expected = evaluate(steps);
  Executor ex(threads(1 + random() % 4));
  std::vector<Future<Value>> futures;
  for (std::size_t i = 0; i < steps.size(); ++i) futures.push_back(submit(ex, steps[i], i, futures));
  const bool cancels = random() % 2 == 0;
  if (cancels) {
    for (int k = 0; k < 5; ++k) futures[random() % futures.size()].cancel();
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    try {
      const Value value = futures[i].get();
      if (cancels) continue;  // what was cancelled may have become an ignored step's empty value
      ASSERT_TRUE(std::holds_alternative<Value>(expected[i])) << "step " << i;
      ASSERT_EQ(value, std::get<Value>(expected[i])) << "step " << i;
    } catch (const Failure& failure) {
      if (cancels) continue;
      ASSERT_TRUE(std::holds_alternative<std::size_t>(expected[i])) << "step " << i;
      ASSERT_EQ(std::get<std::size_t>(expected[i]), failure.number) << "step " << i;
    } catch (const CancelledError&) {
      ASSERT_TRUE(cancels) << "step " << i;
    }
  }
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(Stress, RandomGraphsMeanWhatTheyMeanSerially) {
  if (std::getenv("DFLOW_STRESS_SEED")) return run_one(from_environment("DFLOW_STRESS_SEED", 0));
  const std::uint64_t rounds = from_environment("DFLOW_STRESS_ROUNDS", kSanitized ? 30 : 300);
  const std::uint64_t first = std::random_device()();
  std::cout << "seeds " << first << " to " << first + rounds - 1 << std::endl;
  for (std::uint64_t seed = first; seed < first + rounds && !::testing::Test::HasFatalFailure(); ++seed) run_one(seed);
}

TEST(Stress, RandomGraphsShuffled) {
  const std::uint64_t first = std::random_device()();
  for (std::uint64_t seed = first; seed < first + (kSanitized ? 5 : 50) && !::testing::Test::HasFatalFailure(); ++seed) {
    const Environment shuffle("DFLOW_SHUFFLE", std::to_string(seed));
    run_one(seed);
  }
}

TEST(Stress, RandomGraphsOnTheCallersThread) {
  const Environment serial("DFLOW_SERIAL", "1");
  const std::uint64_t first = std::random_device()();
  for (std::uint64_t seed = first; seed < first + 20 && !::testing::Test::HasFatalFailure(); ++seed) run_one(seed);
}

TEST(Stress, TimeLimitsRaceWithBodies) {
  Executor ex(threads(2));
  std::vector<Future<int>> futures;
  for (int i = 0; i < (kSanitized ? 200 : 2000); ++i) {
    futures.push_back(ex.with({.timeout = std::chrono::microseconds(1 + i % 200)}).submit(
        [i](std::stop_token token) {
          for (int spin = 0; spin < 200 * (i % 7) && !token.stop_requested(); ++spin) std::this_thread::yield();
          return i;
        }));
  }
  for (std::size_t i = 0; i < futures.size(); ++i) {
    try {
      EXPECT_EQ(futures[i].get(), static_cast<int>(i));
    } catch (const TimeoutError&) {
    }
  }
}

TEST(Stress, CancelsRaceWithRuns) {
  Executor ex(threads(2));
  for (int round = 0; round < (kSanitized ? 20 : 200); ++round) {
    const auto a = ex.map(square, std::vector<int>(50, 2));
    const auto b = ex.map(square, a);
    std::thread canceller([&] {
      for (const auto& f : a) f.cancel();
    });
    for (std::size_t i = 0; i < a.size(); ++i) {
      b[i].wait();
      EXPECT_EQ(a[i].cancelled(), b[i].cancelled() || b[i].exception() != nullptr);
    }
    canceller.join();
  }
}

TEST(Stress, LaunchesRaceWithTasksAndCancels) {
  Executor ex(threads(3));
  const auto cell = [](long i, long j, const std::string& up, const std::string& left) {
    if ((i * 7 + j) % 11 == 5) {
      Executor here;
      return here.submit([](std::size_t length) { return std::string(length, 'x'); }, up.size() + left.size() + 1).get();
    }
    return up + left + "x";
  };
  for (int round = 0; round < (kSanitized ? 10 : 100); ++round) {
    const auto one = GridLaunch::start_on(ex, 7, cell), other = GridLaunch::start_on(ex, 7, cell);
    const auto tasks = ex.map(square, std::vector<int>(50, 2));
    std::thread canceller([&] {
      for (const auto& each : other->outputs) each.cancel();
    });
    EXPECT_EQ(one->outputs[0].get().size(), 3431U);
    for (const auto& task : tasks) EXPECT_EQ(task.get(), 4);
    for (const auto& each : other->outputs) {
      each.wait();
      const bool has_value = !each.cancelled() && each.exception() == nullptr;
      EXPECT_TRUE(!has_value || !each.get().empty());
    }
    canceller.join();
  }
}

TEST(Stress, LaunchesGiveMemoryBackWhileTheyRun) {
  const Environment windowed("DFLOW_WINDOW", "1");
  Executor ex(threads(4));
  const auto cell = [](long i, long j, const std::string& up, const std::string& left) {
    return i == 0 || j == 0 ? std::string("1") : std::to_string((std::stol(up) + std::stol(left)) % 1009);
  };
  constexpr long kSide = kSanitized ? 100 : 200;
  for (int round = 0; round < (kSanitized ? 3 : 10); ++round) {
    const auto one = GridLaunch::start_on(ex, kSide, cell), other = GridLaunch::start_on(ex, kSide, cell);
    EXPECT_EQ(one->outputs[0].get(), other->outputs[0].get());
  }
}

TEST(Stress, RestsOfChunksAreTakenByIdleThreads) {
  Executor ex(threads(4));
  std::vector<int> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 0);
  for (int round = 0; round < (kSanitized ? 10 : 100); ++round) {
    std::atomic<int> ran{0};
    const auto step = [&](int i) {
      if (i % 25 == 0 && i < 75) eventually([&] { return ran == 97; });
      else ++ran;
    };
    for (const auto& each : ex.map(MapOptions{.chunk = 25}, step, numbers)) each.get();
    EXPECT_EQ(ran, 97);
  }
}

}  // namespace
}  // namespace dflow::testing
