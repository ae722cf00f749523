// Futures inside the user's own types: members, arrays of aggregates, swapped members, an inherited one, a linked list
// of nodes that own each other. Aggregates as values: with a base, an array, an enumeration, one inside the other.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: compiled, an aggregate with a base
// SENDABLE: yes
// PARAMS: graph=bodies 4 3 -- n=4 steps=3
// PARAMS: graph=bodies 1 2 -- n=1 steps=2
// PARAMS: graph=listed 5 0 -- n=5
// GRAPH: 10 tasks, 9 edges
// PARAMS: graph=painted 3 0 -- n=3

#include <dflow/dflow.h>

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

[[dflow::task]] long place(int i) { return mix(i, 1); }
[[dflow::task]] long speed(int i) { return mix(i, 2); }

struct Mass {
  Handle mass;
};
struct Body : Mass {
  Handle at, v;
  int id = 0;
};
struct World {
  std::vector<Body> bodies;
  Handle clock;
  Body& operator[](std::size_t i) { return bodies[i]; }
};
struct Node {
  Handle value;
  std::unique_ptr<Node> next;
};

[[dflow::graph]] std::vector<Handle> bodies(dflow::Executor& ex, int n, int steps) {
  World world;
  world.clock = ex.submit(place, 99);
  for (int i = 0; i < n; ++i) {
    Body body;
    body.mass = world.clock;
    body.at = ex.submit(place, i);
    body.v = ex.submit(speed, i);
    body.id = i;
    world.bodies.push_back(body);
  }
  for (int t = 0; t < steps; ++t) {
    for (Body& body : world.bodies) {
      body.at = ex.submit(mix, body.at, body.v);
      body.v = ex.submit(mix, body.v, world[(body.id + 1) % n].at);
    }
    std::swap(world[0].at, world[n - 1].v);
    world.clock = ex.submit(mix, world.clock, world[0].mass);
  }
  std::vector<Handle> result{world.clock};
  for (const auto& body : world.bodies) result.push_back(ex.submit(mix, body.at, body.v));
  return result;
}

[[dflow::graph]] Handle listed(dflow::Executor& ex, int n) {
  std::unique_ptr<Node> list;
  for (int i = 0; i < n; ++i) {
    auto node = std::make_unique<Node>();
    node->value = ex.submit(place, i);
    node->next = std::move(list);
    list = std::move(node);
  }
  Handle sum = list->value;
  for (const Node* node = list->next.get(); node != nullptr; node = node->next.get()) sum = ex.submit(mix, sum, node->value);
  return ex.submit(mix, sum, sum);
}

enum class Kind : char { plain, blended };
struct Point {
  long x = 0, y = 0;
};
struct Pixel : Point {
  Kind kind = Kind::plain;
  long weights[2] = {1, 2};
  std::map<std::string, std::vector<Point>> marks;
  std::optional<std::string> name;
};

[[dflow::task]] Pixel paint(int i) {
  Pixel pixel;
  pixel.x = i;
  pixel.marks["first"] = {{i, 1}, {2, i}};
  if (i % 2 == 0) pixel.name = std::to_string(i);
  return pixel;
}
[[dflow::task]] Pixel blend(const Pixel& a, Pixel b) {
  b.kind = Kind::blended;
  b.y = mix(a.x, a.y) + a.weights[1];
  b.marks["second"] = a.marks.at("first");
  return b;
}
[[dflow::task]] long weigh(const Pixel& pixel) {
  long sum = pixel.kind == Kind::blended ? mix(pixel.x, pixel.y) : pixel.x;
  for (const auto& [key, points] : pixel.marks) {
    for (const Point& point : points) sum = mix(sum, point.x * static_cast<long>(key.size()) + point.y);
  }
  return mix(sum, pixel.name ? std::stol(*pixel.name) : pixel.weights[0]);
}

[[dflow::graph]] Handle painted(dflow::Executor& ex, int n) {
  auto pixel = ex.submit(paint, n);
  for (int i = 0; i < n; ++i) pixel = ex.submit(blend, pixel, ex.submit(paint, i));
  return ex.submit(weigh, pixel);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3), steps = corpus::argument(argc, argv, 2, 3);
  std::vector<long> at, v;
  long clock = place(99);
  const long mass = clock;
  for (int i = 0; i < n; ++i) at.push_back(place(i)), v.push_back(speed(i));
  for (int t = 0; t < steps; ++t) {
    for (int i = 0; i < n; ++i) at[i] = mix(at[i], v[i]), v[i] = mix(v[i], at[(i + 1) % n]);
    std::swap(at[0], v[n - 1]);
    clock = mix(clock, mass);
  }
  std::vector<long> expected{clock};
  for (int i = 0; i < n; ++i) expected.push_back(mix(at[i], v[i]));
  corpus::same("bodies", ex.gather(bodies(ex, n, steps)), expected);
  long sum = place(n - 1);
  for (int i = n - 2; i >= 0; --i) sum = mix(sum, place(i));
  corpus::same("listed", listed(ex, n).get(), mix(sum, sum));
  Pixel pixel = paint(n);
  for (int i = 0; i < n; ++i) pixel = blend(pixel, paint(i));
  corpus::same("painted", painted(ex, n).get(), weigh(pixel));
  return corpus::result();
}
