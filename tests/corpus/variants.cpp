// Variants: of results, visited in tasks; of futures, visited where the graph is built; optional futures; an enumeration.
// BOUNDARIES: 0
// REPLICABLE: yes
// SENDABLE: yes
// PARAMS: graph=shapes 5 -- n=5
// GRAPH: 14 tasks, 16 edges
// PARAMS: graph=shapes 1 -- n=1
// PARAMS: graph=shapes 0 -- n=0
// PARAMS: graph=either 4 -- n=4

#include <dflow/dflow.h>

#include <optional>
#include <string>
#include <variant>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

struct Circle {
  long radius;
};
struct Box {
  long width, height;
};
using Shape = std::variant<Circle, Box, std::string>;

struct Area {
  long operator()(const Circle& circle) const { return 3 * circle.radius * circle.radius; }
  long operator()(const Box& box) const { return box.width * box.height; }
  long operator()(const std::string& name) const { return static_cast<long>(name.size()); }
};

[[dflow::task]] Shape draw(int i) {
  if (i % 3 == 0) return Circle{i};
  if (i % 3 == 1) return Box{i, i + 1};
  return std::string(i, 'x');
}
[[dflow::task]] long area(const Shape& shape) { return std::visit(Area{}, shape); }
[[dflow::task]] long count(const std::vector<Shape>& shapes) { return static_cast<long>(shapes.size()); }
[[dflow::task]] long or_else(std::optional<long> a, long b) { return a ? mix(*a, b) : b; }

[[dflow::graph]] Handle shapes(dflow::Executor& ex, int n) {
  std::vector<dflow::Future<Shape>> all;
  for (int i = 0; i < n; ++i) all.push_back(ex.submit(draw, i));
  auto areas = ex.map(area, all);
  auto counted = ex.submit(count, all);
  std::optional<Handle> first;
  if (n > 0) first = areas[0];
  Handle result = ex.submit(or_else, first, counted);
  for (int i = 3; i < n; ++i) result = ex.submit(mix, result, areas[i]);
  return result;
}

enum class Kind { number, text };

[[dflow::graph]] Handle either(dflow::Executor& ex, int n) {
  std::variant<Handle, dflow::Future<std::string>> last = ex.submit(mix, n, n);
  const auto size = [](const std::string& text) { return static_cast<long>(text.size()); };
  for (int i = 0; i < n; ++i) {
    const Kind kind = i % 2 == 0 ? Kind::number : Kind::text;
    Handle value = std::holds_alternative<Handle>(last) ? std::get<Handle>(last)
                                                        : ex.submit(size, std::get<dflow::Future<std::string>>(last));
    switch (kind) {
      case Kind::number: last = ex.submit([](long x) { return std::to_string(x); }, value); break;
      case Kind::text: last = ex.submit(mix, value, i); break;
    }
  }
  return std::holds_alternative<Handle>(last) ? std::get<Handle>(last)
                                              : ex.submit(size, std::get<dflow::Future<std::string>>(last));
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 5);
  long result = n > 0 ? mix(area(draw(0)), n) : n;
  for (int i = 3; i < n; ++i) result = mix(result, area(draw(i)));
  corpus::same("shapes", shapes(ex, n).get(), result);
  long last = mix(n, n);
  for (int i = 0; i < n; ++i) last = i % 2 == 0 ? static_cast<long>(std::to_string(last).size()) : mix(last, i);
  corpus::same("either", either(ex, n).get(), last);
  return corpus::result();
}
