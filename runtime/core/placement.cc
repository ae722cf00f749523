#include "runtime/core/placement.h"

#include <algorithm>
#include <array>

namespace dflow::core {
namespace {

/// A worker may say that a value has any number of bytes.
constexpr double longest_ns = 1e17;

Duration time_to_bring(double bytes, const Settings& settings) {
  return settings.latency + Duration{static_cast<Duration::rep>(std::min(bytes / settings.bytes_per_second * 1e9, longest_ns))};
}

constexpr int max_inputs = 16;
constexpr int max_holders = 4;
constexpr double lines = 2;  // that a fetch keeps busy, the holder's and the reader's: others wait for both

struct Candidate {
  Index worker = none;
  std::uint64_t bytes = 0;  ///< Of the inputs, that it holds.
  std::uint32_t held = 0;
};

/// Holders of a task's first inputs.
class Candidates {
 public:
  Candidates(const Graph& graph, Index task) {
    int looked_at = 0;
    graph.for_inputs(task, [&](Index input) {
      if (looked_at++ >= max_inputs) return;
      ++inputs_;
      total_ += graph[input].bytes;
      int holders = 0;
      for (Index c = graph[input].first_copy; c != none && holders < max_holders; ++holders) {
        note(graph.copy(c).worker, graph[input].bytes);
        c = graph.copy(c).next_of_task;
      }
    });
  }

  void consider(Index worker) { note(worker, 0, 0); }

  template <class F>
  void for_each(F&& f) const {
    for (std::size_t i = 0; i < size_; ++i) f(found_[i]);
  }
  Duration fetch(const Candidate& candidate, const Settings& settings) const {
    if (candidate.held >= inputs_) return {};
    const auto bytes = static_cast<double>(total_ - candidate.bytes);
    return time_to_bring(lines * bytes, settings);
  }

 private:
  void note(Index worker, std::uint64_t bytes, std::uint32_t held = 1) {
    std::size_t i = 0;
    while (i < size_ && found_[i].worker != worker) ++i;
    if (i == found_.size()) return;
    if (i == size_) found_[size_++].worker = worker;
    found_[i].bytes += bytes;
    found_[i].held += held;
  }

  std::array<Candidate, 17> found_{};
  std::size_t size_ = 0;
  std::uint64_t total_ = 0;
  std::uint32_t inputs_ = 0;
};

}  // namespace

Index soonest(const Graph& graph, const Fleet& fleet, const Settings& settings, Index task, Index but) {
  const Index idle = fleet.least_loaded(but);
  if (idle == none) return fleet.least_loaded();
  Candidates candidates(graph, task);
  candidates.consider(idle);
  Index best = none;
  Duration best_start = Duration::max();
  candidates.for_each([&](const Candidate& candidate) {
    const Member& member = fleet[candidate.worker];
    if (candidate.worker == but || !member.usable()) return;
    const Duration start = member.load() + candidates.fetch(candidate, settings);
    if (start < best_start || (start == best_start && candidate.worker < best)) {
      best = candidate.worker;
      best_start = start;
    }
  });
  return best;
}

Duration fetch_time(const Graph& graph, const Settings& settings, Index task, Index worker) {
  int looked_at = 0;
  double bytes = 0;
  bool missing = false;
  graph.for_inputs(task, [&](Index input) {
    if (looked_at++ >= max_inputs || graph.find_copy(input, worker) != none) return;
    missing = true;
    bytes += static_cast<double>(graph[input].bytes);
  });
  if (!missing) return {};
  return time_to_bring(bytes, settings);
}

bool worth_stealing(const Graph& graph, const Fleet& fleet, const Settings& settings, Index task,
                    Index victim, Index thief, bool sent) {
  if (fleet[victim].paused) return true;  // who knows when its turn comes
  const Duration asking = sent ? 2 * settings.latency : Duration{};
  return fleet[victim].load() > fleet[thief].load() + fetch_time(graph, settings, task, thief) + asking;
}

}  // namespace dflow::core
