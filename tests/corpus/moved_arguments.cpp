// What is moved into a task is empty afterwards, also in the graph: batches that are filled anew, objects that are asked.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=batches 7 -- n=7
// PARAMS: graph=batches 0 -- n=0
// PARAMS: graph=bins 7 -- n=7
// PARAMS: graph=asked 3 -- n=3
// PARAMS: graph=futures 4 -- n=4

#include <dflow/dflow.h>

#include <memory>
#include <string>
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
[[dflow::task]] long length(std::string s) { return static_cast<long>(s.size()); }
[[dflow::task]] long content(std::unique_ptr<long> x) { return *x; }

[[dflow::graph]] All batches(dflow::Executor& ex, int n) {
  All all;
  Longs batch;
  for (int i = 0; i < n; ++i) {
    batch.push_back(i);
    if (batch.size() == 3) all.push_back(ex.submit(sum, std::move(batch)));
  }
  if (!batch.empty()) all.push_back(ex.submit(sum, std::move(batch)));
  return all;
}

[[dflow::graph]] All bins(dflow::Executor& ex, int n) {
  std::vector<Longs> open(2);
  All all;
  for (int i = 0; i < n; ++i) {
    Longs& bin = open[static_cast<std::size_t>(i % 2)];
    bin.push_back(i);
    if (bin.size() == 2) all.push_back(ex.submit(sum, std::move(bin)));
  }
  for (const Longs& bin : open)
    if (!bin.empty()) all.push_back(ex.submit(sum, bin));
  return all;
}

[[dflow::graph]] All asked(dflow::Executor& ex, int n) {
  All all;
  std::string text(static_cast<std::size_t>(n), 'x');
  all.push_back(ex.submit(length, std::move(text)));
  text += "ab";
  for (char c : text) all.push_back(ex.submit(number, c));
  auto one = std::make_unique<long>(n);
  all.push_back(ex.submit(content, std::move(one)));
  if (!one) all.push_back(ex.submit(number, n));
  return all;
}

[[dflow::graph]] All futures(dflow::Executor& ex, int n) {
  All all, pair;
  for (int i = 0; i < n; ++i) {
    pair.push_back(ex.submit(number, i));
    if (pair.size() == 2) all.push_back(ex.submit(sum, std::move(pair)));
  }
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 7);
  Longs expected, batch;
  for (int i = 0; i < n; ++i) {
    batch.push_back(i);
    if (batch.size() == 3 || i == n - 1) expected.push_back(sum(std::exchange(batch, {})));
  }
  corpus::same("batches", ex.gather(batches(ex, n)), expected);
  expected.clear();
  std::vector<Longs> open(2);
  for (int i = 0; i < n; ++i) {
    Longs& bin = open[static_cast<std::size_t>(i % 2)];
    bin.push_back(i);
    if (bin.size() == 2) expected.push_back(sum(std::exchange(bin, {})));
  }
  for (const Longs& bin : open)
    if (!bin.empty()) expected.push_back(sum(bin));
  corpus::same("bins", ex.gather(bins(ex, n)), expected);
  expected = {n};
  for (char c : std::string("ab")) expected.push_back(number(c));
  expected.push_back(n);
  expected.push_back(number(n));
  corpus::same("asked", ex.gather(asked(ex, n)), expected);
  expected.clear();
  for (int i = 1; i < n; i += 2) expected.push_back(sum({number(i - 1), number(i)}));
  corpus::same("futures", ex.gather(futures(ex, n)), expected);
  return corpus::result();
}
