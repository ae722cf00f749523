// Tasks with options are launched: names, priorities, what they wait for, retries, whose inputs are never moved, purity,
// failures that cancel and those that are ignored, time limits.
// BOUNDARIES: 0
// REPLICABLE: yes
// WARNS: reads-global, how often a task has failed
// WORKERS: no, each worker counts for itself
// LAUNCHED: tried folded named waits cancels consequences tried_within limited ignored forgotten
// WITHOUT: all
// PARAMS: graph=tried 4 -- n=4
// PARAMS: graph=folded 4 -- n=4
// PARAMS: graph=waits 4 -- n=4
// PARAMS: graph=consequences 4 -- n=4
// GRAPH: 28 tasks, 16 edges
// OPTIMISED: 12 tasks, 0 edges
// PARAMS: graph=tried_within 4 -- n=4
// OPTIMISED: 4 tasks, 0 edges
// PARAMS: graph=forgotten 4 -- n=4
// GRAPH: 12 tasks, 0 edges
// OPTIMISED: 8 tasks, 0 edges

#include <dflow/dflow.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;
using Text = dflow::Future<std::string>;

/// How often something happened before; from now on once more.
int happened(int which, int more = 1) {
  static std::mutex mutex;
  static std::map<int, int> counts;
  const std::lock_guard lock(mutex);
  return std::exchange(counts[which], counts[which] + more);
}
[[dflow::task]] std::string text(int i) { return std::string(20, static_cast<char>('a' + i)); }
/// Fails so many times, after it has spoilt what it was given.
[[dflow::task]] std::string unsteady(std::string given, int which, int times) {
  given += "!";
  if (happened(which) < times) throw std::runtime_error("again: " + given);
  return given;
}
[[dflow::task]] std::string plus(std::string a, std::string b) {
  if (happened(1000) % 2 == 0) throw std::runtime_error("once more");
  return a + b;
}

[[dflow::graph]] std::vector<Text> tried(dflow::Executor& ex, int n) {
  std::vector<Text> all;
  for (int i = 0; i < n; ++i) {
    auto given = ex.submit(text, i);
    auto first = ex.with({.retries = 2}).submit(unsteady, given, 3 * i, 2);
    all.push_back(ex.with({.name = "second", .retries = 1}).submit(unsteady, first, 3 * i + 1, i));
    all.push_back(ex.with({.retries = 1}).submit(unsteady, "no future", 3 * i + 2, 1));
  }
  return all;
}
/// A chain: a tree's tasks would share their counters.
[[dflow::graph]] Text folded(dflow::Executor& ex, int n) {
  std::vector<Text> parts;
  for (int i = 0; i < n; ++i) parts.push_back(ex.submit(text, i));
  Text last = parts[0];
  for (int i = 1; i < n; ++i) last = ex.with({.retries = 1}).reduce(plus, std::vector<Text>{last, parts[i]});
  return last;
}

[[dflow::task]] long cell(int i) {
  if (i == 2) throw std::out_of_range("two");
  return i;
}
std::atomic<bool> go{false};
[[dflow::task]] long wait_for_go() {
  go.wait(false);
  return 5;
}
[[dflow::graph]] Row named(dflow::Executor& ex, int n) {
  Row all;
  auto first = ex.submit(wait_for_go);
  const auto urgent = ex.with({.name = "urgent", .priority = 3});
  for (int i = 0; i < n; ++i) all.push_back(urgent.submit(mix, first, i));
  for (int i = 0; i < n; ++i) all.push_back(ex.with({.name = "late", .priority = -2, .pure = true}).submit(mix, all[i], i));
  return all;
}

[[dflow::task]] void step(int i) {
  if (i == 3) throw std::domain_error("three");
  happened(2000 + i);
}
[[dflow::task]] long seen(int i) { return happened(2000 + i, 0) + happened(1999 + i, 0); }
[[dflow::graph]] Row waits(dflow::Executor& ex, int n) {
  Row all;
  auto last = ex.submit(step, 0);
  for (int i = 1; i < n; ++i) {
    auto now = ex.with({.after = {last}}).submit(step, i);
    all.push_back(ex.with({.after = {now, last}}).submit(seen, i));
    last = now;
  }
  return all;
}

