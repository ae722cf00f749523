// Tasks that write to what belongs to the function that submits them, which then waits for them: as values of other tasks
// it does no harm; what such a variable steers is not known before they have run.
// BOUNDARIES: 4
// REPLICABLE: no
// WORKERS: no, tasks write through captures
// WARNS: reference-capture, that is what this is about
// PARAMS: graph=as_values 4 -- n=4
// PARAMS: graph=as_values 0 -- n=0
// PARAMS: graph=counted 4 -- n=4
// PARAMS: graph=filled 4 -- n=4
// PARAMS: graph=continued 4 -- n=4
// PARAMS: graph=shared 4 -- n=4

#include <dflow/dflow.h>

#include <memory>

#include "corpus.h"

using corpus::mix;
using Longs = std::vector<long>;
using All = std::vector<dflow::Future<long>>;

[[dflow::task]] long number(long x) { return x + 1; }
[[dflow::task]] long sum(const Longs& xs) {
  long all = 0;
  for (long x : xs) all = mix(all, x);
  return all;
}
[[dflow::task]] long fill(Longs* to, long n) {
  to->assign(static_cast<std::size_t>(n), 7);
  return n;
}

[[dflow::graph]] dflow::Future<long> as_values(dflow::Executor& ex, int n) {
  Longs squares(static_cast<std::size_t>(n));
  std::vector<dflow::Future<void>> parts;
  for (std::size_t i = 0; i < squares.size(); ++i)
    parts.push_back(ex.submit([&squares, i] { squares[i] = static_cast<long>(i * i); }));
  dflow::wait(parts);
  return ex.submit(sum, squares);
}

[[dflow::graph]] All counted(dflow::Executor& ex, int n) {
  All all{ex.submit(number, n)};
  long count = 1;
  const auto done = ex.submit([&count, n] { count = n + 1; });
  done.wait();
  for (long i = 0; i < count; ++i) all.push_back(ex.submit(number, i));
  return all;
}

[[dflow::graph]] All filled(dflow::Executor& ex, int n) {
  All all{ex.submit(number, n)};
  Longs xs;
  const auto done = ex.submit(fill, &xs, n);
  done.wait();
  for (long x : xs) all.push_back(ex.submit(number, x));
  return all;
}

[[dflow::graph]] All continued(dflow::Executor& ex, int n) {
  long count = 0;
  const auto first = ex.submit(number, n);
  const auto done = first.then([&count](long x) {
    count = x;
    return x;
  });
  done.wait();
  All all;
  for (long i = 0; i < count; ++i) all.push_back(ex.submit(mix, done, i));
  return all;
}

[[dflow::graph]] All shared(dflow::Executor& ex, int n) {
  const auto count = std::make_shared<long>(1);
  const auto done = ex.submit([](const std::shared_ptr<long>& to, long x) { *to = x; }, count, n);
  done.wait();
  All all;
  for (long i = 0; i < *count; ++i) all.push_back(ex.submit(number, i));
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 4);
  Longs squares, plus, sevens{number(n)}, mixed;
  for (long i = 0; i < n; ++i) squares.push_back(i * i), plus.push_back(number(i)), sevens.push_back(number(7));
  for (long i = 0; i <= n; ++i) mixed.push_back(mix(number(n), i));
  corpus::same("as_values", as_values(ex, n).get(), sum(squares));
  corpus::same("shared", ex.gather(shared(ex, n)), plus);
  plus.push_back(number(n));
  plus.insert(plus.begin(), number(n));
  corpus::same("counted", ex.gather(counted(ex, n)), plus);
  corpus::same("filled", ex.gather(filled(ex, n)), sevens);
  corpus::same("continued", ex.gather(continued(ex, n)), mixed);
  return corpus::result();
}
