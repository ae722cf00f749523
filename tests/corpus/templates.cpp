// Function templates as tasks and as helpers, overloads picked by a cast, a variadic helper, default arguments.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=generic 3 -- n=3
// GRAPH: 27 tasks, 25 edges
// PARAMS: graph=generic 1 -- n=1

#include <dflow/dflow.h>

#include <string>

#include "corpus.h"

using corpus::mix;
template <class T>
using Handle = dflow::Future<T>;

template <class T>
[[dflow::task]] T twice(const T& x) {
  return x + x;
}
template <int Step>
[[dflow::task]] long advance(long x) {
  return x + Step;
}
[[dflow::task]] long size_of(long x) { return x; }
[[dflow::task]] long size_of(const std::string& s) { return static_cast<long>(s.size()); }

template <class T>
Handle<T> doubled(dflow::Executor& ex, const Handle<T>& x, int times = 1) {
  if (times == 0) return x;
  return doubled(ex, ex.submit(twice<T>, x), times - 1);
}
template <class First, class... Rest>
Handle<long> total(dflow::Executor& ex, const First& first, const Rest&... rest) {
  if constexpr (sizeof...(rest) == 0) return first;
  else return ex.submit(mix, first, total(ex, rest...));
}

[[dflow::graph]] std::vector<Handle<long>> generic(dflow::Executor& ex, int n) {
  std::vector<Handle<long>> all;
  for (int i = 0; i < n; ++i) {
    auto text = doubled(ex, ex.submit(twice<std::string>, "ab"));
    auto number = doubled(ex, ex.submit(advance<3>, i), 2);
    auto length = ex.submit(static_cast<long (*)(const std::string&)>(size_of), text);
    auto value = ex.submit(static_cast<long (*)(long)>(&size_of), number);
    all.push_back(total(ex, length, value));
  }
  all.push_back(n > 1 ? total(ex, all[0], all[1], ex.submit(advance<5>, n)) : all[0]);
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  std::vector<long> expected;
  for (int i = 0; i < n; ++i) expected.push_back(mix(8, (i + 3) * 4));
  expected.push_back(n > 1 ? mix(expected[0], mix(expected[1], n + 5)) : expected[0]);
  corpus::same("generic", ex.gather(generic(ex, n)), expected);
  return corpus::result();
}
