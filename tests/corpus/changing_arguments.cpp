// Arguments that change something when they are evaluated, though nothing about the call says so: lambdas that write to what
// they captured, const members that write through a reference, functions that are given a pointer.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=noted 4 -- n=4
// PARAMS: graph=swapped 5 -- n=5
// PARAMS: graph=kept 3 -- n=3
// PARAMS: graph=numbered 5 -- n=5
// PARAMS: graph=ticking 4 -- n=4
// PARAMS: graph=pointed 4 -- n=4
// PARAMS: graph=taken 4 -- n=4

#include <dflow/dflow.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "corpus.h"

using corpus::mix;
using Longs = std::vector<long>;
using All = std::vector<dflow::Future<long>>;

[[dflow::task]] long number(long x) { return x + 1; }
[[dflow::task]] long sum(const Longs& xs) {
  long all = 0;
  for (long x : xs) all = mix(all, x);
  return all;
}

[[dflow::graph]] All noted(dflow::Executor& ex, int n) {
  All all;
  Longs log;
  const auto note = [&](long x) {
    log.push_back(x);
    return x;
  };
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(number, note(i)));
  for (long x : log) all.push_back(ex.submit(number, x));
  return all;
}

[[dflow::graph]] dflow::Future<long> swapped(dflow::Executor& ex, int n) {
  dflow::Future<long> a = ex.submit(number, n), b = ex.submit(number, 1);
  const auto turn = [&](long x) {
    std::swap(a, b);
    return x;
  };
  for (int i = 0; i < n; ++i) a = ex.submit(mix, b, turn(i));
  return ex.submit(mix, a, b);
}

[[dflow::graph]] dflow::Future<long> kept(dflow::Executor& ex, int n) {
  dflow::Future<long> last = ex.submit(number, n);
  All all;
  const auto keep = [&](long x) {
    all.push_back(last);
    return x;
  };
  for (int i = 0; i < n; ++i) last = ex.submit(mix, last, keep(i));
  return ex.submit(sum, all);
}

[[dflow::graph]] All numbered(dflow::Executor& ex, int n) {
  All all;
  std::map<long, long> ids;
  const std::function<long(long)> id = [&](long x) { return ids.emplace(x, static_cast<long>(ids.size())).first->second; };
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(number, id(i % 3)));
  for (const auto& [x, i] : ids) all.push_back(ex.submit(mix, x, i));
  return all;
}

struct Ticker {
  long& count;
  long next() const { return ++count; }
};

[[dflow::graph]] All ticking(dflow::Executor& ex, int n) {
  All all;
  long count = 0;
  const Ticker ticker{count};
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(number, ticker.next()));
  for (long i = 0; i < count; ++i) all.push_back(ex.submit(number, i));
  return all;
}

long append(Longs* to, long x) {
  to->push_back(x);
  return x;
}

[[dflow::graph]] All pointed(dflow::Executor& ex, int n) {
  All all;
  Longs log;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(number, append(&log, 2 * i)));
  for (long x : log) all.push_back(ex.submit(number, x));
  return all;
}

[[dflow::graph]] All taken(dflow::Executor& ex, int n) {
  All all;
  Longs left(static_cast<std::size_t>(n), 2);
  const auto take = [&] {
    const long x = left.back();
    left.pop_back();
    return x;
  };
  while (left.size() > 1) all.push_back(ex.submit(number, take()));
  for (long x : left) all.push_back(ex.submit(mix, x, 1));
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  Longs numbers, doubles, ids, ticks, twos;
  for (long i = 0; i < n; ++i) numbers.push_back(number(i));
  for (long i = 0; i < n; ++i) doubles.push_back(number(2 * i)), ids.push_back(number(i % 3)), ticks.push_back(number(i + 1));
  const auto twice = [](Longs xs) {
    const Longs first = xs;
    xs.insert(xs.end(), first.begin(), first.end());
    return xs;
  };
  corpus::same("noted", ex.gather(noted(ex, n)), twice(numbers));
  long a = number(n), b = number(1);
  for (long i = 0; i < n; ++i) {
    std::swap(a, b);  // before the task is given `b`, which is named and not copied
    a = mix(b, i);
  }
  corpus::same("swapped", swapped(ex, n).get(), mix(a, b));
  Longs all;
  long last = number(n);
  for (long i = 0; i < n; ++i) all.push_back(last), last = mix(last, i);
  corpus::same("kept", kept(ex, n).get(), sum(all));
  for (long i = 0; i < std::min(n, 3); ++i) ids.push_back(mix(i, i));
  corpus::same("numbered", ex.gather(numbered(ex, n)), ids);
  ticks.insert(ticks.end(), numbers.begin(), numbers.end());
  corpus::same("ticking", ex.gather(ticking(ex, n)), ticks);
  corpus::same("pointed", ex.gather(pointed(ex, n)), twice(doubles));
  for (int i = 0; i + 1 < n; ++i) twos.push_back(number(2));
  if (n > 0) twos.push_back(mix(2, 1));
  corpus::same("taken", ex.gather(taken(ex, n)), twos);
  return corpus::result();
}
