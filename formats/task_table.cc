#include "formats/task_table.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <tuple>

#include "formats/elf.h"
#include "formats/framed.h"
#include "formats/internal_json.h"

namespace dflow::formats {
namespace {

using internal::Cursor;
using internal::Json;

constexpr FrameKind kTaskFrame{kTaskTableMagic, kTaskTableVersion, "task table"};

TaskFunction task_from(const Cursor& task) {
  return {.name = task.field("name").string(),
          .signature = task.field("signature").string(),
          .file = task.field("file").string(),
          .line = task.field("line").integer<std::uint32_t>(0, 1u << 30),
          .id = task.field("id").integer<std::uint64_t>(),
          .body = task.field("body").integer<std::uint64_t>()};
}

/// `hash` says how hashes are written.
template <class Hash>
Json tasks_to(const std::vector<TaskFunction>& tasks, Hash hash) {
  Json all = Json::array();
  for (const TaskFunction& task : tasks)
    all.push_back({{"name", task.name},
                   {"signature", task.signature},
                   {"file", task.file},
                   {"line", task.line},
                   {"id", hash(task.id)},
                   {"body", hash(task.body)}});
  return all;
}

}  // namespace

std::uint64_t task_hash(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

std::string hash_text(std::uint64_t hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 0; i < 16; ++i) text[15 - i] = kDigits[hash >> (4 * i) & 15];
  return text;
}

std::vector<TaskFunction> sorted(std::vector<TaskFunction> tasks) {
  const auto key = [](const TaskFunction& task) {
    return std::tie(task.name, task.id, task.body, task.file, task.line);
  };
  std::sort(tasks.begin(), tasks.end(), [&key](const auto& a, const auto& b) { return key(a) < key(b); });
  tasks.erase(std::unique(tasks.begin(), tasks.end()), tasks.end());
  return tasks;
}

std::string encode_tasks(const std::vector<TaskFunction>& tasks) {
  const Json all = tasks_to(tasks, [](std::uint64_t hash) { return hash; });
  const auto bytes = Json::to_cbor(Json{{"version", kTaskTableVersion}, {"tasks", all}});
  return framed(kTaskFrame, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<std::vector<TaskFunction>> decode_tasks(std::string_view section) {
  std::vector<TaskFunction> tasks;
  const auto read = each_frame(kTaskFrame, section, [&tasks](std::string_view payload) -> Result<void> {
    auto some = internal::guarded([payload] {
      const Json document = internal::parse_document(payload, internal::Encoding::cbor);
      return Cursor(document).field("tasks").each(task_from);
    });
    if (!some) return some.error();
    for (TaskFunction& task : some.value()) tasks.push_back(std::move(task));
    return {};
  });
  if (!read) return read.error();
  return tasks;
}

Result<std::vector<TaskFunction>> tasks_in_elf(std::string_view file) {
  if (const auto sections = elf_sections(file, kTaskTableSection); sections && sections.value().empty())
    return Error{"no table of tasks inside: it was not compiled by dflowc, or runs no tasks"};
  auto all = in_sections<TaskFunction>(file, kTaskTableSection, decode_tasks);
  if (!all) return all;
  return sorted(std::move(all).value());
}

std::string tasks_to_json(const std::vector<TaskFunction>& tasks) {
  const Json all = tasks_to(tasks, hash_text);
  return Json{{"tasks", all}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace dflow::formats
