// Prices European call options by Monte-Carlo simulation. Needs dflow's runtime and any C++20 compiler, no dflowc:
//
//     g++ -std=c++20 -O2 option_prices.cpp $(pkg-config --cflags --libs dflow) -o option_prices
//     option_prices [PATHS]      prints price and standard error of each option; progress goes to standard error
//
// Each batch of paths has a seed of its own and sums are merged in a fixed order: the output is the same on any number
// of threads, and in worker processes (DFLOW_WORKERS=3): batches take all that they need as arguments, which can be sent.

#include <dflow/dflow.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <random>
#include <stop_token>
#include <vector>

struct Option {
  double strike;
  double spot = 100, rate = 0.03, volatility = 0.2, years = 1;
};

/// Sums over simulated pay-offs.
struct Estimate {
  double paths = 0, sum = 0, sum_of_squares = 0;

  double price() const { return sum / paths; }
  double error() const { return std::sqrt((sum_of_squares / paths - price() * price()) / paths); }
};

constexpr int kPathsPerBatch = 10'000;

Estimate simulate(const Option& option, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  const double drift = (option.rate - option.volatility * option.volatility / 2) * option.years;
  const double spread = option.volatility * std::sqrt(option.years);
  const double discount = std::exp(-option.rate * option.years);
  Estimate estimate;
  for (int i = 0; i < kPathsPerBatch; ++i) {
    const double end = option.spot * std::exp(drift + spread * normal(generator));
    const double payoff = discount * std::max(end - option.strike, 0.0);
    estimate.sum += payoff;
    estimate.sum_of_squares += payoff * payoff;
  }
  estimate.paths = kPathsPerBatch;
  return estimate;
}

Estimate merge(Estimate a, const Estimate& b) {
  return {a.paths + b.paths, a.sum + b.sum, a.sum_of_squares + b.sum_of_squares};
}

/// All batches at once, then a tree of merges.
dflow::Future<Estimate> price(dflow::Executor& ex, const Option& option, const std::vector<std::uint64_t>& seeds) {
  auto batches = ex.map(simulate, std::vector(seeds.size(), option), seeds);
  return ex.reduce(merge, std::move(batches));
}

/// Takes batches in order until the price is known to `target`, and cancels the rest.
Estimate price_to(dflow::Executor& ex, const Option& option, double target, const std::vector<std::uint64_t>& seeds) {
  auto batches = ex.map(simulate, std::vector(seeds.size(), option), seeds);
  Estimate known;
  std::size_t used = 0;
  while (used < batches.size() && (used == 0 || known.error() > target)) known = merge(known, batches[used++].get());
  std::size_t spared = 0;
  for (std::size_t i = used; i < batches.size(); ++i) spared += batches[i].cancel();
  std::fprintf(stderr, "%zu of %zu batches never ran\n", spared, batches.size());
  return known;
}

/// Refines without end; whoever waits sets the limit. Tasks see a request to stop through their stop token.
Estimate refine(std::stop_token stop, const Option& option) {
  Estimate known;
  for (std::uint64_t seed = 1; !stop.stop_requested(); ++seed) known = merge(known, simulate(option, seed));
  return known;
}

int main(int argc, char** argv) try {
  dflow::Executor ex(argc, argv);
  const long paths = argc > 1 ? std::atol(argv[1]) : 1'000'000;
  if (paths < kPathsPerBatch) {
    std::fprintf(stderr, "usage: option_prices [PATHS]   at least %d\n", kPathsPerBatch);
    return 2;
  }
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(paths / kPathsPerBatch));
  std::iota(seeds.begin(), seeds.end(), 1);

  const std::vector<Option> options{{.strike = 80}, {.strike = 100}, {.strike = 120}};
  std::vector<dflow::Future<Estimate>> prices;
  for (const Option& option : options) prices.push_back(price(ex, option, seeds));

  std::size_t done = 0;
  for (const auto& known : dflow::as_completed(prices)) {
    std::fprintf(stderr, "%zu of %zu: %.3f\n", ++done, prices.size(), known.get().price());
  }
  for (std::size_t i = 0; i < options.size(); ++i) {
    const Estimate estimate = prices[i].get();
    std::printf("strike %g price %.6f error %.6f\n", options[i].strike, estimate.price(), estimate.error());
  }

  const Estimate rough = price_to(ex, options[1], 0.05, seeds);
  std::printf("strike %g price %.6f error %.6f after %.0f paths\n", options[1].strike, rough.price(), rough.error(),
              rough.paths);

  auto endless = ex.with({.timeout = std::chrono::milliseconds(20)}).submit(refine, options[1]);
  try {
    endless.get();
  } catch (const dflow::TimeoutError&) {
    std::printf("refining without end: stopped\n");
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "option_prices: %s\n", error.what());
  return 1;
}
