// A template whose text calls dflow in one instantiation and something of the same name in another; calls in other forms:
// through pointers, const references, handles, parentheses, packs; callables chosen by ?: and by dereference.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=forms 3 -- n=3
// PARAMS: graph=forms 1 -- n=1

#include <dflow/dflow.h>

#include <string>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;
using namespace std::string_literals;

[[dflow::task]] long load(long x) { return x + 4; }
[[dflow::task]] long length(const std::string& s) { return static_cast<long>(s.size()); }
template <class... T>
long sum(T... t) {
  return (0L + ... + t);
}

struct Immediate {
  struct Result {
    long value;
    long get() const { return value; }
  };
  template <class F>
  Result submit(F f, long x) {
    return {f(x)};
  }
};
template <class E>
auto twofold(E& ex, long n) {
  return ex.submit(load, n * 2);
}
template <class... Ts>
Handle last_of(dflow::Executor& ex, Ts... ts) {
  Handle last;
  ((last = ex.submit(load, ts + 1)), ...);
  return ex.submit(sum<long, Ts...>, last, (ts * 2)...);
}

[[dflow::graph]] std::vector<Handle> forms(dflow::Executor& ex, int n) {
  std::vector<Handle> all{twofold(ex, n), last_of(ex, 1L, 2, n)};
  const auto& constant = ex;
  auto* pointer = &ex;
  const auto handle = ex.with({.name = "named"});
  all.push_back(constant.submit(load, n + 3));
  all.push_back(pointer->submit(load, n + 4));
  all.push_back(handle.submit(load, n + 5));
  all.push_back(ex.with({.name = "named"}).submit(mix, handle.submit(load, 1), n + 6));
  all.push_back((ex.submit)(load, n + 1));
  all.push_back(ex.submit(n > 2 ? load : static_cast<long (*)(long)>(load), n + n));
  all.push_back(ex.submit(*load, -n));
  all.push_back(ex.submit(length, "abc"s + std::to_string(n)));
  all.push_back(ex.submit(length, std::string(n, 'x')));
  if (auto x = ex.submit(load, n); x.valid()) all.push_back(x);
  else all.push_back(ex.submit(load, 0));
  return all;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  Immediate immediate;
  corpus::same("immediate", twofold(immediate, n).get(), load(2 * n));
  const std::vector<long> expected{load(2 * n), load(n + 1) + 6 + 2 * n, load(n + 3), load(n + 4), load(n + 5), mix(load(1), n + 6),
                                   load(n + 1), load(2 * n), load(-n), 4, n, load(n)};
  corpus::same("forms", ex.gather(forms(ex, n)), expected);
  return corpus::result();
}
