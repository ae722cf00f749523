// simulate [--first=SEED] [--seeds=COUNT] [--verbose]: runs simulated clusters, one a seed. Prints the
// command that repeats a failure, and goes on; exit 1 if any failed.
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sim/scenario.h"

namespace {

std::optional<std::uint64_t> number_after(std::string_view argument, std::string_view name) {
  if (!argument.starts_with(name)) return {};
  argument.remove_prefix(name.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(argument.begin(), argument.end(), number);
  if (error == std::errc() && end == argument.end()) return number;
  std::cerr << name << " takes a number, not '" << argument << "'\n";
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t first = 1, seeds = 500, failed = 0, tasks = 0, failures = 0, events = 0;
  bool verbose = false, trace = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (const auto n = number_after(argument, "--first="))
      first = *n;
    else if (const auto m = number_after(argument, "--seeds="))
      seeds = *m;
    else if (argument == "--verbose")
      verbose = true;
    else if (argument == "--trace")
      trace = true;
    else {
      std::cerr << "usage: " << argv[0] << " [--first=SEED] [--seeds=COUNT] [--verbose] [--trace]\n";
      return 2;
    }
  }
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    try {
      const auto outcome = dflow::sim::simulate(seed, trace ? &std::cout : nullptr);
      tasks += outcome.tasks, failures += outcome.failures, events += outcome.events;
      if (verbose)
        std::cout << seed << ": " << outcome.tasks << " tasks, " << outcome.events << " events;"
                  << outcome.description << std::endl;
    } catch (const std::exception& error) {
      ++failed;
      std::cout << "seed " << seed << ": " << error.what()
                << "\n  to repeat it: scripts/simulate.sh --first=" << seed << " --seeds=1" << std::endl;
    }
  }
  std::cout << seeds << " simulated clusters, " << tasks << " tasks (" << failures
            << " failed as they should), " << events << " events; " << failed << " broke a rule" << std::endl;
  return failed == 0 ? 0 : 1;
}
