#include "formats/labels.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace dflow::formats {
namespace {

constexpr std::size_t kMaxNameBytes = std::size_t{1} << 29;

/// Where a recorded task stands among the labelled graphs.
struct Place {
  std::uint32_t graph = 0;
  std::uint32_t task = 0;
};

/// Walks the tasks in order of submission. A task comes after the one that submitted it, so whenever a graph
/// is named after its parent, the parent has its label already.
class Labeller {
 public:
  explicit Labeller(const Recording& recording)
      : recording_(recording), graph_of_(recording.graphs.size(), kNone) {}

  Result<LabelledGraphs> label() {
    result_.expanded = recording_.dry;
    read_names();
    for (const RecordedTask& task : recording_.tasks) add(task);
    for (std::uint32_t graph = 0; graph < recording_.graphs.size(); ++graph)
      std::ignore = place_of_graph(graph);
    if (name_bytes_ > kMaxNameBytes)
      return Error{"tasks are nested so deeply that their graphs' names do not fit"};
    for (const RecordedEdge& edge : recording_.edges) add(edge);
    for (const RecordedBoundary& boundary : recording_.boundaries)
      result_.graphs[place_of_graph(boundary.graph)].boundaries.push_back(
          {static_cast<std::uint32_t>(boundary.line), boundary.reason});
    for (LabelledGraph& graph : result_.graphs) finish(graph);
    std::erase_if(result_.graphs, [](const LabelledGraph& graph) {
      return graph.name.empty() && graph.tasks.empty() && graph.boundaries.empty();
    });
    return std::move(result_);
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  /// Two entries of one spelling are one name: labels count by what is read.
  void read_names() {
    std::unordered_map<std::string_view, std::uint32_t> known;
    for (const std::string& name : recording_.names) {
      const auto [place, added] = known.emplace(name, static_cast<std::uint32_t>(result_.names.size()));
      if (added) result_.names.push_back(name);
      name_of_.push_back(place->second);
    }
  }

  void add(const RecordedTask& task) {
    const std::uint32_t graph = place_of_graph(task.graph);
    const std::uint32_t name = name_of_[task.name];
    const std::uint32_t number = counts_[std::uint64_t{graph} << 32 | name]++;
    auto& tasks = result_.graphs[graph].tasks;
    result_.graphs[graph].recorded.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.push_back({graph, static_cast<std::uint32_t>(tasks.size())});
    tasks.push_back({name, number});
  }

  std::uint32_t place_of_graph(std::uint32_t recorded) {
    std::uint32_t& place = graph_of_[recorded];
    if (place != kNone) return place;
    const RecordedGraph& graph = recording_.graphs[recorded];
    std::string name = name_bytes_ > kMaxNameBytes ? std::string()
                       : graph.parent              ? full_name(place_of(*graph.parent))
                                                   : graph.name;
    name_bytes_ += name.size();
    const auto [known, added] =
        by_name_.emplace(std::pair(name, graph.instance), static_cast<std::uint32_t>(result_.graphs.size()));
    if (added) {
      result_.graphs.emplace_back();
      result_.graphs.back().name = std::move(name);
      result_.graphs.back().instance = graph.instance;
    }
    return place = known->second;
  }

  Place place_of(TaskId id) const {
    const auto& tasks = recording_.tasks;
    const auto found =
        std::lower_bound(tasks.begin(), tasks.end(), id,
                         [](const RecordedTask& task, TaskId wanted) { return task.id < wanted; });
    return places_[static_cast<std::size_t>(found - tasks.begin())];
  }

  std::string label_at(Place place) const {
    return result_.text(result_.graphs[place.graph].tasks[place.task]);
  }

  std::string full_name(Place place) const {
    const LabelledGraph& graph = result_.graphs[place.graph];
    return graph.name + "/" + std::to_string(graph.instance) + "/" + label_at(place);
  }

  void add(const RecordedEdge& edge) {
    const Place from = place_of(edge.producer), to = place_of(edge.consumer);
    LabelledGraph& graph = result_.graphs[to.graph];
    if (from.graph == to.graph)
      graph.edges.push_back({from.task, to.task});
    else
      graph.external_edges.push_back({full_name(from), label_at(to)});
  }

  static void finish(LabelledGraph& graph) {
    auto& edges = graph.edges;
    std::sort(edges.begin(), edges.end(), [](const LabelledEdge& a, const LabelledEdge& b) {
      return std::pair(a.consumer, a.producer) < std::pair(b.consumer, b.producer);
    });
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    auto& external = graph.external_edges;
    std::sort(external.begin(), external.end());
    external.erase(std::unique(external.begin(), external.end()), external.end());
  }

  const Recording& recording_;
  LabelledGraphs result_;
  std::vector<std::uint32_t> name_of_;   // by recorded name
  std::vector<std::uint32_t> graph_of_;  // by recorded graph
  std::vector<Place> places_;            // by position among the recorded tasks
  std::map<std::pair<std::string, std::uint64_t>, std::uint32_t> by_name_;
  std::unordered_map<std::uint64_t, std::uint32_t> counts_;  // by graph and name
  std::size_t name_bytes_ = 0;
};

}  // namespace

Result<LabelledGraphs> label_recording(const Recording& recording) {
  return Labeller(recording).label();
}

}  // namespace dflow::formats
