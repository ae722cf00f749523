// Arguments that only the caller of a graph function may evaluate: calls, objects that are made, conversions that may throw.
// If one throws, the tasks before it are submitted, and none behind it.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: no, tasks share a counter
// LAUNCHED: called texts_of made checked pieces folded
// PARAMS: graph=called 4 -- n=4
// PARAMS: graph=texts_of 3 -- names.size=3
// PARAMS: graph=made 4 -- n=4

#include <dflow/dflow.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <utility>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;
using Text = dflow::Future<std::string>;

std::atomic<int> ran{0};
[[dflow::task]] long counted(long x) {
  ++ran;
  return x;
}
[[dflow::task]] std::string joined(const std::string& a, std::string b) { return a + "/" + b; }
[[dflow::task]] std::string add(std::string a, std::string b) { return a + b; }

long square(long x) { return x * x; }
long square(int x) { return -x * x; }
namespace inner {
long limited(int i, int limit) {
  if (i >= limit) throw std::out_of_range("at " + std::to_string(i));
  return i + 100;
}
std::string name(int i, std::string prefix = "n") { return prefix + std::string(i, 'x'); }
}  // namespace inner

[[dflow::graph]] Row called(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) {
    auto x = ex.submit(mix, square(i), square(static_cast<long>(i)));
    all.push_back(ex.submit(mix, x, inner::limited(i, n) + i));
  }
  return all;
}
/// By value and by reference, from literals, elements and conversions.
[[dflow::graph]] std::vector<Text> texts_of(dflow::Executor& ex, const std::vector<std::string>& names) {
  std::vector<Text> all;
  for (const std::string& name : names) {
    auto first = ex.submit(joined, "a literal", name);
    all.push_back(ex.submit(joined, name + "+", inner::name(2)));
    all.push_back(ex.submit(joined, first, std::string(3, '-')));
  }
  return all;
}

struct Place {
  int row, column;
  double weight = 0.5;
};
struct Labelled {
  std::string label;
  Place place;
};
[[dflow::task]] double weigh(const Place& place, double x) { return place.row * 10 + place.column + place.weight * x; }
[[dflow::task]] std::string tell(const Labelled& what, Place where) { return what.label + std::to_string(what.place.row + where.column); }

[[dflow::graph]] std::pair<std::vector<dflow::Future<double>>, std::vector<Text>> made(dflow::Executor& ex, int n) {
  std::vector<dflow::Future<double>> weights;
  std::vector<Text> texts;
  for (int i = 0; i < n; ++i) {
    weights.push_back(ex.submit(weigh, Place{i, i + 1}, 2));
    texts.push_back(ex.submit(tell, Labelled{"label", {i, 2}}, Place{0, i, 1.5}));
  }
  return {weights, texts};
}
[[dflow::graph]] Row checked(dflow::Executor& ex, int n, int limit) {
  Row all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(counted, inner::limited(i, limit)));
  return all;
}
[[dflow::graph]] std::vector<Text> pieces(dflow::Executor& ex, const std::vector<std::string>& names) { return ex.map(add, names, names); }
[[dflow::graph]] Text folded(dflow::Executor& ex, const std::vector<std::string>& names) {
  return ex.reduce(add, ex.map(add, names, names), std::string("start"));
}

template <class T>
void show(const char* name, const std::vector<dflow::Future<T>>& row) {
  std::cout << name;
  for (const auto& each : row) std::cout << ' ' << each.get();
  std::cout << '\n';
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  std::vector<std::string> names;
  for (int i = 0; i < n; ++i) names.push_back(std::string(20, static_cast<char>('a' + i)));
  show("called", called(ex, n));
  show("texts_of", texts_of(ex, names));
  const auto both = made(ex, n);
  show("made", both.first);
  show("and", both.second);
  show("pieces", pieces(ex, names));
  show("folded", std::vector<Text>{folded(ex, names)});
  show("checked", checked(ex, n, n));
  const int before = ran;
  try {
    show("unchecked", checked(ex, n, 2));
  } catch (const std::out_of_range& error) {
    std::cout << error.what() << '\n';
  }
  ex.shutdown();
  std::cout << "ran " << before << ' ' << ran << '\n';
  return 0;
}
