// Loops of every form, ways out of them, and switches: known in closed form, or refused.

#include <dflow/dflow.h>

#include <utility>
#include <vector>

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long make(long x) { return x; }
[[dflow::task]] long join(long a, long b) { return a + b; }
[[dflow::task]] long step(long a) { return a + 1; }

[[dflow::graph]] Handle whiles(dflow::Executor& ex, int n) {
  Row x(n);
  int i = 0;
  while (i < n) {
    x[i] = ex.submit(make, i);
    ++i;
  }
  Handle last = ex.submit(make, -1);
  int j = n - 1;
  while (j >= 0) {
    last = ex.submit(join, last, x[j]);
    j -= 2;
  }
  int k = n;
  while (k-- > 0) last = ex.submit(join, last, x[k]);
  return last;
}

[[dflow::graph]] Handle dos(dflow::Executor& ex, int n) {
  Handle last = ex.submit(make, 0);
  int i = 0;
  do {
    last = ex.submit(join, last, ex.submit(make, i));
    ++i;
  } while (i < n);
  return last;
}

[[dflow::graph]] Handle breaks(dflow::Executor& ex, int n, int limit) {
  Handle last = ex.submit(make, 0);
  for (int i = 0; i < n; ++i) {
    if (i == limit) break;
    last = ex.submit(join, last, last);
    for (int j = 0; j < i; ++j) {
      if (j + 2 > limit) break;
      last = ex.submit(step, last);
    }
  }
  return last;
}

[[dflow::graph]] Handle returns(dflow::Executor& ex, int n, int limit) {
  Row x;
  for (int i = 0; i < n; ++i) {
    x.push_back(i == 0 ? ex.submit(make, i) : ex.submit(step, x[i - 1]));
    if (i == limit) return x[i];
  }
  return ex.submit(make, -1);
}

[[dflow::graph]] Handle switches(dflow::Executor& ex, int mode, int n) {
  Handle h = ex.submit(make, 0);
  switch (mode) {
    case 0:
      h = ex.submit(step, h);
      break;
    case 1:
    case 2:
      for (int i = 0; i < n; ++i) h = ex.submit(join, h, h);
      [[fallthrough]];
    case 3: {
      h = ex.submit(step, h);
      break;
    }
    default:
      return ex.submit(make, 9);
  }
  return ex.submit(step, h);
}

/// Not affine: which elements are read.
[[dflow::graph]] Handle strides(dflow::Executor& ex, int n, int stride) {
  Row x(n);
  for (int i = 0; i < n; ++i) x[i] = ex.submit(make, i);
  Handle last = ex.submit(make, 0);
  if (stride < 1) return last;
  for (int i = 0; i < n; i += stride) last = ex.submit(join, last, x[i]);
  return last;
}

[[dflow::graph]] Handle nested_choice(dflow::Executor& ex, int n, bool flag) {
  Handle a = ex.submit(make, 0), b = ex.submit(make, 1), c = ex.submit(make, 2);
  for (int i = 0; i < n; ++i) a = ex.submit(join, i % 2 == 0 ? (flag ? a : b) : (i > 3 ? c : a), b);
  return a;
}

/// Ways out of loops that leave something changed behind them.
[[dflow::graph]] Handle jumps(dflow::Executor& ex, int n, int limit) {
  Row x;
  int count = 0;
  for (int i = 0; i < n; ++i) {
    ++count;
    x.push_back(ex.submit(make, i));
    if (i >= limit) break;
    if (i % 2 == 1) continue;
    x[i] = ex.submit(step, x[i]);
  }
  Handle last = ex.submit(make, count);
  for (int i = 0; i < count; ++i) last = ex.submit(join, last, x[i]);
  for (int i = n; i > 0; --i) {
    for (int j = 0; j < n; ++j) {
      if (i + j == limit) return last;
      if (j > i) break;
      last = ex.submit(step, last);
    }
    last = ex.submit(join, last, last);
  }
  while (true) {
    last = ex.submit(step, last);
    if (count >= limit) break;
    ++count;
  }
  return ex.submit(join, last, last);
}

Handle found(dflow::Executor& ex, const Row& x, int n, int wanted) {
  for (int i = 0; i < n; ++i) {
    if (i == wanted) return ex.submit(step, x[i]);
  }
  return ex.submit(make, -1);
}

/// A helper that returns from its loop; a counter that counts before and behind what uses it.
[[dflow::graph]] Handle searching(dflow::Executor& ex, int n, int wanted) {
  Row x(n + 1);
  int k = -1;
  for (int i = 0; i < n;) {
    ++k;
    x[k] = ex.submit(make, i);
    ++i;
    x[k] = ex.submit(join, x[k], x[k == 0 ? 0 : k - 1]);
  }
  Handle last = found(ex, x, n, wanted);
  std::size_t left = static_cast<std::size_t>(n);
  do {
    last = ex.submit(step, last);
    --left;
  } while (left > 2);
  for (int lo = 0, hi = n - 1; lo < n / 2; ++lo, --hi) last = ex.submit(join, last, ex.submit(join, x[lo], x[hi]));
  return last;
}

/// Blocks of a length that is known when it runs.
[[dflow::graph]] Handle blocks(dflow::Executor& ex, int n, int width) {
  std::vector<Handle> parts;
  if (width < 1) return ex.submit(make, 0);
  for (int from = 0; from < n; from += width) parts.push_back(ex.submit(make, from));
  for (auto& part : parts) part = ex.submit(step, part);
  return ex.reduce(join, parts, 0L);
}

int main(int argc, char** argv) { dflow::Executor ex(argc, argv); }
