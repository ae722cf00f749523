#include "formats/task_table.h"

#include <gmock/gmock.h>

#include "tests/formats/damage.h"
#include "tests/formats/elf_file.h"

namespace dflow::formats {
namespace {

using ::testing::ElementsAre;
using testing::elf_file;
using ::testing::HasSubstr;

TaskFunction task(const std::string& name, std::uint64_t body) {
  return {.name = name,
          .signature = "int ()",
          .file = "a.cpp",
          .line = 3,
          .id = 0xFFFFFFFFFFFFFFFF,
          .body = body};
}

TEST(TaskTable, IsSortedAndHasEachTaskOnce) {
  const std::string units =
      encode_tasks({task("b", 1), task("a", 2)}) + encode_tasks({task("b", 1), task("b", 0)});
  const auto tasks = tasks_in_elf(elf_file({{".text", "x"}, {".dflow.tasks", units}}));
  ASSERT_TRUE(tasks) << tasks.message();
  EXPECT_THAT(tasks.value(), ElementsAre(task("a", 2), task("b", 0), task("b", 1)));
}

TEST(TaskTable, ThatIsMissingIsSaid) {
  EXPECT_THAT(tasks_in_elf(elf_file({{".text", "x"}})).message(), HasSubstr("no table of tasks inside"));
}

TEST(TaskTable, DamageIsAnError) {
  const std::string frame = encode_tasks({task("a", 1)});
  testing::for_random_flips(frame, 500, [](const std::string& bytes) {
    const auto tasks = decode_tasks(bytes);
    EXPECT_TRUE(!tasks || tasks.value().empty() || tasks.value().front() == task("a", 1));
  });
}

TEST(TaskTable, HashesAreSixteenDigits) {
  EXPECT_EQ(hash_text(0xAB), "00000000000000ab");
  EXPECT_EQ(hash_text(0xFFFFFFFFFFFFFFFF), "ffffffffffffffff");
}

TEST(TaskTable, IsJsonForScripts) {
  EXPECT_THAT(tasks_to_json({task("a", 16)}), HasSubstr("\"body\": \"0000000000000010\""));
}

}  // namespace
}  // namespace dflow::formats
