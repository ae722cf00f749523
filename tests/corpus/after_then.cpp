// Order without data: TaskOptions::after, named tasks; then with functions and lambdas, after void, of a then.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: no, tasks share a global, and a generic lambda has captures
// PARAMS: graph=ordered 3 -- n=3
// EDGES: note#0 -> note#1, note#1 -> note#2, note#2 -> last#0, last#0 -> twice#0, twice#0 -> lambda@30#0
// EDGES: lambda@30#0 -> closing#0, note#0 -> closing#0
// PARAMS: graph=ordered 1 -- n=1

#include <dflow/dflow.h>

#include <atomic>

#include "corpus.h"

using corpus::mix;

std::atomic<long> seen{1};
[[dflow::task]] void note(int i) { seen = mix(seen, i); }
[[dflow::task]] long look() { return seen; }
[[dflow::task]] long twice(long x) { return 2 * x; }

[[dflow::graph]] dflow::Future<long> ordered(dflow::Executor& ex, int n) {
  std::vector<dflow::Future<void>> notes;
  for (int i = 0; i < n; ++i) {
    const auto handle = notes.empty() ? ex.with({}) : ex.with({.after = {notes.back()}});
    notes.push_back(handle.submit(note, i));
  }
  auto value = ex.with({.name = "last", .after = {notes.back()}}).submit(look);
  auto next = value.then(twice).then([n](auto x) { return x + n; });
  auto options = dflow::TaskOptions{.name = "closing", .priority = 5, .retries = 2, .after = {next, notes.front()}};
  return ex.with(options).submit([] { return seen.load(); });
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  long expected = 1;
  for (int i = 0; i < n; ++i) expected = mix(expected, i);
  corpus::same("ordered", ordered(ex, n).get(), expected);
  return corpus::result();
}
