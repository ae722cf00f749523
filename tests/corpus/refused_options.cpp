// Options that no task can have: the submit refuses them with the same words in every mode, also where the function would
// be launched otherwise.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: accepted
// PARAMS: graph=accepted 3 -- n=3
// EXPECT: 0 1 2
// EXPECT: dflow: TaskOptions::once: the task is to run once at most, and has `retries`, which lets it run again: leave one of them out
// EXPECT: dflow: TaskOptions::once of 'brief': the task is to run once at most, and has `pure`, which lets it run again: leave one of them out
// EXPECT: dflow: TaskOptions::resources: no task can need -1 gpu: say a number that is 0 or more
// EXPECT: dflow: TaskOptions::resources: no task can need -3 gpu: say a number that is 0 or more
// EXPECT: dflow: TaskOptions::resources: no task can need -1 gpu: say a number that is 0 or more
// EXPECT: dflow: TaskOptions::resources: no task can need -1 gpu: say a number that is 0 or more
// EXPECT: dflow: TaskOptions::allowed_failures: 256 workers are more than may die under a task: say at most 255
// EXPECT: dflow: TaskOptions::timeout: no task ends within 0 ns: say a time above 0, or none, if it may take as long as it likes

#include <dflow/dflow.h>

#include <chrono>
#include <map>
#include <stdexcept>
#include <string>

#include "corpus.h"

using Row = std::vector<dflow::Future<int>>;

[[dflow::task]] int same(int x) { return x; }

[[dflow::graph]] Row accepted(dflow::Executor& ex, int n) {
  Row row;
  const auto bound = ex.with({.allowed_failures = 255, .resources = {{"gpu", 0}, {"disk", 0.0}}, .timeout = std::chrono::hours(1)});
  for (int i = 0; i < n; ++i) row.push_back(bound.submit(same, i));
  return row;
}
[[dflow::graph]] Row tried_once(dflow::Executor& ex) { return {ex.with({.retries = 1, .once = true}).submit(same, 1)}; }
[[dflow::graph]] Row pure_once(dflow::Executor& ex) {
  return {ex.with({.name = "brief", .pure = true, .once = true}).submit(same, 1)};
}
[[dflow::graph]] Row negative(dflow::Executor& ex) { return {ex.with({.resources = {{"disk", 0}, {"gpu", -1}}}).submit(same, 1)}; }
[[dflow::graph]] Row given(dflow::Executor& ex, double gpus) { return {ex.with({.resources = {{"gpu", gpus}}}).submit(same, 1)}; }
std::map<std::string, double> needs() { return {{"gpu", -1}}; }
struct Config {
  std::map<std::string, double> needs = ::needs();
};
[[dflow::graph]] Row asked(dflow::Executor& ex) { return {ex.with({.resources = needs()}).submit(same, 1)}; }
[[dflow::graph]] Row configured(dflow::Executor& ex, const Config* config) {
  return {ex.with({.resources = config->needs}).submit(same, 1)};
}
[[dflow::graph]] Row many(dflow::Executor& ex) { return {ex.with({.allowed_failures = 256}).submit(same, 1)}; }
[[dflow::graph]] Row no_time(dflow::Executor& ex) { return {ex.with({.timeout = std::chrono::seconds(0)}).submit(same, 1)}; }

template <class Graph, class... A>
void show(Graph graph, dflow::Executor& ex, A... arguments) try {
  graph(ex, arguments...);
  std::cout << "nothing was thrown\n";
} catch (const std::invalid_argument& error) {
  std::cout << error.what() << '\n';
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  for (int i = 0; const auto& each : accepted(ex, n)) std::cout << (i++ == 0 ? "" : " ") << each.get();
  std::cout << '\n';
  show(tried_once, ex);
  show(pure_once, ex);
  show(negative, ex);
  show(given, ex, -3.0);
  show(asked, ex);
  const Config config;
  show(configured, ex, &config);
  show(many, ex);
  show(no_time, ex);
  return corpus::result();
}
