// Launched tasks over their time limit, whose bodies still read what they were given, and tasks that give a default value in
// the place of a failure: their own, that of what they take, and of chains of these.
// BOUNDARIES: 0
// REPLICABLE: yes
// WARNS: reads-global, bodies that wait for a flag
// WORKERS: no, bodies wait for one process' flag
// LAUNCHED: overdue unseen in_time ignoring waited
// WITHOUT: all
// PARAMS: graph=in_time 4 -- n=4
// PARAMS: graph=ignoring 4 -- n=4
// PARAMS: graph=waited 4 -- n=4 some.size=3

#include <dflow/dflow.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "corpus.h"

using corpus::mix;
using namespace std::chrono_literals;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;

/// Knows whether it still lives.
class Page {
 public:
  explicit Page(long n = -1) : n_(n) { note(true); }
  Page(const Page& other) : n_(other.n_) { note(true); }
  Page(Page&& other) noexcept : n_(other.n_) { note(true); }
  Page& operator=(const Page&) = default;
  ~Page() { note(false); }
  long read() const {
    const std::lock_guard lock(mutex());
    return all().contains(this) ? n_ : -2;
  }

 private:
  void note(bool is_here) const {
    const std::lock_guard lock(mutex());
    if (is_here) all().insert(this);
    else all().erase(this);
  }
  static std::mutex& mutex() {
    static std::mutex one;
    return one;
  }
  static std::set<const Page*>& all() {
    static std::set<const Page*> pages;
    return pages;
  }
  long n_;
};

std::atomic<bool> go{false};
std::atomic<long> read_late{-3};
[[dflow::task]] Page page(long n) { return Page(n); }
/// Returns when everybody has seen its limit pass.
[[dflow::task]] long stuck(const Page& given, int i) {
  if (i != 1) return given.read() + i;
  go.wait(false);
  read_late = given.read();
  read_late.notify_all();
  return -4;
}
[[dflow::task]] Page stuck_page(const Page& given, int i) { return Page(stuck(given, i)); }
[[dflow::task]] long both(Page a, long b) { return a.read() * 100 + b; }
[[dflow::task]] long number(const Page& a) { return a.read(); }

[[dflow::graph]] Row overdue(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) {
    auto given = ex.submit(page, 7);
    auto slow = ex.with({.name = "slow", .timeout = 20ms}).submit(stuck, given, i);
    auto next = ex.submit(both, given, slow);
    all.push_back(slow);
    all.push_back(next);
    all.push_back(ex.with({.on_failure = dflow::OnFailure::ignore}).submit(mix, next, 1));
    all.push_back(ex.submit(mix, ex.with({.timeout = 1h, .on_failure = dflow::OnFailure::cancel_successors}).submit(both, given, slow), 2));
  }
  return all;
}
/// The same of a result that the caller does not get.
[[dflow::graph]] Row unseen(dflow::Executor& ex, int n) {
  Row all;
  for (int i = 0; i < n; ++i) {
    auto given = ex.submit(page, 8);
    auto slow = ex.with({.timeout = 20ms, .on_failure = dflow::OnFailure::cancel_successors}).submit(stuck_page, given, i);
    all.push_back(ex.submit(number, slow));
    all.push_back(ex.submit(number, given));
  }
  return all;
}

std::atomic<int> tries{0};
[[dflow::task]] long at_last(long x, int i) {
  if (i == 2 && ++tries % 3 != 0) throw std::runtime_error("once more");
  return x + i;
}
[[dflow::task]] void only_runs(long x) {
  if (x > 3) throw std::out_of_range("more than three");
}
[[dflow::task]] long behind(long x) { return -x; }

[[dflow::graph]] Row in_time(dflow::Executor& ex, int n) {
  Row all;
  constexpr auto limit = std::chrono::minutes(30);
  for (int i = 0; i < n; ++i) {
    auto x = ex.with({.retries = 2, .timeout = limit}).submit(at_last, 10L, i);
    auto y = ex.with({.timeout = std::chrono::seconds(3600)}).submit(mix, x, 1);
    auto run = ex.with({.timeout = 1h}).submit(only_runs, i + 1L);
    all.push_back(x);
    all.push_back(ex.with({.after = {run}}).submit(behind, y));
  }
  return all;
}

