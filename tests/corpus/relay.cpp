// Graph functions that call each other with rows by reference, value and move: a class template's member that keeps
// state in a local object, lambdas that call themselves, a visitor of a variant, results gathered half-way whose values
// go on, a failing condition that throws out of three loops into a handler.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=relay 3 4 -- teams=3 legs=4
// PARAMS: graph=relay 1 1 -- teams=1 legs=1
// PARAMS: graph=mixed 3 4 -- kinds=[3,4,0]
// PARAMS: graph=search 3 4 -- a=3 b=4
// PARAMS: graph=search 2 5 -- a=2 b=5

#include <dflow/dflow.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <variant>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;
using Grid = std::vector<Row>;

[[dflow::task]] long load(long x) { return 2 * x + 1; }

template <class Key, std::size_t Slots>
class Track {
 public:
  explicit Track(dflow::Executor& ex) : ex_(ex) {}

  [[dflow::graph]] static Grid run(dflow::Executor& ex, Grid start, int legs) {
    Track track(ex);
    for (int leg = 0; leg < legs; ++leg) {
      for (std::size_t team = 0; team < start.size(); ++team) track.pass(static_cast<Key>(team), start[team], leg);
      if (start.size() > 1) start.front().swap(start.back());
      if (track.passed() > 3 * Slots) return std::exchange(start, Grid(1, track.collect()));
    }
    track.last_ = std::move(start);
    return std::move(track.last_);
  }

 private:
  void pass(Key team, Row& row, int leg) {
    auto& slots = slots_[team];
    auto& slot = slots[static_cast<std::size_t>(leg) % Slots];
    for (auto& each : row) each = slot.valid() ? ex_.submit(mix, slot, each) : ex_.submit(mix, each, leg);
    slot = row.back();
    ++passed_;
  }
  std::size_t passed() const { return passed_; }
  Row collect() const {
    Row all;
    for (const auto& [team, slots] : slots_)
      for (const auto& slot : slots)
        if (slot.valid()) all.push_back(ex_.submit(load, slot));
    return all;
  }

  dflow::Executor& ex_;
  std::map<Key, std::array<Handle, Slots>> slots_;
  std::size_t passed_ = 0;
  Grid last_;
};

[[dflow::graph]] Handle relay(dflow::Executor& ex, int teams, int legs) {
  Grid start;
  std::generate_n(std::back_inserter(start), teams, [&ex, i = 0]() mutable {
    ++i;
    return ex.map(load, std::vector<long>(static_cast<std::size_t>(i), i));
  });
  const Grid end = Track<int, 2>::run(ex, std::move(start), legs);
  std::vector<long> values;
  for (const auto& row : end) {
    const auto some = ex.gather(row);
    values.insert(values.end(), some.begin(), some.end());
  }
  const std::function<Handle(std::size_t, std::size_t)> fold = [&](std::size_t first, std::size_t last) {
    if (last - first == 1) return ex.submit(load, values[first]);
    const std::size_t middle = first + (last - first) / 2;
    return ex.submit(mix, fold(first, middle), fold(middle, last));
  };
  return fold(0, values.size());
}

using Piece = std::variant<Handle, Row, std::unique_ptr<Row>>;

[[dflow::graph]] Handle mixed(dflow::Executor& ex, const std::vector<int>& kinds) {
  std::vector<Piece> pieces;
  for (const int kind : kinds) {
    Row row(static_cast<std::size_t>(kind));
    for (auto& each : row) each = ex.submit(load, &each - row.data());
    switch (kind % 3) {
      case 0: pieces.emplace_back(ex.submit(load, kind)); break;
      case 1: pieces.emplace_back(std::move(row)); break;
      default: pieces.emplace_back(std::make_unique<Row>(std::move(row)));
    }
  }
  struct Fold {
    dflow::Executor& ex;
    Handle operator()(const Handle& one) const { return ex.submit(load, one); }
    Handle operator()(const Row& row) const { return ex.reduce(mix, row); }
    Handle operator()(const std::unique_ptr<Row>& row) const { return (*this)(*row); }
  };
  Row ends;
  for (const auto& piece : pieces) ends.push_back(std::visit(Fold{ex}, piece));
  return ex.reduce(mix, ends, ex.submit(load, 100));
}

struct Found {
  int x, y;
};
[[dflow::graph]] Handle search(dflow::Executor& ex, int a, int b) {
  Handle last = ex.submit(load, a * b);
  try {
    for (int x = 1;; ++x)
      for (int y = x; y < 10; ++y)
        for (int z = y; z < 10; ++z) {
          if (x * x + y * y == z * z && x >= a) throw Found{x, y};
          if ((x + y + z) % b == 0) last = ex.submit(mix, last, z);
        }
  } catch (const Found& found) {
    Row both{last, ex.submit(load, found.x)};
    std::swap(both[0], both[1]);
    return ex.submit(mix, both[0], ex.submit(mix, both[1], found.y));
  }
}
long searched(int a, int b) {
  long last = load(static_cast<long>(a) * b);
  for (int x = 1;; ++x)
    for (int y = x; y < 10; ++y)
      for (int z = y; z < 10; ++z) {
        if (x * x + y * y == z * z && x >= a) return mix(load(x), mix(last, y));
        if ((x + y + z) % b == 0) last = mix(last, z);
      }
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int a = corpus::argument(argc, argv, 1, 3), b = corpus::argument(argc, argv, 2, 4);
  std::cout << "relay " << relay(ex, a, b).get() << '\n';
  std::cout << "mixed " << mixed(ex, {a, b, 0}).get() << '\n';
  corpus::same("search", search(ex, a, b).get(), searched(a, b));
  return corpus::result();
}
