// What simulated tasks do, and what must come out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/core/codec.h"
#include "runtime/core/task_spec.h"

namespace dflow::sim {

/// A task's payload.
struct Body {
  std::uint64_t salt = 0;
  std::uint32_t micros = 100;
  std::uint32_t bytes = 8;
  std::uint8_t throws = 0;    ///< The first so many runs throw; 255: all.
  std::uint8_t kills = 0;     ///< The first so many runs kill their worker; 255: all.
  std::uint8_t children = 0;  ///< Tasks that it submits and waits for.
  std::uint8_t depth = 0;     ///< Of their children's children.
  static constexpr std::tuple fields{&Body::salt,  &Body::micros,   &Body::bytes, &Body::throws,
                                     &Body::kills, &Body::children, &Body::depth};

  Body child(std::uint8_t i) const;
};

std::uint64_t mix(std::uint64_t a, std::uint64_t b);

/// The value of a body given its inputs' and children's values.
std::uint64_t evaluate(const Body& body, const std::vector<std::uint64_t>& inputs,
                       const std::vector<std::uint64_t>& children);
/// The value of a body without inputs, all its children right.
std::uint64_t evaluate_alone(const Body& body);

inline core::Payload to_payload(const Body& body) {
  return std::make_shared<std::string>(core::encode(body));
}
inline core::Payload to_payload(std::uint64_t value) {
  return std::make_shared<std::string>(core::encode(value));
}

}  // namespace dflow::sim
