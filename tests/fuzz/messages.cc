// What the processes of a cluster tell each other: the messages of each kind of connection.
#include <cstdint>
#include <string_view>

#include "runtime/cluster/cluster_status.h"
#include "runtime/cluster/protocol.h"
#include "tests/fuzz/round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dflow::cluster;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 8) {
    case 0: read_as<FromClient>(bytes); break;
    case 1: read_as<ToClient>(bytes); break;
    case 2: read_as<FromWorker>(bytes); break;
    case 3: read_as<ToWorker>(bytes); break;
    case 4: read_as<FromAgent>(bytes); break;
    case 5: read_as<ToAgent>(bytes); break;
    case 6: read_as<FromTool>(bytes); break;
    default: read_as<ToTool>(bytes);
  }
  return 0;
}
