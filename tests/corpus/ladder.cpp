// Member graph functions of a class template over nested containers: rows swapped and moved, a row given away, early
// return and break, a nested graph function that takes a row by value, a generic lambda over both kinds of rows.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=Ladder::climb 4 3 -- steps=4 width=3
// PARAMS: graph=Ladder::climb 0 3 -- steps=0 width=3
// PARAMS: graph=Ladder::climb 7 1 -- steps=7 width=1
// PARAMS: graph=Ladder::climb/1 4 3 -- steps=5 width=4
// PARAMS: graph=braid 4 3 -- widths=[4,0,3]
// PARAMS: graph=braid 0 3 -- widths=[0,0,3]

#include <dflow/dflow.h>

#include <array>
#include <optional>
#include <utility>

#include "corpus.h"

using corpus::mix;

[[dflow::task]] long load(long x) { return x * 3 + 1; }

template <class T>
struct Ladder {
  using Handle = dflow::Future<T>;
  using Row = std::vector<Handle>;
  using Rows = std::array<Row, 2>;

  [[dflow::graph]] static std::optional<Handle> climb(dflow::Executor& ex, int steps, int width) {
    if (width <= 0 || steps < 0) return std::nullopt;
    Rows rows{Row(width), Row()};
    for (int i = 0; i < width; ++i) rows[0][i] = ex.submit(load, i);
    for (int step = 0; step < steps; ++step) {
      rows[1] = next(ex, rows[0], step);
      if (step == 5) break;
      std::swap(rows[0], rows[1]);
    }
    auto& last = rows[steps > 5 ? 1 : 0];
    return finish(ex, std::move(last));
  }

 private:
  static Row next(dflow::Executor& ex, const Row& from, int step) {
    Row to;
    to.reserve(from.size());
    const auto append = [&](auto&&... operands) { to.push_back(ex.submit(mix, operands...)); };
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (step % 2 == 0 && i == 0) {
        append(from.back(), from.front());
        continue;
      }
      i + 1 < from.size() ? append(from[i + 1], from[i]) : append(from[i], step);
    }
    return to;
  }
  static Handle finish(dflow::Executor& ex, Row row) {
    while (row.size() > 1) {
      auto last = std::move(row.back());
      row.pop_back();
      row.front() = ex.submit(mix, row.front(), std::move(last));
    }
    return row.front();
  }
};

long climbed(int steps, int width) {
  std::vector<long> row(width);
  for (int i = 0; i < width; ++i) row[i] = load(i);
  for (int step = 0; step < std::min(steps, 6); ++step) {
    std::vector<long> to;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (step % 2 == 0 && i == 0) to.push_back(mix(row.back(), row.front()));
      else to.push_back(i + 1 < row.size() ? mix(row[i + 1], row[i]) : mix(row[i], step));
    }
    row = to;
  }
  for (; row.size() > 1; row.pop_back()) row.front() = mix(row.front(), row.back());
  return row.front();
}

struct Strand {
  std::string name;
  std::vector<std::vector<dflow::Future<long>>> ends;
  [[dflow::graph]] dflow::Future<long> tie(dflow::Executor& ex, long knot) const;
};
dflow::Future<long> Strand::tie(dflow::Executor& ex, long knot) const {
  dflow::Future<long> all = ex.submit(load, knot);
  for (const auto& end : ends)
    for (const auto& each : end) all = ex.submit(mix, each, all);
  return all;
}

[[dflow::graph]] std::vector<dflow::Future<long>> braid(dflow::Executor& ex, const std::vector<int>& widths) {
  std::vector<Strand> strands;
  for (const int width : widths) {
    auto& strand = strands.emplace_back(Strand{"strand", {}});
    for (int i = 0; i < width; ++i) {
      strand.ends.emplace_back();
      strand.ends.back().resize(i, ex.submit(load, i));
    }
  }
  for (std::size_t i = 1; i < strands.size(); ++i) std::swap(strands[i - 1].ends, strands[i].ends);
  std::vector<dflow::Future<long>> knots;
  for (const auto& [name, ends] : strands) {
    if (ends.empty()) continue;
    knots.push_back(Strand{name, ends}.tie(ex, static_cast<long>(ends.size())));
  }
  if (knots.size() < 2) return knots;
  std::swap(knots.front(), knots.back());
  return {ex.reduce(mix, std::exchange(knots, {}))};
}

long tied(int width) {
  long all = load(width);
  for (int i = 0; i < width; ++i)
    for (int k = 0; k < i; ++k) all = mix(load(i), all);
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4), width = corpus::argument(argc, argv, 2, 3);
  corpus::same("climb", Ladder<long>::climb(ex, n, width)->get(), climbed(n, width));
  corpus::same("further", Ladder<long>::climb(ex, n + 1, width + 1)->get(), climbed(n + 1, width + 1));
  corpus::same("none", Ladder<long>::climb(ex, n, 0).has_value(), false);
  const auto knots = braid(ex, {n, 0, width});
  corpus::same("knots", knots.size(), 1U);
  corpus::same("braid", knots[0].get(), n == 0 ? tied(width) : mix(tied(n), tied(width)));
  return corpus::result();
}
