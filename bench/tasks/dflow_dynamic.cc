// dflow without dflowc: submit with values and futures as arguments. The tasks compute a number that comes
// out wrong if any of them is skipped, runs twice or sees another input.
#include <dflow/dflow.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/tasks/harness.h"

namespace {

using namespace dflow::bench;
using Value = std::uint32_t;  // wraps
using Values = std::vector<dflow::Future<Value>>;

Value one() {
  return 1;
}
Value same(Value x) {
  return x;
}
Value increment(Value x) {
  return x + 1;
}
Value add(Value x, Value y) {
  return x + y;
}
Value join(Value left, Value right) {
  return left + right + 1;
}

Value run_chain(dflow::Executor& ex, std::size_t tasks) {
  dflow::Future<Value> last = ex.submit(one);
  for (std::size_t i = 1; i < tasks; ++i) last = ex.submit(increment, std::move(last));
  return std::move(last).get();
}

/// Each cell counts the paths that lead to it; a row replaces the one above.
Value run_wavefront(dflow::Executor& ex, std::size_t side) {
  Values row;
  row.push_back(ex.submit(one));
  for (std::size_t column = 1; column < side; ++column) row.push_back(ex.submit(same, row[column - 1]));
  for (std::size_t line = 1; line < side; ++line) {
    row[0] = ex.submit(same, std::move(row[0]));
    for (std::size_t column = 1; column < side; ++column)
      row[column] = ex.submit(add, std::move(row[column]), row[column - 1]);
  }
  return std::move(row.back()).get();
}

/// Level by level from the leaves; the root's value is the number of tasks.
Value run_tree(dflow::Executor& ex, std::size_t levels) {
  Values level(std::size_t{1} << (levels - 1));
  for (auto& leaf : level) leaf = ex.submit(one);
  for (; level.size() > 1; level.resize(level.size() / 2))
    for (std::size_t i = 0; i < level.size() / 2; ++i)
      level[i] = ex.submit(join, std::move(level[2 * i]), std::move(level[2 * i + 1]));
  return std::move(level.front()).get();
}

Value run_independent(dflow::Executor& ex, std::size_t tasks) {
  Values results;
  results.reserve(tasks);
  for (std::size_t i = 0; i < tasks; ++i) results.push_back(ex.submit(increment, static_cast<Value>(i)));
  Value sum = 0;
  for (auto& result : results) sum += std::move(result).get();
  return sum;
}

Value run_shape(dflow::Executor& ex, const Case& c) {
  if (c.shape == Shape::chain) return run_chain(ex, c.tasks());
  if (c.shape == Shape::wavefront) return run_wavefront(ex, c.size);
  if (c.shape == Shape::tree) return run_tree(ex, c.size);
  return run_independent(ex, c.tasks());
}

/// The same numbers by plain loops.
Value expected(const Case& c) {
  if (c.shape == Shape::chain || c.shape == Shape::tree) return static_cast<Value>(c.tasks());
  if (c.shape == Shape::wavefront) {
    std::vector<Value> row(c.size, 1);
    for (std::size_t line = 1; line < c.size; ++line)
      for (std::size_t column = 1; column < c.size; ++column) row[column] += row[column - 1];
    return row.back();
  }
  Value sum = 0;
  for (std::size_t i = 0; i < c.tasks(); ++i) sum += static_cast<Value>(i) + 1;
  return sum;
}

Outcome run_checked(dflow::Executor& ex, const Case& c) {
  Stopwatch watch;
  const Value result = run_shape(ex, c);
  const Outcome outcome{.run_ns = watch.lap()};
  if (result != expected(c))
    throw std::runtime_error("the graph computed " + std::to_string(result) + " instead of " +
                             std::to_string(expected(c)));
  return outcome;
}

}  // namespace

int main(int argc, char** argv) {
  std::optional<dflow::Executor> executor;
  auto run = [&executor](const Case& c) {
    if (!executor) executor.emplace(dflow::ExecutorOptions{.threads = static_cast<std::size_t>(c.threads)});
    return run_checked(*executor, c);
  };
  return benchmark_main(argc, argv, run, run);
}
