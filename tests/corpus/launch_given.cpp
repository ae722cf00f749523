// Futures that come from outside: a graph function that is given some is launched, whether they have ended, fail, are
// cancelled or end much later; so is one that scatters values. What it only hands on is not waited for.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: compiled, an exception that is no std::exception keeps its type
// LAUNCHED: raised summed updated smoothed scaled handed_on placed
// PARAMS: graph=scaled 4 -- n=4
// PARAMS: graph=placed 4 -- xs.size=4

#include <dflow/dflow.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using Row = std::vector<Handle>;
using Grid = std::vector<Row>;

struct NotAnException {};

[[dflow::task]] long cell(int i) {
  if (i == 2) throw NotAnException();
  if (i == 5) throw std::domain_error("five");
  return i;
}
[[dflow::task]] std::string longer(std::string text, const std::string& more) { return text + more; }
[[dflow::task]] std::string all(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += part;
  return text;
}

[[dflow::graph]] Handle raised(dflow::Executor& ex, const Handle& x, int times) {
  auto last = ex.submit(mix, x, 1);
  for (int i = 0; i < times; ++i) last = ex.submit(mix, last, x);
  return last;
}
[[dflow::graph]] Handle summed(dflow::Executor& ex, const Row& xs, int n) {
  Row twice;
  for (int i = 0; i < n; ++i) twice.push_back(ex.submit(mix, xs[i], xs[n - 1 - i]));
  return ex.reduce(mix, twice);
}
/// In place: what is not reached is handed on.
[[dflow::graph]] Grid updated(dflow::Executor& ex, Row xs, int n) {
  Grid result;
  for (int i = 1; i < n; ++i) xs[i] = ex.submit(mix, xs[i - 1], std::move(xs[i]));
  result.push_back(std::move(xs));
  return result;
}
/// The last reader takes what nobody else has; the others copy.
[[dflow::graph]] std::vector<dflow::Future<std::string>> smoothed(dflow::Executor& ex, std::vector<dflow::Future<std::string>> xs, int n) {
  std::vector<dflow::Future<std::string>> result;
  for (int i = 0; i < n; ++i) result.push_back(ex.submit(longer, xs[i], xs[(i + 1) % n]));
  result.push_back(ex.submit(all, xs));
  return result;
}
/// Scattered in a loop, and once; a task may read both.
[[dflow::graph]] Row scaled(dflow::Executor& ex, int n) {
  const long by = 3 + n;
  auto shared = ex.scatter(by);
  Row values, result;
  for (int i = 0; i < n; ++i) values.push_back(ex.scatter(10L * i, 2));
  for (int i = 0; i < n; ++i) result.push_back(ex.submit(mix, shared, values[i]));
  result.push_back(shared);
  return result;
}
[[dflow::graph]] std::pair<Row, Handle> handed_on(dflow::Executor& ex, const Row& xs) {
  return {{xs[0], xs[3], ex.submit(mix, xs[1], 2)}, xs[2]};
}
[[dflow::graph]] std::vector<dflow::Future<std::string>> placed(dflow::Executor& ex, const std::vector<std::string>& xs) {
  std::vector<dflow::Future<std::string>> data, result;
  for (const std::string& x : xs) data.push_back(ex.scatter(x));
  for (const auto& each : data) result.push_back(ex.submit(longer, each, data[0]));
  return result;
}

template <class T>
std::string outcome(const dflow::Future<T>& future) try {
  if (!future.valid()) return "-";
  if constexpr (std::is_same_v<T, std::string>) return future.get();
  else return std::to_string(future.get());
} catch (const NotAnException&) {
  return "something";
} catch (const std::exception& error) {
  return error.what();
}
template <class T>
void show(const char* name, const std::vector<dflow::Future<T>>& row) {
  std::cout << name;
  for (const auto& each : row) std::cout << ' ' << outcome(each);
  std::cout << '\n';
}
Row cells(dflow::Executor& ex, int from, int to) {
  Row row;
  for (int i = from; i < to; ++i) row.push_back(ex.submit(cell, i));
  return row;
}
std::vector<dflow::Future<std::string>> texts(dflow::Executor& ex, int n) {
  std::vector<dflow::Future<std::string>> row;
  for (int i = 0; i < n; ++i) row.push_back(ex.submit(longer, std::string(30, static_cast<char>('a' + i)), std::string("!")));
  return row;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  show("raised", Row{raised(ex, ex.submit(cell, 1), n), raised(ex, ex.submit(cell, 2), n), raised(ex, ex.scatter(4L), 0)});
  show("summed", Row{summed(ex, cells(ex, 6, 6 + n), n), summed(ex, cells(ex, 0, n), n)});
  show("updated", updated(ex, cells(ex, 4, 4 + n), n - 1)[0]);
  const auto kept = texts(ex, n);
  show("smoothed", smoothed(ex, kept, n));
  show("given away", smoothed(ex, texts(ex, n), n));
  show("kept", kept);
  show("scaled", scaled(ex, n));
  show("placed", placed(ex, {"x", "y", "z", "w"}));
  // What a caller holds back, fails, or calls off.
  {
    dflow::Promise<long> late, broken, unused;
    auto stopped = dflow::Promise<long>();
    const Row given = {late.future(), broken.future(), stopped.future(), unused.future()};
    const auto result = updated(ex, given, 3);
    const auto several = summed(ex, {late.future(), late.future(), late.future()}, 3);
    const auto passed = handed_on(ex, given);
    const bool early = result[0][1].done() || several.done();
    broken.set_exception(std::make_exception_ptr(std::length_error("broken")));
    static_cast<void>(stopped.future().cancel());
    late.set_value(17);
    std::cout << "early " << early << '\n';
    show("late", Row{result[0][0], result[0][1], several, passed.first[0]});
    for (const auto& each : {result[0][2], passed.second, passed.first[2]}) {
      try {
        std::cout << each.get() << '\n';
      } catch (const dflow::CancelledError&) {
        std::cout << "cancelled\n";
      } catch (const std::exception& error) {
        std::cout << error.what() << '\n';
      }
    }
    std::cout << "not waited for " << !passed.first[1].done() << '\n';
  }
  return 0;
}
