// What is moved into a task is empty afterwards, also in the graph: batches that are filled anew, objects that are asked.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=batches 7 -- n=7
// PARAMS: graph=batches 0 -- n=0
// PARAMS: graph=bins 7 -- n=7
// PARAMS: graph=asked 3 -- n=3
// PARAMS: graph=futures 4 -- n=4
// PARAMS: graph=rounds 4 -- n=4
// PARAMS: graph=reduced 4 -- n=4
// PARAMS: graph=full 7 -- n=7
// PARAMS: graph=mapped 3 -- n=3

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

// Of futures, where the closed form has to know it, too.
[[dflow::graph]] All rounds(dflow::Executor& ex, int n) {
  All all, part;
  for (int t = 0; t < 3; ++t) {
    for (int i = 0; i < n; ++i) part.push_back(ex.submit(number, i + t));
    all.push_back(ex.submit(sum, std::move(part)));
  }
  for (const auto& each : part) all.push_back(each);
  return all;
}

[[dflow::graph]] All reduced(dflow::Executor& ex, int n) {
  All all, part;
  for (int t = 0; t < 2; ++t) {
    for (int i = 0; i <= n; ++i) part.push_back(ex.submit(number, i + t));
    all.push_back(ex.reduce(mix, std::move(part)));
  }
  for (const auto& each : part) all.push_back(each);
  return all;
}

[[dflow::graph]] dflow::Future<long> full(dflow::Executor& ex, int n) {
  auto last = ex.submit(number, n);
  All part;
  for (int i = 0; i < n; ++i) {
    part.push_back(ex.submit(mix, last, i));
    if (part.size() == 3) last = ex.submit(mix, last, ex.submit(sum, std::move(part)));
  }
  for (const auto& each : part) last = ex.submit(mix, last, each);
  return last;
}

/// The elements are moved, and the vector keeps its length.
[[dflow::graph]] All mapped(dflow::Executor& ex, int n) {
  All part;
  for (int i = 0; i < n; ++i) part.push_back(ex.submit(number, i));
  All all = ex.map(number, std::move(part));
  for (std::size_t i = 0; i < part.size(); ++i) all.push_back(ex.submit(number, i));
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

  Longs whole, trees, twice, again;
  for (long t = 0; t < 3; ++t) {
    Longs part;
    for (long i = 0; i < n; ++i) part.push_back(number(i + t));
    whole.push_back(sum(part));
  }
  corpus::same("rounds", ex.gather(rounds(ex, n)), whole);
  for (long t = 0; t < 2; ++t) {
    Longs part;
    for (long i = 1; i <= n; ++i) part.push_back(number(i + t));
    part.insert(part.begin(), number(t));
    while (part.size() > 1) {
      Longs next;
      for (std::size_t i = 0; i + 1 < part.size(); i += 2) next.push_back(mix(part[i], part[i + 1]));
      if (part.size() % 2 != 0) next.push_back(part.back());
      part = next;
    }
    trees.push_back(part[0]);
  }
  corpus::same("reduced", ex.gather(reduced(ex, n)), trees);
  long last = number(n);
  Longs part;
  for (long i = 0; i < n; ++i) {
    part.push_back(mix(last, i));
    if (part.size() == 3) last = mix(last, sum(std::exchange(part, {})));
  }
  for (long x : part) last = mix(last, x);
  corpus::same("full", full(ex, n).get(), last);
  for (long i = 0; i < n; ++i) twice.push_back(number(number(i))), again.push_back(number(i));
  twice.insert(twice.end(), again.begin(), again.end());
  corpus::same("mapped", ex.gather(mapped(ex, n)), twice);
  return corpus::result();
}
