// A tree of merges by hand: while (level.size() > 1), in place and level by level.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=tree 7 -- xs.size=7
// GRAPH: 14 tasks, 13 edges
// PARAMS: graph=tree 1 -- xs.size=1
// PARAMS: graph=tree 33 -- xs.size=33
// PARAMS: graph=queue 6 -- xs.size=6
// GRAPH: 11 tasks, 10 edges

#include <dflow/dflow.h>

#include <deque>

#include "corpus.h"

using corpus::mix;
using Row = std::vector<dflow::Future<long>>;

[[dflow::task]] long load(long x) { return x + 5; }
[[dflow::task]] long finish(long x) { return -x; }

[[dflow::graph]] dflow::Future<long> tree(dflow::Executor& ex, const std::vector<long>& xs) {
  Row level = ex.map(load, xs);
  while (level.size() > 1) {
    Row next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) next.push_back(ex.submit(mix, level[i], level[i + 1]));
    if (level.size() % 2 == 1) next.push_back(level.back());
    level.swap(next);
  }
  return level.front().then(finish);
}

[[dflow::graph]] dflow::Future<long> queue(dflow::Executor& ex, const std::vector<long>& xs) {
  std::deque<dflow::Future<long>> open;
  for (std::size_t i = 0; i < xs.size(); ++i) open.push_back(ex.submit(load, xs[i]));
  while (open.size() >= 2) {
    auto a = open.front();
    open.pop_front();
    auto b = std::move(open.front());
    open.pop_front();
    open.push_back(ex.submit(mix, a, b));
  }
  return open.front();
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const auto xs = corpus::squares(corpus::argument(argc, argv, 1, 7));
  std::vector<long> level;
  for (const long x : xs) level.push_back(load(x));
  std::deque<long> open(level.begin(), level.end());
  while (level.size() > 1) {
    std::vector<long> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) next.push_back(mix(level[i], level[i + 1]));
    if (level.size() % 2 != 0) next.push_back(level.back());
    level = next;
  }
  for (; open.size() > 1; open.pop_front(), open.pop_front()) open.push_back(mix(open[0], open[1]));
  corpus::same("tree", tree(ex, xs).get(), finish(level.front()));
  corpus::same("queue", queue(ex, xs).get(), open.front());
  return corpus::result();
}
