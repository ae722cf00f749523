// The core's events and actions as bytes.
#include <cstdint>
#include <string_view>

#include "runtime/core/actions.h"
#include "runtime/core/events.h"
#include "runtime/core/worker_actions.h"
#include "runtime/core/worker_events.h"
#include "tests/fuzz/round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: read_as<dflow::core::Event>(bytes); break;
    case 1: read_as<dflow::core::Action>(bytes); break;
    case 2: read_as<dflow::core::WorkerEvent>(bytes); break;
    default: read_as<dflow::core::WorkerAction>(bytes);
  }
  return 0;
}
