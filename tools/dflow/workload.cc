#include "tools/dflow/workload.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "tools/dflow/quantities.h"
#include "tools/dflow/text.h"

namespace dflow::tools {
namespace {

using formats::Error;
using formats::Result;

template <class Quantity, class Parse>
Result<ByName<Quantity>> parse_all(const std::vector<std::string>& settings, std::string_view option,
                                   Parse parse) {
  ByName<Quantity> known;
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.rfind('=');
    const auto value =
        parse(equals == std::string::npos ? setting : std::string_view(setting).substr(equals + 1));
    if (!value) return Error{text({option, "=", setting, ": ", value.message()})};
    const bool all = equals == std::string::npos;
    if (all && known.others) return Error{text({option, " is given twice for all tasks"})};
    if (all)
      known.others = value.value();
    else if (!known.named.emplace(setting.substr(0, equals), value.value()).second)
      return Error{text({option, " is given twice for ", setting.substr(0, equals)})};
  }
  return known;
}

template <class Quantity>
Quantity pick(const ByName<Quantity>& said, const std::string& name, const SimulatedTask* measured,
              Quantity SimulatedTask::* which, Quantity guess) {
  if (const auto found = said.named.find(name); found != said.named.end()) return found->second;
  if (said.others) return *said.others;
  return measured != nullptr ? measured->*which : guess;
}

}  // namespace

Result<Assumptions> parse_assumptions(const std::vector<std::string>& times,
                                      const std::vector<std::string>& sizes) {
  auto time = parse_all<std::chrono::nanoseconds>(times, "--task-time", parse_time);
  if (!time) return time.error();
  auto size = parse_all<std::uint64_t>(sizes, "--bytes", parse_size);
  if (!size) return size.error();
  return Assumptions{std::move(time).value(), std::move(size).value()};
}

Measured::Measured(const formats::Recording& recording) : places_(recording.tasks.size()) {
  std::unordered_map<formats::TaskId, std::size_t> place_of;
  for (std::size_t i = 0; i < recording.tasks.size(); ++i) place_of.emplace(recording.tasks[i].id, i);
  for (const formats::RecordedEvent& event : recording.events) {
    const auto found = place_of.find(event.task);
    if (found == place_of.end()) continue;
    auto& task = places_[found->second];
    if (!task) task.emplace();
    task->run_time += std::chrono::nanoseconds(std::max<std::int64_t>(event.duration_ns, 0));
    task->bytes = event.bytes;
  }
  struct Sum {
    double ns = 0, bytes = 0, count = 0;
  };
  std::map<std::string, Sum> sums;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (!places_[i]) continue;
    Sum& sum = sums[recording.names[recording.tasks[i].name]];
    sum.ns += static_cast<double>(places_[i]->run_time.count());
    sum.bytes += static_cast<double>(places_[i]->bytes);
    ++sum.count;
  }
  for (const auto& [name, sum] : sums)
    names_[name] = {.run_time = std::chrono::nanoseconds(static_cast<std::int64_t>(sum.ns / sum.count)),
                    .bytes = static_cast<std::uint64_t>(sum.bytes / sum.count)};
}

const SimulatedTask* Measured::of_place(std::uint32_t place) const {
  return place < places_.size() && places_[place] ? &*places_[place] : nullptr;
}

const SimulatedTask* Measured::of_name(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &found->second;
}

EstimatedWorkload estimate(const formats::LabelledGraphs& all, const formats::LabelledGraph& graph,
                           const Measured& measured, const Assumptions& assumptions) {
  EstimatedWorkload result;
  result.workload.edges = graph.edges;
  std::set<std::string> guessed;
  for (std::size_t i = 0; i < graph.tasks.size(); ++i) {
    const std::string& name = all.names[graph.tasks[i].name];
    const SimulatedTask* known = i < graph.recorded.size() ? measured.of_place(graph.recorded[i]) : nullptr;
    if (known == nullptr) known = measured.of_name(name);
    if (known == nullptr && !assumptions.times.others && !assumptions.times.named.contains(name))
      guessed.insert(name);
    result.workload.tasks.push_back(
        {.function = graph.tasks[i].name,
         .run_time = pick(assumptions.times, name, known, &SimulatedTask::run_time, kGuessedTime),
         .bytes = pick(assumptions.sizes, name, known, &SimulatedTask::bytes, kGuessedSize)});
  }
  result.guessed.assign(guessed.begin(), guessed.end());
  return result;
}

}  // namespace dflow::tools
