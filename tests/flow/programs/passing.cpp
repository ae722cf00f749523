// Counters that change in passing, inside of other expressions, and keys of maps: known in closed form, or refused.

#include <dflow/dflow.h>

#include <map>
#include <utility>
#include <vector>

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long make(long x) { return x; }
[[dflow::task]] long join(long a, long b) { return a + b; }

// SHOWS: join[i] <- join[i-1] 0 < i < n
[[dflow::graph]] Handle meeting(dflow::Executor& ex, int n) {
  Row x(n + 1);
  int k = 0;
  x[0] = ex.submit(make, 0);
  for (int i = 0; i < n; ++i) {
    auto next = ex.submit(join, x[k], x[0]);
    x[++k] = next;
  }
  return x[n];
}

[[dflow::graph]] Handle behind(dflow::Executor& ex, int n) {
  Row x(2 * n + 2);
  std::size_t k = 0;
  for (int i = 0; i <= n; ++i) {
    x[k++] = ex.submit(make, i);
    x[k++] = ex.submit(make, -i);
  }
  Handle last = ex.submit(make, 7);
  while (k > 1) {
    auto next = ex.submit(join, last, x[--k]);
    last = next;
  }
  return last;
}

[[dflow::graph]] Handle declared(dflow::Executor& ex, int n) {
  Row x(n + 1);
  int k = 0;
  for (int i = 0; i <= n; ++i) {
    const int mine = k++;
    x[mine] = ex.submit(make, mine);
  }
  Handle last = x[0];
  int j = n;
  for (int i = 0; i < n; ++i) last = ex.submit(join, last, x[j--]);
  return last;
}

[[dflow::graph]] Handle keyed(dflow::Executor& ex, int n) {
  std::map<int, Handle> made;
  for (int i = 0; i < n; ++i)
    if (i % 3 == 0) made[i] = ex.submit(make, i);
  Handle last = ex.submit(make, -1);
  for (int i = 0; i < n; i += 3) last = ex.submit(join, last, made[i]);
  return last;
}

// Not the same for all orders, or not always: whatever is said of them must be right.

[[dflow::graph]] Handle twice(dflow::Executor& ex, int n) {
  Row x(n + 2);
  int k = 0;
  x[0] = ex.submit(make, 0);
  for (int i = 0; i < n; ++i) {
    const int before = k;
    x[++k] = ex.submit(join, x[before], x[k - 1]);
    ++k, --k;
  }
  return x[n];
}

[[dflow::graph]] Handle sometimes(dflow::Executor& ex, int n, bool often) {
  Row x(n + 1);
  int k = 0;
  for (int i = 0; i < n; ++i) x[i] = ex.submit(make, i);
  Handle last = ex.submit(make, -1);
  for (int i = 0; i < n; ++i) {
    const bool moved = often && k++ < n;
    last = ex.submit(join, last, x[moved ? k - 1 : i]);
  }
  return last;
}

[[dflow::graph]] Handle chosen(dflow::Executor& ex, int n) {
  Row x(n + 1);
  int k = 0;
  for (int i = 0; i < n; ++i) x[i] = ex.submit(make, i);
  Handle last = ex.submit(make, -1);
  for (int i = 0; i < n; ++i) last = ex.submit(join, last, i % 2 == 0 ? x[k++] : x[0]);
  return last;
}

int main() {}
