// What a worker makes of a task's bytes, of a value's, and of what names the form of a value: which code they lead to, and the
// arguments behind that. The first byte says what the rest is.
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <dflow/dflow.h>

#include "runtime/cluster/program.h"
#include "runtime/cluster/task_codec.h"
#include "runtime/cluster/value_forms.h"
#include "tests/fuzz/require.h"

namespace {

using namespace dflow;
using namespace dflow::cluster;

struct Order {
  int number;
  std::string name;
  std::optional<std::vector<double>> weights;
  int priced(int by) const { return number * by; }
};
using Table = std::map<std::string, std::vector<Order>>;

int number_of(const Order& order, int add) { return order.number + add; }
std::size_t size_of(const Table& table, const std::string& name) { return table.size() + name.size(); }
int sum_of(const std::vector<int>& parts, int first, const std::vector<int>& rest) {
  return static_cast<int>(parts.size() + rest.size()) + first;
}

/// The calls' forms are what lies in the program for each type of call, whether or not any runs.
std::vector<std::string> known_tasks() {
  std::vector<std::string> tasks;
  Executor executor(ExecutorOptions{.threads = 1});
  Promise<int> later;
  const auto add = [&](auto&& future) {
    tasks.push_back(write_task(*dflow::detail::node_of(future), [](dflow::detail::Node&) { return InputRef{.index = 1}; }));
  };
  const auto open = later.future();
  const auto late = [&](const auto&... call) { return executor.with(TaskOptions{.after = {open}}).submit(call...); };
  add(late(number_of, Order{.number = 1, .name = "a", .weights = {{2.0}}}, 3));
  add(late(size_of, Table{{"a", {Order{}}}}, std::string("b")));
  add(late(sum_of, std::vector<Future<int>>{open, open}, open, std::vector<int>{1}));
  add(late(&Order::priced, Order{}, 2));
  add(late([](const std::string& a, std::vector<std::optional<std::string>> b) { return a.size() + b.size(); }, std::string("c"),
           std::vector<std::optional<std::string>>{"d"}));
  later.set_value(0);
  executor.shutdown();
  return tasks;
}

/// The place of the form, which is other in each build, and not what inputs are to hold.
std::string code_of(const std::string& task) { return task.substr(0, 1 + 2 * sizeof(std::uint64_t)); }

NodeRef zeros(std::uint32_t index, const dflow::detail::ValueForm& form) {
  if (index > 3) throw SerializeError("dflow: a task names an input that it does not have");
  static constexpr std::array<std::byte, 16> bytes{};
  Reader in(bytes);
  return hold_value(in, form);
}

void read(const std::string& task) {
  try {
    dflow::detail::Node* const node = read_task(task, zeros);
    REQUIRE(node);
    const NodeRef handle(node);
    node->release_from_runtime();  // it is not run
  } catch (const SerializeError&) {
  }
}

/// Any place in the executable, the right build's or not.
void read_at(std::string_view place, std::string_view rest) {
  Writer out;
  out.write(std::uint8_t{2});
  for (std::size_t i = 0; i < sizeof(std::uint64_t); ++i) out.write(i < place.size() ? static_cast<std::uint8_t>(place[i]) : std::uint8_t{});
  out.write(place_of(reinterpret_cast<const void*>(&number_of)).check);
  const auto bytes = out.take();
  read(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) + std::string(rest));
}

void read_value(const dflow::detail::ValueForm& form, std::string_view bytes) {
  try {
    Reader in(std::as_bytes(std::span(bytes)));
    const NodeRef value = hold_value(in, form);
    REQUIRE(write_value(*value.get()).writer.size() > 0);
  } catch (const SerializeError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::string> known = known_tasks();
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string& one = known[data[0] / 8 % known.size()];
  switch (data[0] % 8) {
    case 0: read(std::string(rest)); break;
    case 1: read_at(rest.substr(0, 8), rest.substr(std::min<std::size_t>(rest.size(), 8))); break;
    case 2: REQUIRE(form_of(std::string(rest)) == nullptr || size > 16); break;
    case 3: read(one.substr(0, rest.size())); break;
    case 4: read_value(dflow::detail::value_form_of<Table>(), rest); break;
    case 5: {
      std::string changed = one;
      for (std::size_t i = 0; i + 1 < rest.size(); i += 2)
        changed[static_cast<unsigned char>(rest[i]) % changed.size()] ^= rest[i + 1];
      read(changed);
      break;
    }
    default: read(code_of(one) + std::string(rest));
  }
  return 0;
}
