// Failures and cancellations of tasks that are launched are those of tasks that are submitted one by one: in the middle
// of chains, trees and containers, of several inputs the first, of results that others read and of those nobody has.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: compiled, an exception that is no std::exception keeps its type
// LAUNCHED: chain tree gathered pairs slow
// PARAMS: graph=chain 8 -- n=8
// PARAMS: graph=tree 8 -- n=8
// PARAMS: graph=tree 9 -- n=9
// PARAMS: graph=pairs 8 -- n=8
// PARAMS: graph=gathered 8 -- n=8

#include <dflow/dflow.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "corpus.h"

using Handle = dflow::Future<std::string>;
using Row = std::vector<Handle>;

struct NotAnException {};

[[dflow::task]] std::string make(int i, int bad) {
  if (i % 5 == bad) throw std::domain_error("no " + std::to_string(i));
  if (i == 6 && bad == 4) throw NotAnException();
  return std::to_string(i);
}
[[dflow::task]] std::string step(std::string text, int i, int bad) {
  if (i == bad) throw std::out_of_range("stopped at " + std::to_string(i));
  return text + "+" + std::to_string(i);
}
[[dflow::task]] std::string join(const std::string& a, const std::string& b) { return "(" + a + b + ")"; }
[[dflow::task]] std::string all(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += part;
  return text;
}

[[dflow::graph]] Row chain(dflow::Executor& ex, int n, int bad) {
  Row links;
  links.push_back(ex.submit(make, 0, -1));
  for (int i = 1; i < n; ++i) links.push_back(ex.submit(step, links[i - 1], i, bad));
  return links;
}
[[dflow::graph]] Handle tree(dflow::Executor& ex, int n, int bad) {
  Row leaves;
  for (int i = 0; i < n; ++i) leaves.push_back(ex.submit(make, i, bad));
  return ex.reduce(join, leaves);
}
[[dflow::graph]] Handle gathered(dflow::Executor& ex, int n, int bad) {
  Row parts;
  for (int i = 0; i < n; ++i) parts.push_back(ex.submit(make, i, bad));
  return ex.submit(all, parts);
}
[[dflow::graph]] Row pairs(dflow::Executor& ex, int n, int bad) {
  Row first, second;
  for (int i = 0; i < n; ++i) first.push_back(ex.submit(make, i, bad));
  for (int i = 0; i + 1 < n; ++i) second.push_back(ex.submit(join, first[i + 1], first[i]));
  return second;
}

std::atomic<bool> go{false};
[[dflow::task]] std::string wait_for_go() {
  go.wait(false);
  return "gone";
}
[[dflow::graph]] Row slow(dflow::Executor& ex, int n) {
  Row links;
  links.push_back(ex.submit(wait_for_go));
  for (int i = 1; i < n; ++i) links.push_back(ex.submit(step, links[i - 1], i, -1));
  return links;
}

std::string outcome(const Handle& future) try {
  return future.get();
} catch (const NotAnException&) {
  return "something";
} catch (const dflow::CancelledError&) {
  return "cancelled";
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
  const int n = corpus::argument(argc, argv, 1, 8);
  for (const int bad : {-1, 0, 2, 4}) {
    show("chain", chain(ex, n, bad));
    show("tree", {tree(ex, n, bad)});
    show("gathered", {gathered(ex, n, bad)});
    show("pairs", pairs(ex, n, bad));
  }
  if (corpus::beside_tasks()) {
    auto links = slow(ex, n);
    const bool stopped = links[2].cancel();
    go = true;
    go.notify_all();
    for (int i = 0; i < n; ++i) std::cout << (i < 2 ? outcome(links[i]) == (i == 0 ? "gone" : "gone+1") : stopped && outcome(links[i]) == "cancelled");
  } else {
    std::cout << std::string(static_cast<std::size_t>(n), '1');
  }
  std::cout << '\n';
  return 0;
}
