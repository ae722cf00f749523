#include "bench/tasks/harness.h"

#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <string>

namespace dflow::bench {
namespace {

/// A figure of /proc/self/status in MB. Not getrusage's ru_maxrss, which an exec inherits from the parent: a
/// small benchmark would report the memory of the script that started it.
double memory_mb(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(key + ":", 0) == 0) return std::stod(line.substr(key.size() + 1)) / 1024;
  throw std::runtime_error("/proc/self/status has no " + key);
}

Case parse(int argc, char** argv) {
  if (argc != 4) throw std::invalid_argument(std::string("usage: ") + argv[0] + " SHAPE SIZE THREADS");
  const Case c{shape_named(argv[1]), std::stoul(argv[2]), std::stoi(argv[3])};
  const std::size_t largest = c.shape == Shape::tree        ? 30
                              : c.shape == Shape::wavefront ? 30'000
                                                            : 1'000'000'000;
  if (c.size < 1 || c.size > largest || c.threads < 1 || c.threads > 1000)
    throw std::invalid_argument("size must be 1 to " + std::to_string(largest) + ", threads 1 to 1000");
  return c;
}

Case small_case(const Case& c) {
  const std::size_t size = c.shape == Shape::wavefront ? 40 : c.shape == Shape::tree ? 11 : 2000;
  return {c.shape, size, c.threads};
}

}  // namespace

int benchmark_main(int argc, char** argv, const std::function<Outcome(const Case&)>& trial,
                   const std::function<Outcome(const Case&)>& measure) try {
  const double before_mb = memory_mb("VmRSS");
  const Case c = parse(argc, argv);
  trial(small_case(c));
  const Outcome outcome = measure(c);
  std::printf("{\"tasks\": %zu, \"build_ns\": %.0f, \"run_ns\": %.0f, \"peak_mb\": %.2f}\n", c.tasks(),
              outcome.build_ns, outcome.run_ns, memory_mb("VmHWM") - before_mb);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
  return 1;
}

}  // namespace dflow::bench
