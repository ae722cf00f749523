// Whether futures are there, and members of parameters: known in closed form, or whatever is said must be right.

#include <dflow/dflow.h>

#include <optional>
#include <utility>
#include <vector>

using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

[[dflow::task]] long make(long x) { return x; }
[[dflow::task]] long join(long a, long b) { return 3 * a + b; }

struct Sizes {
  int outer = 0;
  std::size_t inner = 0;
  std::vector<double> xs;
  double weight = 1;
};

[[dflow::graph]] std::optional<Handle> either(dflow::Executor& ex, int n) {
  std::optional<Handle> before;
  for (int i = 0; i < n; ++i) {
    if (!before.has_value()) {
      before = ex.submit(make, i);
    } else {
      before = ex.submit(join, before.value(), i);
    }
  }
  return before;
}

[[dflow::graph]] Handle taken(dflow::Executor& ex, int n) {
  std::optional<Handle> before;
  Handle last = ex.submit(make, -1);
  for (int i = 0; i < n; ++i) {
    if (before) last = ex.submit(join, last, *before);
    if (i % 2 == 0) before = ex.submit(make, i);
    else before.reset();
    std::optional<Handle> now = before;
    last = now ? ex.submit(join, last, *now) : ex.submit(join, last, i);
  }
  return last;
}

[[dflow::graph]] Row sized(dflow::Executor& ex, const Sizes& sizes) {
  Row made, more;
  for (int i = 0; i < sizes.outer; ++i)
    for (std::size_t j = 0; j < sizes.inner; ++j) made.push_back(ex.submit(make, i));
  for (std::size_t k = 1; k < sizes.xs.size(); ++k) more.push_back(ex.submit(make, k));
  Handle last = ex.submit(make, static_cast<long>(sizes.weight));
  for (int i = 1; i < sizes.outer; ++i) last = ex.submit(join, last, i);
  return made;
}

// Changed by what is not its name: no closed form, or the right one.

void swap_in(std::optional<Handle>& a, Handle b) { a = std::move(b); }

[[dflow::graph]] Handle elsewhere(dflow::Executor& ex, int n) {
  std::optional<Handle> before;
  Handle last = ex.submit(make, -1);
  for (int i = 0; i < n; ++i) {
    if (before) last = ex.submit(join, last, *before);
    swap_in(before, ex.submit(make, i));
  }
  return last;
}

[[dflow::graph]] Handle moved(dflow::Executor& ex, int n) {
  Handle one = ex.submit(make, 0), last = ex.submit(make, -1);
  for (int i = 0; i < n; ++i) {
    Handle other = std::move(one);
    if (one.valid()) last = ex.submit(join, last, one);
    one = ex.submit(join, other, i);
  }
  return last;
}

[[dflow::graph]] Handle by_lambda(dflow::Executor& ex, int n) {
  std::optional<Handle> before;
  Handle last = ex.submit(make, -1);
  const auto keep = [&](Handle one) { before = one; };
  for (int i = 0; i < n; ++i) {
    if (before) last = ex.submit(join, last, *before);
    keep(last);
  }
  return last;
}

[[dflow::graph]] Handle changed(dflow::Executor& ex, Sizes sizes) {
  Handle last = ex.submit(make, -1);
  while (sizes.outer-- > 0) last = ex.submit(join, last, 1);
  return last;
}

int main() {}
