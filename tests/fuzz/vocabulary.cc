// The core's events and actions as bytes. What is taken is written and read again without loss.
#include <cstdint>
#include <string_view>

#include "runtime/core/actions.h"
#include "runtime/core/codec.h"
#include "runtime/core/events.h"
#include "runtime/core/worker_actions.h"
#include "runtime/core/worker_events.h"
#include "tests/fuzz/require.h"

namespace {

template <class T>
void read_as(std::string_view bytes) {
  const auto value = dflow::core::decode<T>(bytes);
  if (!value) return;
  const auto written = dflow::core::encode(value.value());
  const auto again = dflow::core::decode<T>(written);
  REQUIRE(again && dflow::core::encode(again.value()) == written);
}

}  // namespace

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
