// Maps whose keys a loop has filled in, gone through in their order.

#include <dflow/dflow.h>

#include <functional>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long make(long x) { return x; }
[[dflow::task]] long join(long a, long b) { return 3 * a + b; }
[[dflow::task]] long next(long a) { return a + 1; }

/// By its parts, and as a whole.
[[dflow::graph]] Handle gone_through(dflow::Executor& ex, int first, int last) {
  std::map<int, Handle> made;
  for (int i = first; i < last; ++i) made[i] = ex.submit(make, i);
  Handle sum = ex.submit(make, 0);
  for (const auto& [key, value] : made) sum = ex.submit(join, sum, value);
  for (const auto& entry : made) sum = ex.submit(join, entry.second, sum);
  return sum;
}

/// Values that change on the way, and keys that count.
[[dflow::graph]] Row changed(dflow::Executor& ex, int n) {
  std::map<long, Handle> made;
  for (int i = 0; i <= n; ++i) {
    made.insert_or_assign(i, ex.submit(make, i));
  }
  for (auto& [key, value] : made) value = ex.submit(next, value);
  Row all(n + 1);
  for (const auto& [key, value] : made) all[key] = ex.submit(join, value, made.at(key));
  return all;
}

/// Rows by number, each of its own length.
[[dflow::graph]] Row rows(dflow::Executor& ex, int n, int m) {
  std::map<int, Row> made;
  for (int i = 0; i < n; ++i) made[i] = Row(m);
  Row all;
  for (auto& [key, row] : made)
    for (int j = 0; j < m; ++j) row[j] = ex.submit(make, j);
  for (auto& [key, row] : made)
    for (int j = 0; j < m; ++j) all.push_back(ex.submit(join, row[j], key));
  return all;
}

/// A new one in each round; copies of entries.
[[dflow::graph]] Handle again(dflow::Executor& ex, int n, int rounds) {
  Handle last = ex.submit(make, 0);
  for (int t = 0; t < rounds; ++t) {
    std::map<int, Handle> made;
    for (int i = 0; i < n; ++i) made[i] = ex.submit(join, last, i);
    for (auto entry : made) {
      entry.second = ex.submit(next, entry.second);
      last = ex.submit(join, last, entry.second);
    }
    for (auto& [key, value] : made) last = ex.submit(join, last, value);
  }
  return last;
}

// What is not known in closed form.

/// Keys that come later, or elsewhere.
[[dflow::graph]] Handle added(dflow::Executor& ex, int n) {
  std::map<int, Handle> made;
  for (int i = 0; i < n; ++i) made[i] = ex.submit(make, i);
  made[-3] = ex.submit(make, -3);
  Handle sum = ex.submit(make, 0);
  for (const auto& [key, value] : made) sum = ex.submit(join, sum, value);
  return sum;
}

/// Only some of the keys.
[[dflow::graph]] Handle some(dflow::Executor& ex, int n) {
  std::map<int, Handle> made;
  for (int i = 0; i < n; ++i)
    if (i % 3 == 1) made[i] = ex.submit(make, i);
  Handle sum = ex.submit(make, 0);
  for (const auto& [key, value] : made) sum = ex.submit(join, sum, value);
  return sum;
}

/// From the last to the first.
[[dflow::graph]] Handle backwards(dflow::Executor& ex, int n) {
  std::map<int, Handle, std::greater<>> made;
  for (int i = 0; i < n; ++i) made[i] = ex.submit(make, i);
  Handle sum = ex.submit(make, 0);
  for (const auto& [key, value] : made) sum = ex.submit(join, sum, value);
  return sum;
}

/// The end of the filling changes behind it.
[[dflow::graph]] Handle moved_end(dflow::Executor& ex, int n) {
  std::map<int, Handle> made;
  int end = n;
  for (int i = 0; i < end; ++i) made[i] = ex.submit(make, i);
  end = 1;
  Handle sum = ex.submit(make, end);
  for (const auto& [key, value] : made) sum = ex.submit(join, sum, value);
  return sum;
}

/// In no order.
[[dflow::graph]] Handle unordered(dflow::Executor& ex, int n) {
  std::unordered_map<int, Handle> made;
  for (int i = 0; i < n; ++i) made[i] = ex.submit(make, i);
  Handle sum = ex.submit(make, 0);
  for (const auto& [key, value] : made) sum = ex.submit(join, sum, value);
  return sum;
}

int main() {}
