// Graph functions that a header defines, used by two sources.
// WITH: elsewhere/header_only_too.cpp
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: header_only::chained header_only::squared header_only::halved header_only::Fixed::ladder header_only::own header_only::own header_only::counted
// PARAMS: graph=header_only::chained 4 -- n=4
// GRAPH: 7 tasks, 6 edges
// PARAMS: graph=header_only::counted 3 -- n=3
// GRAPH: 7 tasks, 6 edges
// PARAMS: graph=header_only::squared 3 -- xs.size=3
// PARAMS: graph=header_only::Fixed::ladder 3 -- n=3
// PARAMS: graph=header_only::chained 0 -- n=0

#include "header_only.h"

using corpus::mix;
using corpus::reduced;

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  namespace lib = header_only;
  const int n = corpus::argument(argc, argv, 1, 3);
  const std::vector<long> xs = corpus::squares(n);
  long chained = lib::opened(0), counted = lib::opened(n), own = lib::closed(1), ladder = lib::opened(2), other = lib::opened(3);
  std::vector<long> squared, closed;
  for (int i = 1; i < n; ++i) chained = mix(chained, lib::opened(i));
  for (int i = 0; i < n; ++i) {
    counted = mix(lib::opened(i), counted);
    own = lib::closed(own);
    ladder = mix(ladder, i);
    other = mix(other, i);
    squared.push_back(xs[i] * xs[i]);
    closed.push_back(lib::closed(xs[i]));
  }
  corpus::same("chained", lib::chained(ex, n).get(), chained);
  corpus::same("counted", lib::counted(ex, n).get(), counted);
  corpus::same("own", lib::own(ex, n).get(), own);
  corpus::same("squared", ex.gather(lib::squared(ex, xs)), squared);
  corpus::same("halved", lib::halved(ex, xs).get(), reduced(closed, 1));
  corpus::same("ladder", lib::Fixed{}.ladder(ex, n).get(), ladder);
  long all = chained + counted + own + reduced(closed, 1) + other;
  for (const long x : squared) all += x;
  corpus::same("elsewhere", header_only_elsewhere(ex, n), all);
  return corpus::result();
}
