// What the compiler's passes cost: bench_passes SHAPE NODES. Makes a plan of NODES calls, each a family of
// its own, and runs each pass alone over what the passes before it left. Prints {"pass": [milliseconds of CPU
// time, calls left], ...}.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/passes/names.h"
#include "compiler/passes/passes.h"

namespace {

using namespace dflow;
using namespace dflow::compiler;

/// Calls in a loop over i, one after the other in its body.
class Body {
 public:
  Body() { plan.assumptions = "[n] -> { : n >= 2 }"; }

  /// The place of a call of `task` with the results of `producers`.
  std::uint32_t call(const std::string& task, const std::vector<std::uint32_t>& producers,
                     bool pure = false) {
    const auto node = static_cast<std::uint32_t>(plan.families.size());
    const std::string tuple = "n" + std::to_string(node) + "[i]";
    ir::Call made{node,   formats::NodeOp::submit,      task, "::" + task, pure,
                  "text", {{false, false, "", "x[#0]"}}};
    for (const std::uint32_t producer : producers) {
      made.arguments.push_back({true, false, "text", ""});
      const auto argument = static_cast<std::uint32_t>(made.arguments.size() - 1);
      plan.uses.push_back({node, argument, producer, 0,
                           "[n] -> { " + tuple + " -> n" + std::to_string(producer) + "[i] : 0 <= i < n }"});
    }
    plan.families.push_back({node,
                             {{made}},
                             {"i"},
                             "[n] -> { " + tuple + " : 0 <= i < n }",
                             "[n] -> { " + tuple + " -> [i, " + std::to_string(node) + "] : 0 <= i < n }"});
    return node;
  }
  void return_all_of(std::uint32_t node) {
    plan.returned.push_back({"[n] -> { out[e] : 0 <= e < n }",
                             {{node, "[n] -> { out[e] -> n" + std::to_string(node) + "[e] : 0 <= e < n }"}}});
  }

  ir::Plan plan;
};

void chain(Body& body, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i)
    body.call("step", i == 0 ? std::vector<std::uint32_t>{} : std::vector{i - 1});
}
/// Maps with the maps that feed them.
void pairs(Body& body, std::uint32_t count) {
  for (std::uint32_t i = 0; i + 1 < count; i += 2) body.call("second", {body.call("first", {})});
}
/// Calls with the same arguments, and those that read them.
void twins(Body& body, std::uint32_t count) {
  for (std::uint32_t i = 0; i + 1 < count; i += 2) body.call("note", {body.call("same", {}, true)});
}
void unread(Body& body, std::uint32_t count) {
  for (std::uint32_t i = 0; i + 1 < count; i += 2) body.call("second", {body.call("first", {}, true)}, true);
}
/// One result that all others read.
void star(Body& body, std::uint32_t count) {
  const auto centre = body.call("make", {});
  for (std::uint32_t i = 1; i < count; ++i) body.call("read", {centre});
}
/// Each call reads the one above and the one to its left.
void grid(Body& body, std::uint32_t count) {
  const auto side = static_cast<std::uint32_t>(std::sqrt(count));
  for (std::uint32_t i = 0; i < side * side; ++i) {
    std::vector<std::uint32_t> producers;
    if (i % side != 0) producers.push_back(i - 1);
    if (i >= side) producers.push_back(i - side);
    body.call("cell", producers);
  }
}

struct Shape {
  std::string_view name;
  void (*make)(Body& body, std::uint32_t count);
};
constexpr Shape kShapes[] = {{"chain", chain},   {"pairs", pairs}, {"twins", twins},
                             {"unread", unread}, {"star", star},   {"grid", grid}};

int measure(const Shape& shape, std::uint32_t count) {
  Body body;
  shape.make(body, count);
  body.return_all_of(body.call("end", {}));
  ir::Plan plan = std::move(body.plan);
  std::cout << "{";
  for (const std::string_view pass : passes::kNames) {
    const std::clock_t start = std::clock();
    auto made = passes::optimise(std::move(plan), {"-all", std::string(pass)});
    const double took = 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (!made) {
      std::cerr << "bench_passes: " << made.message() << '\n';
      return 1;
    }
    plan = std::move(made.value().plan);
    std::cout << (pass == passes::kNames[0] ? "" : ", ") << '"' << pass << "\": [" << took << ", "
              << plan.families.size() << "]";
  }
  std::cout << "}\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3) {
    for (const Shape& shape : kShapes)
      if (shape.name == argv[1])
        return measure(shape, static_cast<std::uint32_t>(std::max(2, std::atoi(argv[2]))));
  }
  std::cerr << "usage: bench_passes chain|pairs|twins|unread|star|grid NODES\n";
  return 2;
}
