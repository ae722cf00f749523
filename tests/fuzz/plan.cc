// The frames of a .dflow section. A plan that is taken is written and read again without loss, in each form.
#include <cstdint>
#include <string_view>

#include "formats/plan.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dflow::formats;
  const auto plans = decode_frames({reinterpret_cast<const char*>(data), size});
  if (!plans) return 0;
  for (const Plan& plan : plans.value()) {
    const std::string json = plan_to_json(plan);
    const auto again = plan_from_json(json);
    REQUIRE(again && plan_to_json(again.value()) == json);
    const auto frames = decode_frames(encode_frame(plan));
    REQUIRE(frames && frames.value().size() == 1 && plan_to_json(frames.value().front()) == json);
  }
  if (!plans.value().empty()) (void)plan_to_json(merge_plans(plans.value()));
  return 0;
}