[[dflow::graph]] Row cancels(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) {
    auto x = ex.with({.on_failure = dflow::OnFailure::cancel_successors}).submit(cell, i);
    auto y = ex.submit(mix, x, 1);
    auto z = ex.submit(mix, y, 2);
    all.push_back(x);
    all.push_back(y);
    all.push_back(ex.submit(mix, z, y));
  }
  return all;
}

/// Equal calls whose failures have other consequences, and chains in the middle of which one cancels or is tried again.
[[dflow::task]] [[dflow::pure]] long pure_cell(int i) { return cell(i); }
[[dflow::graph]] Row consequences(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) {
    all.push_back(ex.submit(mix, ex.submit(pure_cell, i), 1));
    all.push_back(ex.submit(mix, ex.with({.on_failure = dflow::OnFailure::cancel_successors}).submit(pure_cell, i), 1));
    auto chain = ex.with({.on_failure = dflow::OnFailure::cancel_successors}).submit(cell, i);
    all.push_back(ex.submit(mix, ex.submit(mix, chain, 1), 2));
  }
  return all;
}
[[dflow::graph]] std::vector<Text> tried_within(dflow::Executor& ex, int n) {
  std::vector<Text> all;
  for (int i = 0; i < n; ++i)
    all.push_back(ex.with({.retries = 2}).submit(unsteady, ex.with({.retries = 1}).submit(unsteady, ex.submit(text, i), 5000 + i, i), 6000 + i, 2));
  return all;
}

[[dflow::graph]] Row limited(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.with({.timeout = std::chrono::hours(1)}).submit(cell, i));
  return all;
}
[[dflow::graph]] Row ignored(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.with({.on_failure = dflow::OnFailure::ignore}).submit(cell, i));
  return all;
}

/// Nobody reads what these give, and they are pure: some are dropped, and some run all the same.
[[dflow::graph]] Row forgotten(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) {
    all.push_back(ex.submit(cell, i));
    static_cast<void>(ex.submit(pure_cell, i));
    static_cast<void>(ex.with({.fire_and_forget = true}).submit(pure_cell, i));
  }
  return all;
}

template <class T>
std::string outcome(const dflow::Future<T>& future) try {
  if constexpr (std::is_same_v<T, std::string>) return future.get();
  else return std::to_string(future.get());
} catch (const dflow::CancelledError&) {
  return future.cancelled() ? "cancelled" : "of one that was cancelled";
} catch (const std::exception& error) {
  return error.what();
}
template <class T>
void show(const char* name, const std::vector<dflow::Future<T>>& row) {
  std::cout << name;
  for (const auto& each : row) std::cout << " | " << outcome(each);
  std::cout << '\n';
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  show("tried", tried(ex, n));
  if (n > 0) show("folded", std::vector<Text>{folded(ex, n)});
  if (corpus::beside_tasks()) {
    auto row = named(ex, n);
    const bool stopped = row[1].cancel();
    go = true;
    go.notify_all();
    bool as_written = stopped && outcome(row[1]) == "cancelled" && outcome(row[n + 1]) == "of one that was cancelled";
    for (int i = 2; i < n; ++i) as_written = as_written && row[i].get() == mix(5, i) && row[n + i].get() == mix(mix(5, i), i);
    std::cout << as_written << '\n';
  } else {
    std::cout << "1\n";
  }
  show("cancels", cancels(ex, n));
  show("waits", waits(ex, n));
  show("consequences", consequences(ex, n));
  show("tried within", tried_within(ex, n));
  show("limited", limited(ex, n));
  show("ignored", ignored(ex, n));
  show("forgotten", forgotten(ex, n));
  return 0;
}
