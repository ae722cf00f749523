// The table of the functions that a program runs as tasks, alone and in a program. What is taken is written
// and read again without loss.
#include <cstdint>
#include <string_view>

#include "formats/task_table.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dflow::formats;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)tasks_in_elf(bytes);
  const auto tasks = decode_tasks(bytes);
  if (!tasks) return 0;
  const auto again = decode_tasks(encode_tasks(tasks.value()));
  REQUIRE(again && again.value() == tasks.value());
  REQUIRE(sorted(sorted(tasks.value())) == sorted(tasks.value()));
  (void)tasks_to_json(tasks.value());
  return 0;
}
