// One whole simulated run: a cluster, clients with random graphs, and faults, all from one seed.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace dflow::sim {

struct Outcome {
  std::uint64_t events = 0;
  std::uint64_t tasks = 0;
  std::uint64_t failures = 0;  ///< Tasks that ended without a value, rightly.
  std::string description;
};

/// Throws `Violation` or `core::BrokenRule`. `trace`: where to write all that is said, or null.
Outcome simulate(std::uint64_t seed, std::ostream* trace = nullptr);

}  // namespace dflow::sim
