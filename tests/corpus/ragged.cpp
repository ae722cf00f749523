// Sizes that come from a parameter's elements: ragged rows, rows of jobs by kind, a string's characters.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=rows 0 -- widths=[3,0,2,1]
// GRAPH: 9 tasks, 6 edges
// PARAMS: graph=rows 1 -- widths=[4]
// PARAMS: graph=jobs 0 -- kinds=[[1,0],[],[0,0,1]]
// GRAPH: 7 tasks, 6 edges
// PARAMS: graph=jobs 0 -- kinds.size=3 kinds[0]=[1,0] kinds[1].size=0 kinds[2]=[0,0,1]
// PARAMS: graph=jobs 1 -- kinds=[[1]]
// PARAMS: graph=spelled 0 -- word=abcab
// PARAMS: graph=spelled 1 -- word=c

#include <dflow/dflow.h>

#include <string>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] long cell(int i, int j) { return mix(i, j); }
[[dflow::task]] long vowel(long x) { return mix(x, 1); }
[[dflow::task]] long consonant(long x) { return mix(x, 2); }

[[dflow::graph]] std::vector<Handle> rows(dflow::Executor& ex, const std::vector<int>& widths) {
  std::vector<Handle> sums;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    std::vector<Handle> row;
    for (int j = 0; j < widths[i]; ++j) row.push_back(ex.submit(cell, i, j));
    if (!row.empty()) sums.push_back(ex.reduce(mix, row));
  }
  return sums;
}

/// What is done depends on each element of each row.
[[dflow::graph]] Handle jobs(dflow::Executor& ex, const std::vector<std::vector<int>>& kinds) {
  auto x = ex.submit(cell, 0, 0);
  for (const std::vector<int>& row : kinds) {
    if (row.empty()) x = ex.submit(consonant, x);
    for (const int kind : row) x = kind == 1 ? ex.submit(vowel, x) : ex.submit(consonant, x);
  }
  return x;
}

[[dflow::graph]] Handle spelled(dflow::Executor& ex, std::string word) {
  auto x = ex.submit(cell, 0, 0);
  for (const char c : word) x = c == 'a' ? ex.submit(vowel, x) : ex.submit(consonant, x);
  return x;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const bool second = corpus::argument(argc, argv, 1, 0) == 1;
  const std::vector<int> widths = second ? std::vector<int>{4} : std::vector<int>{3, 0, 2, 1};
  const std::string word = second ? "c" : "abcab";
  std::vector<long> expected = {mix(mix(cell(0, 0), cell(0, 1)), cell(0, 2)), mix(cell(2, 0), cell(2, 1)), cell(3, 0)};
  if (second) expected = {mix(mix(cell(0, 0), cell(0, 1)), mix(cell(0, 2), cell(0, 3)))};
  corpus::same("rows", ex.gather(rows(ex, widths)), expected);
  const std::vector<std::vector<int>> kinds = second ? std::vector<std::vector<int>>{{1}} : std::vector<std::vector<int>>{{1, 0}, {}, {0, 0, 1}};
  corpus::same("jobs", jobs(ex, kinds).get(),
               second ? vowel(cell(0, 0)) : vowel(consonant(consonant(consonant(consonant(vowel(cell(0, 0))))))));
  long x = cell(0, 0);
  for (const char c : word) x = c == 'a' ? vowel(x) : consonant(x);
  corpus::same("spelled", spelled(ex, word).get(), x);
  return corpus::result();
}
