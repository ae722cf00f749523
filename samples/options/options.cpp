// Prices a book of options by Monte-Carlo simulation.
//
//     options FILE BATCHES       prices the options listed in FILE with BATCHES batches of 2,000 paths each, and prints
//                                price and standard error. A line of FILE: name kind(call|put|asian) spot strike rate
//                                volatility years
//
// Each batch has random numbers of its own, counted rather than drawn one after the other, and sums are merged in a
// fixed order: the output is the same on any number of cores.

#include <dflow/dflow.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numbers>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Option {
  std::string name, kind;
  double spot = 0, strike = 0, rate = 0, volatility = 0, years = 0;

  /// How often the price is looked at on the way: an Asian option pays for the average of twelve.
  int steps() const { return kind == "asian" ? 12 : 1; }
  double payoff(double price) const { return std::max(kind == "put" ? strike - price : price - strike, 0.0); }
};

struct Sums {
  double paths = 0, sum = 0, squares = 0;

  double mean() const { return sum / paths; }
  double error() const { return std::sqrt((squares / paths - mean() * mean()) / paths); }
};

constexpr int kPaths = 2'000;

/// SplitMix64 of a counter (Steele, Lea and Flood 2014), as a number in (0, 1).
double uniform(std::uint64_t counter) {
  std::uint64_t z = counter * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (static_cast<double>((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}

/// Box and Muller's transform.
double normal(std::uint64_t counter) {
  return std::sqrt(-2 * std::log(uniform(2 * counter))) * std::cos(2 * std::numbers::pi * uniform(2 * counter + 1));
}

[[dflow::task]] Sums simulate(const Option& option, int batch) {
  const int steps = option.steps();
  const double step = option.years / steps;
  const double drift = (option.rate - option.volatility * option.volatility / 2) * step;
  const double spread = option.volatility * std::sqrt(step), discount = std::exp(-option.rate * option.years);
  std::uint64_t counter = static_cast<std::uint64_t>(batch) * kPaths * steps + 1;
  Sums sums;
  for (int path = 0; path < kPaths; ++path) {
    double price = option.spot, total = 0;
    for (int i = 0; i < steps; ++i) {
      price *= std::exp(drift + spread * normal(counter++));
      total += price;
    }
    const double value = discount * option.payoff(total / steps);
    sums.sum += value;
    sums.squares += value * value;
  }
  sums.paths = kPaths;
  return sums;
}

[[dflow::task]] Sums merge(const Sums& a, const Sums& b) { return {a.paths + b.paths, a.sum + b.sum, a.squares + b.squares}; }

[[dflow::graph]] std::vector<dflow::Future<Sums>> price(dflow::Executor& ex, const std::vector<Option>& options, int batches) {
  std::vector<dflow::Future<Sums>> prices;
  for (const Option& option : options) {
    std::vector<dflow::Future<Sums>> parts;
    for (int batch = 0; batch < batches; ++batch) parts.push_back(ex.submit(simulate, option, batch));
    prices.push_back(ex.reduce(merge, parts));
  }
  return prices;
}

std::vector<Option> read_options(const std::string& name) {
  std::ifstream file(name);
  std::vector<Option> options;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    Option o;
    if (!(words >> o.name >> o.kind >> o.spot >> o.strike >> o.rate >> o.volatility >> o.years)) {
      throw std::runtime_error(name + ": cannot read '" + line + "'");
    }
    options.push_back(o);
  }
  if (options.empty()) throw std::runtime_error(name + " lists no options");
  return options;
}

int main(int argc, char** argv) try {
  dflow::Executor ex(argc, argv);
  const int batches = argc == 3 ? std::atoi(argv[2]) : 0;
  if (batches < 1) {
    std::fprintf(stderr, "usage: options FILE BATCHES\n");
    return 2;
  }
  const std::vector<Option> options = read_options(argv[1]);
  const auto prices = price(ex, options, batches);
  for (std::size_t i = 0; i < options.size(); ++i) {
    std::printf("%-12s %10.6f +- %.6f\n", options[i].name.c_str(), prices[i].get().mean(), prices[i].get().error());
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "options: %s\n", error.what());
  return 1;
}
