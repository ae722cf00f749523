#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/labels.h"
#include "formats/recording.h"
#include "formats/result.h"
#include "tools/dflow/simulation.h"

namespace dflow::tools {

/// What is known of tasks by their names: what a user said, and what runs have shown.
template <class Quantity>
struct ByName {
  std::map<std::string, Quantity> named;
  std::optional<Quantity> others;
};

struct Assumptions {
  ByName<std::chrono::nanoseconds> times;
  ByName<std::uint64_t> sizes;
};

/// "1ms" for all tasks, "relax=1ms" for those of one name; each at most once.
formats::Result<Assumptions> parse_assumptions(const std::vector<std::string>& times,
                                               const std::vector<std::string>& sizes);

/// What the tasks of a recording took and how large their results were, each by its place in the recording;
/// and the means by name. A task that was tried again counts with all its tries. Tasks that did not run are
/// not there.
class Measured {
 public:
  Measured() = default;
  explicit Measured(const formats::Recording& recording);

  const SimulatedTask* of_place(std::uint32_t place) const;
  const SimulatedTask* of_name(const std::string& name) const;
  bool empty() const { return names_.empty(); }

 private:
  std::vector<std::optional<SimulatedTask>> places_;
  std::map<std::string, SimulatedTask> names_;
};

struct EstimatedWorkload {
  Workload workload;
  std::vector<std::string> guessed;  ///< names of tasks whose time nothing was known of
};

inline constexpr std::chrono::nanoseconds kGuessedTime{1'000'000};
inline constexpr std::uint64_t kGuessedSize = 8;

/// For each task: what the user said of its name, or of all; else what was measured of this very task, or of
/// its name; else a guess. `graph` is from the recording of `measured`, or from somewhere else (then it has
/// no places).
EstimatedWorkload estimate(const formats::LabelledGraphs& all, const formats::LabelledGraph& graph,
                           const Measured& measured, const Assumptions& assumptions);

}  // namespace dflow::tools
