// Names in argument expressions mean in a launcher what they mean in the graph function, whatever dflow's own classes call
// their members; objects arrive as they are, aligned as they want to be.
// BOUNDARIES: 0
// REPLICABLE: yes
// LAUNCHED: named aligned
// PARAMS: graph=named 0 -- rows.size=3 fail=3
// EXPECT: 616
// EXPECT: 512
// EXPECT: 0.1.4.9.16.
// PARAMS: graph=aligned 0 -- n=5

#include <dflow/dflow.h>
#include <cstdint>
#include <cstdio>
#include <map>
#include <vector>
constexpr int record = 5, session_id = 7;
enum Kind { pending = 3 };
namespace inner { const double scope = 0.5; }
struct alignas(64) Wide { double x[8]; };
struct Config { int next; double where[2]; std::map<int, long> table; };
[[dflow::task]] long weigh(long a, double b, int c) { return a * 100 + static_cast<long>(b * 10) + c; }
[[dflow::task]] Wide wide(int i) { Wide w{}; w.x[0] = i; return w; }
[[dflow::task]] double narrow(const Wide& w, int by) { return reinterpret_cast<std::uintptr_t>(&w) % 64 == 0 ? w.x[0] * by : -1; }
[[dflow::task]] long picked(const Config& c, const std::vector<int>& row, bool flag) { return c.next + row[0] + flag; }
[[dflow::graph]] dflow::Future<long> named(dflow::Executor& ex, const Config& end, const std::vector<std::vector<int>>& rows, int fail) {
  auto last = ex.submit(weigh, record, inner::scope, session_id);
  for (int next = 0; next < fail; ++next) last = ex.submit(weigh, last, next * inner::scope, pending + end.next);
  for (const auto& row : rows) {
    auto other = ex.submit(picked, end, row, rows.size() > 2);
    last = ex.submit(weigh, last, inner::scope, 1);
    last = ex.submit(weigh, other, 1.5f, 'a' - 96);
  }
  return last;
}
[[dflow::graph]] std::vector<dflow::Future<double>> aligned(dflow::Executor& ex, int n) {
  std::vector<dflow::Future<double>> all;
  for (int i = 0; i < n; ++i) { auto w = ex.submit(wide, i); all.push_back(ex.submit(narrow, w, i)); }
  return all;
}
int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  std::printf("%ld\n", named(ex, {2, {1, 2}, {}}, {{1}, {2}, {3}}, 3).get());
  std::printf("%ld\n", named(ex, {2, {1, 2}, {}}, {}, 0).get());
  for (auto& f : aligned(ex, 5)) std::printf("%g.", f.get());
  std::puts("");
}
