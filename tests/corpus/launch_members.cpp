// Member functions are tasks that are launched, on values, futures and elements; shapes may depend on members of parameters and
// on quotients; a task may look at all of a container through dflow::Refs.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: stepped shaped looked
// PARAMS: graph=stepped 4 -- n=4
// PARAMS: graph=shaped 4 -- shape.rows=4 shape.width=3
// PARAMS: graph=looked 4 -- n=4

#include <dflow/dflow.h>

#include <string>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

struct Model {
  long weight = 1;
  long apply(long x) const { return mix(weight, x); }
  Model step(long by) {
    weight = mix(weight, by);
    return *this;
  }
};
struct Shape {
  int rows = 0, width = 1;
  std::string name = "";
};
[[dflow::task]] Model make(long weight) { return {weight}; }
[[dflow::task]] long all(const dflow::Refs<long>& values, long more) {
  for (const long value : values) more = mix(more, value);
  return more;
}

[[dflow::graph]] Row stepped(dflow::Executor& ex, const Model& first, int n) {
  Row results;
  auto model = ex.submit(make, 3);
  for (int i = 0; i < n; ++i) {
    results.push_back(ex.submit(&Model::apply, model, i));
    results.push_back(ex.submit(&Model::apply, first, results[2 * i]));
    model = ex.submit(&Model::step, model, i);
  }
  results.push_back(ex.submit(&Model::apply, ex.submit(&Model::step, Model{7}, n), n));
  return results;
}
[[dflow::graph]] Row shaped(dflow::Executor& ex, const Shape& shape) {
  Row results;
  for (int i = 0; i < shape.rows; ++i) results.push_back(ex.submit(mix, i, 1));
  for (int i = 0; i < (shape.rows + shape.width - 1) / shape.width; ++i) results.push_back(ex.submit(mix, i, 2));
  return results;
}
[[dflow::graph]] Handle looked(dflow::Executor& ex, int n) {
  Row values, looks;
  int i = n;
  while (i > 0) {
    values.push_back(ex.submit(mix, n, 1));
    --i;
  }
  for (int k = 0; k < n; ++k) looks.push_back(ex.submit(all, values, k));
  return ex.reduce(mix, looks);
}

void show(const char* name, const Row& row) {
  std::cout << name;
  for (const auto& each : row) std::cout << ' ' << each.get();
  std::cout << '\n';
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  show("stepped", stepped(ex, Model{5}, n));
  show("shaped", shaped(ex, Shape{n, 3}));
  show("nothing wide", shaped(ex, Shape{n, 1000}));
  if (n > 0) show("looked", {looked(ex, n)});
  return 0;
}