struct Cell {
  std::string text = "none";
  long n = 5;
};
[[dflow::task]] Cell cell(int i) {
  if (i % 2 == 1) throw std::invalid_argument("odd");
  return {"some", i};
}
[[dflow::task]] Cell longer(Cell c) {
  if (c.n == 2) throw std::logic_error("two");
  return {c.text + "!", c.n + 1};
}
[[dflow::task]] long size(const Cell& c) { return static_cast<long>(c.text.size()) * 10 + c.n; }
[[dflow::task]] long must(int i) {
  if (i == 3) throw std::domain_error("three");
  return i;
}

[[dflow::graph]] Row ignoring(dflow::Executor& ex, int n) {
  Row all;
  const auto leniently = ex.with({.on_failure = dflow::OnFailure::ignore});
  for (int i = 0; i < n; ++i) {
    auto one = leniently.submit(cell, i);
    auto two = leniently.submit(longer, one);
    all.push_back(ex.submit(size, one));
    all.push_back(ex.submit(size, two));
    auto fails = ex.submit(must, i);
    all.push_back(fails);
    all.push_back(leniently.submit(mix, fails, 1));
    auto cancels = ex.with({.on_failure = dflow::OnFailure::cancel_successors}).submit(must, i);
    all.push_back(leniently.submit(mix, cancels, 1));
    all.push_back(ex.with({.retries = 1, .on_failure = dflow::OnFailure::ignore}).submit(must, i));
    all.push_back(ex.submit(mix, leniently.submit(mix, fails, 1), 1));
  }
  return all;
}

[[dflow::graph]] std::pair<Row, Row> waited(dflow::Executor& ex, int n, const std::vector<int>& some) {
  Row all;
  for (int i = 0; i < n; ++i) {
    auto done = ex.with({.on_failure = dflow::OnFailure::ignore}).submit(only_runs, i + 2L);
    all.push_back(ex.with({.after = {done}}).submit(behind, i));
  }
  return {all, ex.with({.timeout = 1h, .on_failure = dflow::OnFailure::ignore}).map(must, some)};
}

std::string outcome(const Handle& future) try {
  return std::to_string(future.get());
} catch (const dflow::CancelledError&) {
  return future.cancelled() ? "cancelled" : "of one that was cancelled";
} catch (const dflow::TimeoutError& error) {
  const std::string all = error.what();
  return all.substr(all.find("ran longer"));
} catch (const std::exception& error) {
  return error.what();
}
void show(const char* name, const Row& row) {
  std::cout << name;
  for (const auto& each : row) std::cout << " | " << outcome(each);
  std::cout << '\n';
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  if (corpus::beside_tasks() && n > 1) {
    const Row row = overdue(ex, n);
    const std::string late = "ran longer than its limit of 20 ms";
    corpus::failures += outcome(row[4]) != late;
    go = true;
    go.notify_all();
    read_late.wait(-3);
    corpus::failures += read_late != 7;
    for (long i = 0; i < n; ++i) {
      const long slow = 7 + i, next = 700 + slow;
      std::vector<std::string> expected = {late, late, "0", "cancelled"};
      if (i != 1) expected = {std::to_string(slow), std::to_string(next), std::to_string(mix(next, 1)), std::to_string(mix(next, 2))};
      for (std::size_t k = 0; k < 4; ++k) corpus::failures += outcome(row[static_cast<std::size_t>(4 * i) + k]) != expected[k];
    }
  }
  // Who waits for a task is told by a thread that is free.
  if (corpus::beside_tasks() && n > 1 && !corpus::set("DFLOW_THREADS") && std::thread::hardware_concurrency() > 1) {
    go = false;
    read_late = -3;
    const Row row = unseen(ex, n);
    const bool told = outcome(row[2]) == "cancelled";
    go = true;
    go.notify_all();
    read_late.wait(-3);
    for (std::size_t i = 0; i < row.size(); ++i) corpus::failures += i != 2 && row[i].get() != (i % 2 == 1 ? 8 : 8 + static_cast<long>(i / 2));
    corpus::failures += !told || read_late != 8;
  }
  show("in time", in_time(ex, n));
  show("ignoring", ignoring(ex, n));
  const auto [behind_some, mapped] = waited(ex, n, {0, 3, 5});
  show("waited", behind_some);
  show("mapped", mapped);
  return corpus::result();
}
