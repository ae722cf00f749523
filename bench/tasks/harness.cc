#include "bench/tasks/harness.h"

#include <charconv>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>

#include "bench/memory.h"

namespace dflow::bench {
namespace {

/// Throws std::invalid_argument unless `text` is a whole number from 1 to `largest`.
std::size_t number_in(const std::string& text, const std::string& name, std::size_t largest) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > largest)
    throw std::invalid_argument(name + " must be 1 to " + std::to_string(largest) + ", not '" + text + "'");
  return value;
}

Case parse(int argc, char** argv) {
  if (argc != 4) throw std::invalid_argument("expected SHAPE SIZE THREADS");
  const Shape shape = shape_named(argv[1]);
  const std::size_t largest = shape == Shape::tree ? 30 : shape == Shape::wavefront ? 30'000 : 1'000'000'000;
  return {shape, number_in(argv[2], "size", largest), static_cast<int>(number_in(argv[3], "threads", 1000))};
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
