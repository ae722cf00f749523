#include "tests/chaos/graphs.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <iostream>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/chaos/parts.h"

namespace dflow::chaos {
namespace {

long mix_slowly(long a, long b) { return take(1 + a % 3), mix(a, b); }

Numbers blend(const std::vector<Numbers>& inputs, long seed) {
  Numbers result = inputs.front();
  for (const Numbers& input : inputs) {
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = mix(result[i], input[i % input.size()] + seed);
  }
  return result;
}
Numbers numbers_slowly(long seed, std::size_t size) { return take(2), numbers(seed, size); }
Numbers blend_slowly(const std::vector<Numbers>& inputs, long seed) { return take(seed % 5), blend(inputs, seed); }

/// Layers of tasks, each of which reads some of the layer before: small values and large ones.
void run_layers(Executor& ex, Random& random) {
  constexpr std::size_t kLayers = 7, kWidth = 8;
  std::vector<Future<Numbers>> layer;
  std::vector<Numbers> expected;
  for (std::size_t i = 0; i < kWidth; ++i) {
    const long seed = static_cast<long>(random() % 1000);
    const std::size_t size = random() % 3 == 0 ? 20'000 : 20;
    layer.push_back(ex.submit(numbers_slowly, seed, size));
    expected.push_back(numbers(seed, size));
  }
  for (std::size_t depth = 1; depth < kLayers; ++depth) {
    std::vector<Future<Numbers>> next;
    std::vector<Numbers> next_expected;
    for (std::size_t i = 0; i < kWidth; ++i) {
      std::vector<Future<Numbers>> inputs;
      std::vector<Numbers> values;
      for (std::size_t n = random() % 3 + 1; n > 0; --n) {
        const std::size_t from = random() % kWidth;
        inputs.push_back(layer[from]);
        values.push_back(expected[from]);
      }
      const long seed = static_cast<long>(random() % 1000);
      next.push_back(ex.submit(blend_slowly, inputs, seed));
      next_expected.push_back(blend(values, seed));
    }
    layer = std::move(next);
    expected = std::move(next_expected);
  }
  for (std::size_t i = 0; i < kWidth; ++i) expect_same(layer[i].get(), expected[i], "a number of the last layer");
}

/// Everybody's parts go to everybody.
std::vector<Numbers> deal(long seed, std::size_t parts) {
  take(3);
  std::vector<Numbers> dealt;
  for (std::size_t i = 0; i < parts; ++i) dealt.push_back(numbers(seed + static_cast<long>(i), 2'000));
  return dealt;
}
long collect(const std::vector<std::vector<Numbers>>& dealt, std::size_t part) {
  take(2);
  long result = 0;
  for (const auto& parts : dealt) result = mix(result, sum(parts.at(part)));
  return result;
}
void run_shuffle(Executor& ex, Random& random) {
  constexpr std::size_t kParts = 8;
  const long seed = static_cast<long>(random() % 1000);
  std::vector<Future<std::vector<Numbers>>> dealt;
  for (std::size_t i = 0; i < kParts; ++i) dealt.push_back(ex.submit(deal, seed + 100 * static_cast<long>(i), kParts));
  std::vector<Future<long>> collected;
  for (std::size_t part = 0; part < kParts; ++part) collected.push_back(ex.submit(collect, dealt, part));
  for (std::size_t part = 0; part < kParts; ++part) {
    long expected = 0;
    for (std::size_t i = 0; i < kParts; ++i) {
      expected = mix(expected, sum(numbers(seed + 100 * static_cast<long>(i) + static_cast<long>(part), 2'000)));
    }
    expect_same(collected[part].get(), expected, "a part of the shuffle");
  }
}

/// Rows of tasks that read their neighbours: what is lost late is computed again from far back.
void run_stencil(Executor& ex, Random& random) {
  constexpr std::size_t kWidth = 6, kSteps = 20;
  std::vector<Future<long>> row;
  Numbers expected;
  for (std::size_t i = 0; i < kWidth; ++i) {
    expected.push_back(static_cast<long>(random() % 1000));
    row.push_back(ex.submit(mix_slowly, expected.back(), 1L));
    expected.back() = mix(expected.back(), 1L);
  }
  for (std::size_t step = 0; step < kSteps; ++step) {
    std::vector<Future<long>> next;
    Numbers next_expected;
    for (std::size_t i = 0; i < kWidth; ++i) {
      next.push_back(ex.submit(mix_slowly, row[i], row[(i + 1) % kWidth]));
      next_expected.push_back(mix(expected[i], expected[(i + 1) % kWidth]));
    }
    row = std::move(next);
    expected = std::move(next_expected);
  }
  for (std::size_t i = 0; i < kWidth; ++i) expect_same(row[i].get(), expected[i], "an end of the stencil");
}

/// Tasks that submit tasks and wait for them.
long leaves(long depth, long x) { return depth == 0 ? mix(x, 5) : mix(leaves(depth - 1, x), leaves(depth - 1, x + 1)); }
long grow(long depth, long x) {
  if (depth == 0) return mix_slowly(x, 5);
  Executor ex;
  const auto left = ex.submit(grow, depth - 1, x), right = ex.submit(grow, depth - 1, x + 1);
  return mix(left.get(), right.get());
}
void run_tree(Executor& ex, Random& random) {
  const long x = static_cast<long>(random() % 1000);
  std::vector<Future<long>> trees;
  for (long i = 0; i < 4; ++i) trees.push_back(ex.submit(grow, 3L, x + i));
  for (long i = 0; i < 4; ++i) expect_same(trees[static_cast<std::size_t>(i)].get(), leaves(3, x + i), "a tree");
}

/// Some tasks throw, some are cancelled: each future ends as it must.
long odd(long x) {
  take(1);
  if (x % 5 == 0) throw std::out_of_range(std::to_string(x));
  return x + 1;
}
void run_failures(Executor& ex, Random& random) {
  std::vector<Future<long>> all, next;
  for (long i = 0; i < 120; ++i) all.push_back(ex.submit(odd, i));
  for (const auto& each : all) next.push_back(ex.submit(mix, each, 1L));
  std::vector<bool> cancelled(next.size());
  for (std::size_t i = 0; i < next.size(); ++i) cancelled[i] = random() % 10 == 0 && next[i].cancel();
  for (std::size_t i = 0; i < next.size(); ++i) {
    const auto x = static_cast<long>(i);
    std::string outcome;
    try {
      outcome = std::to_string(next[i].get());
    } catch (const std::out_of_range& error) {
      outcome = "no " + std::string(error.what());
    } catch (const CancelledError&) {
      outcome = "cancelled";
    }
    const std::string thrown = x % 5 == 0 ? "no " + std::to_string(x) : std::to_string(mix(x + 1, 1));
    expect_same(outcome, cancelled[i] ? std::string("cancelled") : thrown, "an outcome");
  }
}

/// Values that only move, and values that have no other source than this process, which has a future of them.
std::unique_ptr<Numbers> owned(long x) { return take(1), std::make_unique<Numbers>(numbers(x, 1'000)); }
std::unique_ptr<Numbers> longer(std::unique_ptr<Numbers> of) { return take(2), of->push_back(1), std::move(of); }
void run_owned(Executor& ex, Random& random) {
  const long x = static_cast<long>(random() % 1000);
  std::vector<Future<std::unique_ptr<Numbers>>> all;
  for (long i = 0; i < 6; ++i) all.push_back(ex.submit(owned, x + i));
  for (int step = 0; step < 5; ++step) {
    for (auto& each : all) each = ex.submit(longer, std::move(each));
  }
  const Numbers large = numbers(x, 30'000);
  const auto placed = ex.scatter(large);
  std::vector<Future<long>> sums;
  for (int i = 0; i < 6; ++i) sums.push_back(ex.submit(sum, placed));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::unique_ptr<Numbers> got = std::move(all[i]).get();
    expect_same(sum(*got), sum(numbers(x + static_cast<long>(i), 1'000)) + 5, "a value that moves");
  }
  for (const auto& each : sums) expect_same(each.get(), sum(large), "a sum of what was scattered");
}

/// Many short tasks: queues at workers are long when these die.
void run_crowd(Executor& ex, Random&) {
  std::vector<long> xs(1500);
  std::iota(xs.begin(), xs.end(), 0L);
  const auto all = ex.map([](long x) { return mix(x, 2); }, xs);
  const long total = ex.reduce([](long a, long b) { return a + b; }, all).get();
  long expected = 0;
  for (const long x : xs) expected += mix(x, 2);
  expect_same(total, expected, "the sum of a crowd");
}

long explode(long x) {
  std::cerr << "bomb " << x << std::endl;
  take(2);
  std::raise(SIGSEGV);
  return x;
}

constexpr std::array kGraphs = {
    Graph{"layers", run_layers},     Graph{"shuffle", run_shuffle}, Graph{"stencil", run_stencil}, Graph{"tree", run_tree},
    Graph{"failures", run_failures}, Graph{"owned", run_owned},     Graph{"crowd", run_crowd},     Graph{"placed", run_placed},
    Graph{"large", run_large},       Graph{"spilled", run_spilled}, Graph{"retried", run_retried}, Graph{"cancelled", run_cancelled},
    Graph{"timed", run_timed}};

}  // namespace

std::span<const Graph> graphs() { return kGraphs; }

void run_bombs(Executor& ex) {
  std::vector<Future<long>> bombs, bystanders;
  // Of the other tasks nobody knows how many workers die under them by chance: chaos.py allows that many more.
  const auto deadly = ex.with({.allowed_failures = 3});
  for (long i = 0; i < 2; ++i) bombs.push_back(deadly.submit(explode, i));
  for (long i = 0; i < 30; ++i) bystanders.push_back(ex.submit(mix_slowly, i, 9L));
  const auto after = ex.submit(mix, bombs.front(), bystanders.front());
  for (long i = 0; i < 30; ++i) expect_same(bystanders[static_cast<std::size_t>(i)].get(), mix(i, 9), "a bystander");
  bombs.push_back(after);
  for (const auto& bomb : bombs) {
    try {
      bomb.get();
    } catch (const WorkerLost& lost) {
      if (lost.end().find("signal") == std::string::npos) throw std::runtime_error("a bomb: " + std::string(lost.what()));
      continue;
    }
    throw std::runtime_error("a bomb had a result");
  }
}

}  // namespace dflow::chaos
