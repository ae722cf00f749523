// What a task costs on a cluster of this machine. DFLOW_WORKERS says of how many workers.
//
//     bench_cluster CASE SIZE     independent, chain, tree, shuffle: tasks (or 2^SIZE leaves; SIZE x SIZE parts);
//                                 submit_get: rounds; transfer: MB from one worker to another
//
// Prints one line of JSON: the seconds that it took, what of, and how much.
#include <dflow/dflow.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Values = std::vector<dflow::Future<long>>;
using Bytes = std::vector<std::uint8_t>;

long increment(long x) { return x + 1; }
long add(long x, long y) { return x + y; }
std::vector<long> deal(long x, long parts) { return std::vector<long>(static_cast<std::size_t>(parts), x); }
long collect(const std::vector<std::vector<long>>& dealt, long part) {
  long sum = 0;
  for (const auto& parts : dealt) sum += parts.at(static_cast<std::size_t>(part));
  return sum;
}
Bytes make(std::size_t size, std::uint8_t with) { return Bytes(size, with); }
long last_of(const Bytes& bytes) { return bytes.back(); }

struct Outcome {
  double seconds = 0;
  double amount = 0;  ///< Tasks, rounds or bytes.
};

void require(bool right) {
  if (!right) throw std::runtime_error("a wrong result");
}

double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

Outcome independent(dflow::Executor& ex, long tasks) {
  const auto begin = Clock::now();
  Values all;
  for (long i = 0; i < tasks; ++i) all.push_back(ex.submit(increment, i));
  long sum = 0;
  for (auto& each : all) sum += each.get();
  require(sum == tasks * (tasks + 1) / 2);
  return {since(begin), static_cast<double>(tasks)};
}

Outcome chain(dflow::Executor& ex, long tasks) {
  const auto begin = Clock::now();
  auto last = ex.submit(increment, 0L);
  for (long i = 1; i < tasks; ++i) last = ex.submit(increment, last);
  require(last.get() == tasks);
  return {since(begin), static_cast<double>(tasks)};
}

Outcome tree(dflow::Executor& ex, long levels) {
  const auto begin = Clock::now();
  Values level;
  for (long i = 0; i < 1L << levels; ++i) level.push_back(ex.submit(increment, 0L));
  require(ex.reduce(add, level).get() == 1L << levels);
  return {since(begin), static_cast<double>((2L << levels) - 1)};
}

/// Everybody's results go to everybody.
Outcome shuffle(dflow::Executor& ex, long parts) {
  const auto begin = Clock::now();
  std::vector<dflow::Future<std::vector<long>>> dealt;
  for (long i = 0; i < parts; ++i) dealt.push_back(ex.submit(deal, i, parts));
  Values all;
  for (long part = 0; part < parts; ++part) all.push_back(ex.submit(collect, dealt, part));
  for (auto& each : all) require(each.get() == parts * (parts - 1) / 2);
  return {since(begin), static_cast<double>(2 * parts)};
}

Outcome submit_get(dflow::Executor& ex, long rounds) {
  const auto begin = Clock::now();
  for (long i = 0; i < rounds; ++i) require(ex.submit(increment, i).get() == i + 1);
  return {since(begin), static_cast<double>(rounds)};
}

/// From worker to worker, three times; the best, since the first meets memory that nobody has touched.
Outcome transfer(dflow::Executor& ex, long megabytes) {
  const auto size = static_cast<std::size_t>(megabytes) << 20;
  double best = 1e9;
  for (std::uint8_t i = 1; i <= 3; ++i) {
    const auto bytes = ex.with({.workers = {"worker-1"}}).submit(make, size, i);
    bytes.wait();
    const auto begin = Clock::now();
    require(ex.with({.workers = {"worker-2"}}).submit(last_of, bytes).get() == i);
    best = std::min(best, since(begin));
  }
  return {best, static_cast<double>(size)};
}

Outcome run(const std::string& name, dflow::Executor& ex, long size) {
  if (name == "independent") return independent(ex, size);
  if (name == "chain") return chain(ex, size);
  if (name == "tree") return tree(ex, size);
  if (name == "shuffle") return shuffle(ex, size);
  if (name == "submit_get") return submit_get(ex, size);
  if (name == "transfer") return transfer(ex, size);
  throw std::invalid_argument("no case '" + name + "'");
}

}  // namespace

int main(int argc, char** argv) try {
  dflow::Executor ex(argc, argv);
  if (argc != 3) throw std::invalid_argument("usage: bench_cluster CASE SIZE");
  const std::string name = argv[1];
  const char* workers = std::getenv("DFLOW_WORKERS");
  if (workers) ex.wait_for_workers(std::strtoul(workers, nullptr, 10));  // as dask's client does
  Values warm;
  for (long i = 0; i < 200; ++i) warm.push_back(ex.submit(increment, i));
  for (auto& each : warm) each.get();
  const Outcome outcome = run(name, ex, std::strtol(argv[2], nullptr, 10));
  std::printf("{\"seconds\": %.9f, \"amount\": %.0f}\n", outcome.seconds, outcome.amount);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_cluster: %s\n", error.what());
  return 1;
}
