// Functions in which names, lengths and counters are changed in ways that are easily misread. Whatever the closed forms
// say of them must be what their skeletons do.

#include <dflow/dflow.h>

#include <optional>
#include <utility>
#include <vector>

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long make(long x) { return x; }
[[dflow::task]] long join(long a, long b) { return a + b; }

/// A reference to an element follows the element into the other container.
[[dflow::graph]] void reference_over_swap(dflow::Executor& ex, int n, int steps) {
  Row a(n + 1), b(n + 1);
  for (int i = 0; i <= n; ++i) a[i] = ex.submit(make, i);
  for (int i = 0; i <= n; ++i) b[i] = ex.submit(make, i);
  auto& first = a[0];
  for (int t = 0; t < steps; ++t) {
    ex.submit(make, first);
    std::swap(a, b);
  }
  ex.submit(join, a[0], b[0]);
}

/// A reference to a container stays with the name.
[[dflow::graph]] void row_over_swap(dflow::Executor& ex, int n) {
  std::vector<Row> rows(2);
  for (int i = 0; i < n; ++i) rows[0].push_back(ex.submit(make, i));
  for (int i = 0; i < n; ++i) rows[1].push_back(ex.submit(make, i));
  auto& row = rows[0];
  std::swap(rows[0], rows[1]);
  for (int i = 0; i < n; ++i) ex.submit(make, row[i]);
}

[[dflow::graph]] void counter_behind_continue(dflow::Executor& ex, int n) {
  Row all;
  int k = 0;
  for (int i = 0; i < n; ++i) {
    all.push_back(ex.submit(make, i));
    if (i % 2 == 0) continue;
    ++k;
  }
  for (int i = 0; i < k; ++i) ex.submit(make, all[i]);
}

[[dflow::graph]] void push_behind_continue(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) {
    if (i == 2) continue;
    all.push_back(ex.submit(make, i));
  }
  for (const auto& each : all) ex.submit(make, each);
}

[[dflow::graph]] void change_before_continue(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) {
    if (i < 3) {
      all.push_back(ex.submit(make, i));
      continue;
    }
    ex.submit(make, all.back());
  }
  if (!all.empty()) ex.submit(make, all[0]);
}

[[dflow::graph]] void chained_assignment(dflow::Executor& ex, int n) {
  Row all(n + 4);
  for (int i = 0; i < n + 4; ++i) all[i] = ex.submit(make, i);
  int k = 0, j = 0;
  k = j = 2;
  ex.submit(join, all[k], all[j]);
  for (int i = 0; i < n; ++i) ex.submit(make, all[(j = i)]);
  ex.submit(make, all[j]);
}

[[dflow::graph]] void changed_by_reference(dflow::Executor& ex, int n) {
  Row all(n + 4);
  for (int i = 0; i < n + 4; ++i) all[i] = ex.submit(make, i);
  int k = 0;
  int& alias = k;
  auto bump = [&] { ++k; };
  ex.submit(make, all[k]);
  alias = 2;
  ex.submit(make, all[k]);
  bump();
  ex.submit(make, all[k]);
}

[[dflow::graph]] void counts_down_by_two(dflow::Executor& ex, int n) {
  Row all(n + 1);
  for (int i = n; i >= 0; i -= 2) all[i] = ex.submit(make, i);
  for (int i = n - 2; i > 0; i -= 2) all[i] = ex.submit(join, all[i], all[i + 2]);
}

[[dflow::graph]] void swapped_while_ranged(dflow::Executor& ex, int n) {
  Row a, b;
  for (int i = 0; i < n; ++i) a.push_back(ex.submit(make, i));
  for (int i = 0; i < n; ++i) b.push_back(ex.submit(make, i));
  for (const auto& each : a) {
    ex.submit(make, each);
    a.swap(b);
  }
}

Handle pick(dflow::Executor& ex, Row& all, int i) {
  if (i == 0) return all[0];
  if (i == 1) {
    all.push_back(ex.submit(make, 1));
    return all.back();
  }
  all[0] = ex.submit(make, i);
  return all[0];
}

[[dflow::graph]] void helper_returns_early(dflow::Executor& ex, int n) {
  Row all{ex.submit(make, 0)};
  auto x = pick(ex, all, n);
  ex.submit(join, x, all.back());
  ex.submit(make, all[all.size() - 1]);
}

[[dflow::graph]] void replaced_by_itself(dflow::Executor& ex, int n) {
  Row a{ex.submit(make, 0), ex.submit(make, 1)};
  for (int i = 0; i < n; ++i) a = {a[1], a[0]};
  ex.submit(make, a[0]);
  a = Row(3, a[1]);
  ex.submit(join, a[0], a[2]);
}

[[dflow::graph]] void moved_and_filled_again(dflow::Executor& ex, int n) {
  Row a;
  std::vector<Row> rows;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) a.push_back(ex.submit(make, j));
    rows.push_back(std::move(a));
    a.clear();
  }
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < static_cast<int>(rows[i].size()); ++j) ex.submit(make, rows[i][j]);
  }
}

[[dflow::graph]] void unsigned_wraps(dflow::Executor& ex, const std::vector<long>& xs, unsigned n) {
  auto all = ex.map(make, xs);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) ex.submit(join, all[i], all[i + 1]);
  for (std::size_t i = 0; i < all.size() - 1; ++i) ex.submit(make, all[i]);
  if (n - 1 < 3) ex.submit(make, all[0]);
}

[[dflow::graph]] void last_of_the_loop(dflow::Executor& ex, int n) {
  Row all;
  int last = -1, count = 3;
  for (int i = 0; i < n; ++i) {
    all.push_back(ex.submit(make, i));
    last = i;
    count = count + 2;
  }
  if (last >= 0) ex.submit(make, all[last]);
  if (count == 7) ex.submit(make, all[1]);
  if (count / 2 == 4) ex.submit(join, all[0], all[2]);
}

[[dflow::graph]] void rows_of_changing_length(dflow::Executor& ex, int n) {
  std::vector<Row> rows(n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) rows[i].push_back(ex.submit(make, j));
    rows[i].push_back(ex.submit(make, i));
    if (i > 0) rows[i - 1].push_back(ex.submit(make, -i));
  }
  for (const auto& row : rows) {
    for (const auto& each : row) ex.submit(make, each);
  }
}

[[dflow::graph]] void optional_is_taken_away(dflow::Executor& ex, int n) {
  std::optional<Handle> last;
  for (int i = 0; i < n; ++i) {
    auto x = ex.submit([](std::optional<long> before, int j) { return before.value_or(0) + j; }, last, i);
    last = x;
    if (i % 3 == 2) last.reset();
  }
}

[[dflow::graph]] void stops_in_the_middle(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < 10; ++i) {
    if (i == n) break;
    all.push_back(ex.submit(make, i));
  }
  for (const auto& each : all) ex.submit(make, each);
}

[[dflow::graph]] void steps_over_its_end(dflow::Executor& ex, int n) {
  Row all(n + 3);
  for (int i = 0; i < n; i += 3) all[i] = ex.submit(make, i);
  for (int i = 0; i < n && i < 5; i += 3) ex.submit(make, all[i]);
  for (int i = 0; i != n; ++i) {
    if (i % 3 == 0) ex.submit(make, all[i]);
  }
}

int main(int argc, char** argv) { dflow::Executor ex(argc, argv); }
