// Divide and conquer over iterators and indices, with a policy class and its defaulted member; blocks kept in maps of
// vectors, in a deque used as a queue, in optionals; the recursion ends early by size, by an exception, by goto.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=halve 9 -- xs.size=9
// PARAMS: graph=halve 1 -- xs.size=1
// PARAMS: graph=Board::fill 9 -- n=9 limit=20
// PARAMS: graph=Board::fill 2 -- n=2 limit=20
// PARAMS: graph=funnel 9 -- n=9
// PARAMS: graph=funnel 2 -- n=2
// PARAMS: graph=picked 9 -- xs.size=9 from=[2,0,7]
// PARAMS: graph=picked 2 -- xs.size=2 from=[2,0,7]

#include <dflow/dflow.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <stdexcept>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Values = std::vector<long>;

[[dflow::task]] long load(long x) { return x + 4; }

struct Coarse {
  std::ptrdiff_t grain = 2;
  bool stop(std::ptrdiff_t left) const { return left <= grain; }
};

template <class Policy, class Iterator>
Handle conquer(dflow::Executor& ex, const Policy& policy, Iterator first, Iterator last) {
  if (first == last) throw std::invalid_argument("nothing to conquer");
  const auto left = std::distance(first, last);
  if (policy.stop(left)) {
    Handle all = ex.submit(load, *first);
    while (++first != last) all = ex.submit(mix, all, *first * 2);
    return all;
  }
  const auto middle = std::next(first, left / 2);
  return ex.submit(mix, conquer(ex, policy, first, middle), conquer(ex, policy, middle, last));
}
[[dflow::graph]] Handle halve(dflow::Executor& ex, const Values& xs) { return conquer(ex, Coarse{}, xs.begin(), xs.end()); }

class Board {
 public:
  using Block = std::vector<std::optional<Handle>>;

  [[dflow::graph]] static Handle fill(dflow::Executor& ex, int n, int limit) { return Board().filled(ex, n, limit); }

  static long expected(int n) {
    std::map<int, Values> blocks;
    long last = 0;
    for (int i = 0; i < n && i < 8; ++i) {
      last = i % 3 == 0 ? load(i) : mix(last, i);
      if (i % 3 == 0 || i % 2 == 1) blocks[i % 3].push_back(last);
    }
    if (n > 8) blocks[-1].push_back(load(20));
    std::optional<long> all;
    for (const auto& [key, block] : blocks)
      for (const long each : block) all = all ? mix(*all, each) : each;
    return all.value();
  }

 private:
  Handle filled(dflow::Executor& ex, int n, int limit) {
    try {
      for (int i = 0; i < n; ++i) place(ex, i, limit);
    } catch (const std::length_error&) {
      blocks_[-1].emplace_back(ex.submit(load, limit));
    }
    std::optional<Handle> all;
    for (auto& [key, block] : blocks_) {
      for (const auto& each : block) {
        if (!each) continue;
        all = all ? ex.submit(mix, *all, *each) : *each;
      }
    }
    return all.value();
  }
  void place(dflow::Executor& ex, int i, int limit) {
    if (i * 5 / 2 >= limit) throw std::length_error("full");
    auto& block = blocks_[i % 3];
    last_ = i % 3 == 0 ? ex.submit(load, i) : ex.submit(mix, last_, i);
    if (i % 3 == 0 || i % 2 == 1) block.push_back(last_);
    else block.emplace_back(std::nullopt);
  }

  std::map<int, Block> blocks_;
  Handle last_;
};

[[dflow::graph]] Handle funnel(dflow::Executor& ex, int n) {
  std::deque<std::pair<int, Handle>> queue;
  for (int i = 0; i < n; ++i) queue.emplace_back(i, ex.submit(load, i));
again:
  auto [weight, first] = queue.front();
  queue.pop_front();
  if (queue.empty()) goto done;
  {
    auto& [other, second] = queue.front();
    second = ex.submit(mix, first, second);
    other += weight;
    if (other % 4 == 1 && queue.size() > 1) std::swap(queue.front(), queue.back());
  }
  goto again;
done:
  return first;
}
long funnelled(int n) {
  std::deque<std::pair<int, long>> queue;
  for (int i = 0; i < n; ++i) queue.emplace_back(i, load(i));
  while (true) {
    const auto [weight, first] = queue.front();
    queue.pop_front();
    if (queue.empty()) return first;
    queue.front().second = mix(first, queue.front().second);
    queue.front().first += weight;
    if (queue.front().first % 4 == 1 && queue.size() > 1) std::swap(queue.front(), queue.back());
  }
}

[[dflow::graph]] Handle picked(dflow::Executor& ex, const Values& xs, const std::vector<std::size_t>& from) {
  const auto all = ex.map(load, xs);
  std::vector<Handle> chosen;
  std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), [&, i = std::size_t{0}](const Handle&) mutable {
    return std::find(from.begin(), from.end(), i++) != from.end();
  });
  std::reverse(chosen.begin(), chosen.end());
  std::rotate(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(chosen.size() / 2), chosen.end());
  if (const auto it = std::find(chosen.begin(), chosen.end(), all[0]); it != chosen.end()) std::iter_swap(it, chosen.begin());
  return ex.reduce(mix, chosen);
}

template <class Iterator>
long conquered(Iterator first, Iterator last) {
  const auto left = last - first;
  if (left > 2) return mix(conquered(first, first + left / 2), conquered(first + left / 2, last));
  return left == 1 ? load(*first) : mix(load(*first), first[1] * 2);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 9);
  const auto xs = corpus::squares(n);
  corpus::same("halve", halve(ex, xs).get(), conquered(xs.begin(), xs.end()));
  corpus::same("fill", Board::fill(ex, n, 20).get(), Board::expected(n));
  corpus::same("funnel", funnel(ex, n).get(), funnelled(n));
  const long one = load(xs[0]);
  corpus::same("picked", picked(ex, xs, {2, 0, 7}).get(), n < 3 ? one : mix(mix(one, load(xs[2])), load(xs[7])));
  return corpus::result();
}
