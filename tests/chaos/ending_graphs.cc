#include <random>
#include <stop_token>
#include <string>

#include "tests/chaos/parts.h"

namespace dflow::chaos {
namespace {

/// Throws twice in three times, by chance; for a tenth of all numbers always.
long throws_mostly(long x) {
  take(1);
  if (x % 10 == 3) throw std::out_of_range(std::to_string(x));
  if (std::random_device()() % 3 != 0) throw std::runtime_error("tried too seldom");
  return mix(x, 11);
}

long sleeps_well(long x) {
  return take(20), mix(x, 13);
}

/// Ends when it is told to.
long waits_for_ever(std::stop_token stop) {
  while (!stop.stop_requested()) take(1);
  return 0;
}
/// Does not listen, so its worker has to be ended. By itself it ends when the program may have been killed long ago.
long is_deaf() { return take(5'000), 0; }

/// Its result, or how it ends otherwise.
std::string end_of(const Future<long>& future) {
  try {
    return std::to_string(future.get());
  } catch (const CancelledError&) {
    return "cancelled";
  } catch (const TimeoutError&) {
    return "late";
  } catch (const std::out_of_range& error) {
    return "no " + std::string(error.what());
  }
}

void expect_end(const Future<long>& future, const std::string& expected, const std::string& what) {
  const std::string end = end_of(future);
  if (end != expected) throw std::runtime_error(what + ": " + end + ", not " + expected);
}

}  // namespace

void run_retried(Executor& ex, Random&) {
  std::vector<long> xs(60);
  std::iota(xs.begin(), xs.end(), 0L);
  const auto tried = ex.with({.retries = 60}).map(throws_mostly, xs);
  const auto ignored =
      ex.with({.retries = 1, .on_failure = OnFailure::ignore}).map(throws_mostly, std::vector<long>(10, 3));
  const auto next = ex.map([](long x) { return mix(x, 1); }, tried);
  for (const long x : xs) {
    const std::string expected = x % 10 == 3 ? "no " + std::to_string(x) : std::to_string(mix(mix(x, 11), 1));
    expect_end(next[static_cast<std::size_t>(x)], expected, "what was tried again");
  }
  for (const auto& each : ignored) expect_same(each.get(), 0L, "a failure that is ignored");
}

void run_cancelled(Executor& ex, Random& random) {
  std::vector<Future<long>> all, next, endless;
  for (long i = 0; i < 100; ++i) all.push_back(ex.submit(sleeps_well, i));
  for (const auto& each : all) next.push_back(ex.submit(mix, each, 1L));
  all[random() % 30].wait();  // in the middle
  const auto first = ex.with({.priority = 1});
  for (int i = 0; i < 2; ++i) endless.push_back(first.submit(waits_for_ever));
  if (random() % 3 == 0) endless.push_back(first.submit(is_deaf));
  take(static_cast<long>(random() % 50));
  std::vector<bool> gone(all.size()), next_gone(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    gone[i] = random() % 3 == 0 && all[i].cancel();
    next_gone[i] = (random() % 10 == 0 && next[i].cancel()) || gone[i];
  }
  for (const auto& each : endless) {
    if (!each.cancel(force)) throw std::runtime_error("what has no end was not cancelled");
    expect_end(each, "cancelled", "what has no end");
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const long result = mix(static_cast<long>(i), 13);
    const std::string which = std::to_string(i);
    expect_end(all[i], gone[i] ? "cancelled" : std::to_string(result), "task " + which);
    expect_end(next[i], next_gone[i] ? "cancelled" : std::to_string(mix(result, 1)), "what needs task " + which);
  }
}

void run_timed(Executor& ex, Random& random) {
  std::vector<Future<long>> late, in_time, after;
  for (long i = 0; i < 6; ++i) {
    const auto span = std::chrono::milliseconds(5 + random() % 100);
    late.push_back(ex.with({.timeout = span}).submit(waits_for_ever));
    // Longer than whatever stops a worker here, or its connection.
    in_time.push_back(ex.with({.timeout = std::chrono::minutes(2)}).submit(sleeps_well, i));
    after.push_back(ex.submit(mix, late.back(), in_time.back()));
  }
  for (std::size_t i = 0; i < late.size(); ++i) {
    expect_end(late[i], "late", "what has no end");
    expect_end(in_time[i], std::to_string(mix(static_cast<long>(i), 13)), "what ends in time");
    expect_end(after[i], "late", "what needs what is late");
  }
}

}  // namespace dflow::chaos
