// Whatever holds the futures that a graph function returns, it is launched: containers in containers, of one length, of
// several and of none; arrays, pairs, tuples, objects; futures that were never made, taken away or made in several places.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: compiled, an exception that is no std::exception keeps its type
// LAUNCHED: grid triangle ragged fixed both album taken early stopped
// PARAMS: graph=grid 4 -- n=4
// PARAMS: graph=triangle 4 -- n=4
// PARAMS: graph=triangle 0 -- n=0
// PARAMS: graph=ragged 4 -- n=4
// PARAMS: graph=album 4 -- n=4
// PARAMS: graph=album 1 -- n=1
// PARAMS: graph=early 0 -- n=0
// PARAMS: graph=early 4 -- n=4

#include <dflow/dflow.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;
using Grid = std::vector<Row>;
using Text = dflow::Future<std::string>;

struct NotAnException {};

[[dflow::task]] long cell(int i, int j) {
  if (i == 2 && j == 1) throw NotAnException();
  return 10 * i + j;
}
[[dflow::task]] std::string words(long a, const std::string& b) { return b + " " + std::to_string(a); }
[[dflow::task]] std::string word(int i) {
  if (i == 3) throw std::out_of_range("no word");
  return "w" + std::to_string(i);
}

[[dflow::graph]] Grid grid(dflow::Executor& ex, int n) {
  Grid a(n, Row(n));
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) a[i][j] = ex.submit(cell, i, j);
  for (int k = 0; k < n; ++k)
    for (int i = k + 1; i < n; ++i) a[i][k] = ex.submit(mix, a[k][k], a[i][k]);
  return a;
}
/// The upper half stays empty.
[[dflow::graph]] Grid triangle(dflow::Executor& ex, int n) {
  Grid a(n, Row(n));
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < i; ++j) a[i][j] = ex.submit(cell, j, i);
  return a;
}
/// Rows of all lengths, and the last one of none.
[[dflow::graph]] Grid ragged(dflow::Executor& ex, int n) {
  Grid a(n + 1);
  for (int i = 0; i < n; ++i)
    for (int j = i; j < n; ++j) a[i].push_back(ex.submit(cell, i, j));
  return a;
}
[[dflow::graph]] std::array<Handle, 3> fixed(dflow::Executor& ex, int n) {
  std::array<Handle, 3> a;
  for (int i = 0; i < 3; ++i) a[i] = ex.submit(cell, i, n);
  return a;
}
[[dflow::graph]] std::pair<Row, Text> both(dflow::Executor& ex, int n) {
  Row a;
  for (int i = 0; i < n; ++i) a.push_back(ex.submit(cell, i, 1));
  auto text = ex.submit(word, n);
  return {a, text};
}
[[dflow::graph]] std::tuple<Text, std::array<Row, 2>, Handle> three(dflow::Executor& ex, int n) {
  std::array<Row, 2> a;
  for (int i = 0; i < n; ++i) {
    a[0].push_back(ex.submit(cell, i, 0));
    if (i > 0) a[1].push_back(ex.submit(mix, a[0][i], a[0][i - 1]));
  }
  auto last = ex.submit(cell, n, n);
  return {ex.submit(words, last, ex.submit(word, 1)), a, last};
}

struct Page {
  Row cells;
  Text title;
};
struct Album {
  std::vector<Text> titles;
  Page cover;
  Handle sum;
};
[[dflow::graph]] Album album(dflow::Executor& ex, int n) {
  Album made;
  for (int i = 0; i < n; ++i) {
    made.cover.cells.push_back(ex.submit(cell, 0, i));
    made.titles.push_back(ex.submit(words, made.cover.cells[i], ex.submit(word, i)));
  }
  made.cover.title = ex.submit(word, n);
  if (n > 1) made.sum = ex.reduce(mix, made.cover.cells);
  return made;
}
/// What was moved from is empty.
[[dflow::graph]] Row taken(dflow::Executor& ex, int n) {
  Row a;
  for (int i = 0; i < n; ++i) a.push_back(ex.submit(cell, i, 3));
  for (int i = 1; i < n; ++i) a.push_back(ex.submit(mix, std::move(a[i - 1]), a[i]));
  return a;
}
[[dflow::graph]] Row early(dflow::Executor& ex, int n) {
  Row a;
  if (n == 0) {
    a.push_back(ex.submit(cell, 7, 7));
    return a;
  }
  for (int i = 0; i < n; ++i) a.push_back(ex.submit(cell, i, 2));
  return a;
}

std::atomic<bool> go{false};
[[dflow::task]] long wait_for_go(int i) {
  go.wait(false);
  return 5 + i;
}
[[dflow::graph]] std::pair<Grid, Handle> stopped(dflow::Executor& ex, int n) {
  Grid a(1, Row(n));
  auto first = ex.submit(wait_for_go, 1);
  for (int i = 0; i < n; ++i) a[0][i] = ex.submit(mix, first, i);
  return {a, first};
}

template <class T>
std::string outcome(const dflow::Future<T>& future) try {
  if (!future.valid()) return "-";
  if constexpr (std::is_same_v<T, std::string>) return future.get();
  else return std::to_string(future.get());
} catch (const NotAnException&) {
  return "something";
} catch (const dflow::CancelledError& error) {
  return std::string(error.what()).substr(0, std::string(error.what()).find(' '));
} catch (const std::exception& error) {
  return error.what();
}
template <class T>
void show(const dflow::Future<T>& future) {
  std::cout << ' ' << outcome(future);
}
template <class T>
void show(const std::vector<T>& row) {
  std::cout << " (";
  for (const auto& each : row) show(each);
  std::cout << " )";
}
template <class T, std::size_t N>
void show(const std::array<T, N>& row) {
  for (const auto& each : row) show(each);
}
template <class T>
void show(const char* name, const T& result) {
  std::cout << name;
  show(result);
  std::cout << '\n';
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  show("grid", grid(ex, n));
  show("triangle", triangle(ex, n));
  show("ragged", ragged(ex, n));
  show("fixed", fixed(ex, n));
  const auto pair = both(ex, n);
  show("both", pair.first);
  show("and", pair.second);
  const auto tuple = three(ex, n);
  show("three", std::get<0>(tuple));
  show("rows", std::get<1>(tuple));
  show("last", std::get<2>(tuple));
  const auto made = album(ex, n);
  show("album", made.titles);
  show("cover", made.cover.cells);
  show("title", made.cover.title);
  show("sum", made.sum);
  show("taken", taken(ex, n));
  show("early", early(ex, n));
  // Each is a future of its own: one is cancelled, the others are not; and they come as they end.
  if (corpus::beside_tasks() && n > 1) {
    auto results = stopped(ex, n);
    const bool cancelled = results.first[0][1].cancel();
    go = true;
    go.notify_all();
    long sum = 0;
    for (const auto& each : dflow::as_completed(results.first[0])) sum += each.cancelled() ? 0 : each.get();
    long expected = 0;
    for (int i = 0; i < n; ++i) expected += i == 1 ? 0 : mix(6, i);
    std::cout << (cancelled && sum == expected && results.second.get() == 6 && results.first[0][1].cancelled());
  } else {
    std::cout << 1;
  }
  std::cout << '\n';
  return 0;
}
