// dflow with dflowc: the same shapes as graph functions, which are launched from their plans.
#include <dflow/dflow.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/tasks/harness.h"

using namespace dflow::bench;
using Value = std::uint32_t;  // wraps
using Handle = dflow::Future<Value>;
using Handles = std::vector<Handle>;

[[dflow::task]] Value one() {
  return 1;
}
[[dflow::task]] Value leaf(std::size_t) {
  return 1;
}
[[dflow::task]] Value same(Value x) {
  return x;
}
[[dflow::task]] Value increment(Value x) {
  return x + 1;
}
[[dflow::task]] Value add(Value x, Value y) {
  return x + y;
}
[[dflow::task]] Value join(Value left, Value right) {
  return left + right + 1;
}
[[dflow::task]] Value sum(const std::vector<Value>& values) {
  Value total = 0;
  for (const Value value : values) total += value;
  return total;
}

[[dflow::graph]] Handle chain(dflow::Executor& ex, std::size_t tasks) {
  Handle last = ex.submit(one);
  for (std::size_t i = 1; i < tasks; ++i) last = ex.submit(increment, std::move(last));
  return last;
}

/// Each cell counts the paths that lead to it; a row replaces the one above.
[[dflow::graph]] Handle wavefront(dflow::Executor& ex, std::size_t side) {
  Handles row;
  row.push_back(ex.submit(one));
  for (std::size_t column = 1; column < side; ++column) row.push_back(ex.submit(same, row[column - 1]));
  for (std::size_t line = 1; line < side; ++line) {
    row[0] = ex.submit(same, std::move(row[0]));
    for (std::size_t column = 1; column < side; ++column)
      row[column] = ex.submit(add, std::move(row[column]), row[column - 1]);
  }
  return row.back();
}

/// The root's value is the number of tasks.
[[dflow::graph]] Handle tree(dflow::Executor& ex, std::size_t leaves) {
  Handles level;
  for (std::size_t i = 0; i < leaves; ++i) level.push_back(ex.submit(leaf, i));
  return ex.reduce(join, std::move(level));
}

/// All results arrive at one more task.
[[dflow::graph]] Handle independent(dflow::Executor& ex, std::size_t tasks) {
  Handles results;
  for (std::size_t i = 0; i < tasks; ++i) results.push_back(ex.submit(increment, static_cast<Value>(i)));
  return ex.submit(sum, results);
}

namespace {

Handle submitted(dflow::Executor& ex, const Case& c) {
  if (c.shape == Shape::chain) return chain(ex, c.tasks());
  if (c.shape == Shape::wavefront) return wavefront(ex, c.size);
  if (c.shape == Shape::tree) return tree(ex, std::size_t{1} << (c.size - 1));
  return independent(ex, c.tasks());
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
  Value total = 0;
  for (std::size_t i = 0; i < c.tasks(); ++i) total += static_cast<Value>(i) + 1;
  return total;
}

Outcome run_checked(dflow::Executor& ex, const Case& c) {
  Stopwatch watch;
  const Value result = submitted(ex, c).get();
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
