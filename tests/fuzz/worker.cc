// A worker under any orders and answers, possible and impossible.
#include <cstdint>
#include <iostream>

#include "runtime/core/worker.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/small_values.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dflow::core;
  dflow::fuzz::SmallValues values({data, size});
  try {
    Worker worker(WorkerId{1}, {.threads = static_cast<std::uint16_t>(1 + values.byte() % 3), .memory = values.byte()});
    Time now{};
    while (!values.at_end()) {
      auto event = values.make<WorkerEvent>();
      if (auto* tick = std::get_if<Tick>(&event)) tick->now = now += tick->now.time_since_epoch();
      (void)worker.apply(event);
      worker.check_invariants();
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    REQUIRE(!"an exception from the worker");
  }
  return 0;
}
