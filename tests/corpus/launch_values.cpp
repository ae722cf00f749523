// What passes between tasks that are launched: strings and vectors, moved by their last reader and copied before; values
// out of parameters; containers; reductions with and without a beginning; several outputs, some read by others too.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: compiled, a class with constructors
// LAUNCHED: fan words triangle folded spread strided stacked nothing
// PARAMS: graph=words 6 -- texts.size=6
// PARAMS: graph=triangle 6 -- n=6
// PARAMS: graph=triangle 1 -- n=1
// PARAMS: graph=folded 7 -- xs.size=7
// PARAMS: graph=folded 2 -- xs.size=2
// PARAMS: graph=folded 1 -- xs.size=1
// PARAMS: graph=folded 0 -- xs.size=0
// PARAMS: graph=strided 11 -- n=11
// PARAMS: graph=spread 5 -- n=5
// PARAMS: graph=stacked 6 -- n=6

#include <dflow/dflow.h>

#include <atomic>
#include <string>

#include "corpus.h"

using corpus::mix;
template <class T>
using Row = std::vector<dflow::Future<T>>;

/// Counts itself: whatever is made must go, and moving must not duplicate.
struct Counted {
  static inline std::atomic<long> alive{0};
  std::string text;
  explicit Counted(std::string of) : text(std::move(of)) { ++alive; }
  Counted(const Counted& other) : text(other.text) { ++alive; }
  Counted(Counted&& other) noexcept : text(std::move(other.text)) { ++alive; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) = default;
  ~Counted() { --alive; }
};

[[dflow::task]] Counted begin(const std::string& text) { return Counted(text); }
[[dflow::task]] Counted longer(Counted text) { return text.text += '.', text; }
[[dflow::task]] Counted both(const Counted& a, Counted b) { return Counted(a.text + b.text); }
[[dflow::task]] long length(const Counted& text) { return static_cast<long>(text.text.size()); }
[[dflow::task]] long scaled(long x, double by, bool negative) { return static_cast<long>(x * by) * (negative ? -1 : 1); }
[[dflow::task]] long total(const std::vector<long>& all) {
  long sum = 0;
  for (const long each : all) sum += each;
  return sum;
}
[[dflow::task]] std::string shown(std::vector<long> all, char mark) {
  std::string text;
  for (const long each : all) text += std::to_string(each) + mark;
  return text;
}

constexpr long kScale = 3;

/// One is read by all of the others, and returned.
[[dflow::graph]] Row<Counted> fan(dflow::Executor& ex, const std::string& text, int n) {
  Row<Counted> all;
  all.push_back(ex.submit(begin, text));
  for (int i = 1; i < n; ++i) all.push_back(ex.submit(both, all[0], all[i - 1]));
  return all;
}

[[dflow::graph]] dflow::Future<long> words(dflow::Executor& ex, const std::vector<std::string>& texts) {
  auto parts = ex.map(begin, texts);
  Row<long> lengths;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto last = ex.submit(longer, ex.submit(longer, std::move(parts[i])));
    lengths.push_back(ex.submit(length, last));
  }
  return ex.submit(total, std::move(lengths));
}

[[dflow::graph]] dflow::Future<long> triangle(dflow::Executor& ex, int n) {
  std::vector<Row<long>> rows(n);
  for (int i = 0; i < n; ++i) {
    const long base = kScale * i;
    for (int j = 0; j <= i; ++j) {
      if (j == 0 || j == i) rows[i].push_back(ex.submit(mix, base + j, n % 7));
      else rows[i].push_back(ex.submit(mix, rows[i - 1][j - 1], rows[i - 1][j]));
    }
  }
  return rows[n - 1][(n - 1) / 2];
}

[[dflow::graph]] Row<long> folded(dflow::Executor& ex, const std::vector<long>& xs) {
  Row<long> all = ex.map(mix, xs, xs), result;
  result.push_back(ex.reduce(mix, all, 5L));
  result.push_back(ex.reduce(mix, all, ex.submit(mix, 1, 2)));
  return result;
}

[[dflow::graph]] dflow::Future<std::string> spread(dflow::Executor& ex, int n) {
  Row<long> all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(scaled, i, 0.5 * i + 1, i % 2 == 1));
  return ex.submit(shown, all, ',');
}

/// Steps that leave gaps in the numbering, in both directions.
[[dflow::graph]] Row<long> strided(dflow::Executor& ex, int n) {
  Row<long> even, all;
  for (int i = 0; i < n; i += 2) even.push_back(ex.submit(mix, i, i));
  for (int i = n - 1; i > 0; i -= 3) all.push_back(ex.submit(mix, i, n));
  auto carried = ex.submit(mix, 0, 0);
  for (int i = 0; i < n; ++i) carried = ex.submit(mix, carried, even[i / 2]);
  all.push_back(carried);
  return all;
}

/// A counter that changes in passing.
[[dflow::graph]] dflow::Future<long> stacked(dflow::Executor& ex, int n) {
  Row<long> stack(n + 1);
  unsigned top = 0;
  for (int i = 0; i <= n; ++i) stack[top++] = ex.submit(mix, long{3}, static_cast<long>(i));
  auto last = ex.submit(mix, long{}, 1);
  for (int i = 0; i <= n; ++i) {
    auto next = ex.submit(mix, last, stack[--top]);
    last = next;
  }
  return last;
}

[[dflow::graph]] void nothing(dflow::Executor& ex, int n) {
  for (int i = 0; i < n; ++i) static_cast<void>(ex.submit(mix, i, i));
}

int main(int argc, char** argv) {
  const int n = corpus::argument(argc, argv, 1, 6);
  {
    dflow::Executor ex(argc, argv);
    std::vector<std::string> texts;
    for (int i = 0; i < n; ++i) texts.push_back(std::string(static_cast<std::size_t>(i) + 20, 'x'));
    std::cout << "fan";
    for (const auto& each : fan(ex, "ab", n + 1)) std::cout << ' ' << each.get().text;
    if (n > 0) std::cout << "\nwords " << words(ex, texts).get() << "\ntriangle " << triangle(ex, n).get();
    try {
      std::cout << "\nfolded";
      for (const auto& each : folded(ex, corpus::squares(n))) std::cout << ' ' << each.get();
    } catch (const std::invalid_argument& error) {
      std::cout << ' ' << error.what();
    }
    std::cout << "\nspread " << spread(ex, n).get() << "\nstrided";
    if (n > 0) {
      for (const auto& each : strided(ex, n)) std::cout << ' ' << each.get();
    }
    std::cout << "\nstacked " << stacked(ex, n).get();
    nothing(ex, n);
    auto dropped = fan(ex, "dropped", n + 3);
    dropped.clear();
  }
  std::cout << "\nleft " << Counted::alive.load() << '\n';
  return 0;
}
