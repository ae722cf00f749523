#include "tests/sim/program.h"

namespace dflow::sim {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = (a * 0x9e3779b97f4a7c15) ^ (b + 0x632be59bd9b4e019 + (a << 6) + (a >> 2));
  z = (z ^ (z >> 31)) * 0xbf58476d1ce4e5b9;
  return z ^ (z >> 29);
}

Body Body::child(std::uint8_t i) const {
  Body body{.salt = mix(salt, 1000u + i), .micros = micros / 2 + 1};
  if (depth > 0) {
    body.children = children;
    body.depth = static_cast<std::uint8_t>(depth - 1);
  }
  return body;
}

std::uint64_t evaluate(const Body& body, const std::vector<std::uint64_t>& inputs,
                       const std::vector<std::uint64_t>& children) {
  std::uint64_t value = mix(body.salt, 7);
  for (const std::uint64_t input : inputs) value = mix(value, input);
  for (const std::uint64_t child : children) value = mix(value, child);
  return value;
}

std::uint64_t evaluate_alone(const Body& body) {
  std::vector<std::uint64_t> children;
  for (std::uint8_t i = 0; i < body.children; ++i) children.push_back(evaluate_alone(body.child(i)));
  return evaluate(body, {}, children);
}

}  // namespace dflow::sim
