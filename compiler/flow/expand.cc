#include "compiler/flow/expand.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "compiler/flow/computed.h"
#include "compiler/flow/optimised.h"
#include "compiler/flow/points.h"
#include "compiler/flow/refusal.h"

namespace dflow::compiler::flow {
namespace {

using formats::Error;
using formats::Result;

using Instance = std::pair<std::uint32_t, Point>;  ///< A node and indices.
/// What a future is in the end: a task's result, or none of this graph's.
using Origin = std::optional<std::uint32_t>;

class Expansion {
 public:
  Expansion(const formats::Graph& graph, const std::map<std::string, std::int64_t>& parameters,
            std::size_t limit)
      : graph_(graph), known_(*graph.dependences), limit_(limit) {
    for (const formats::Symbol& symbol : known_.symbols) {
      const auto value = computed(symbol.parameter, parameters);
      if (value) values_[symbol.symbol] = value.value();
    }
    for (const formats::Segment& segment : graph.segments)
      for (const formats::Node& node : segment.nodes) nodes_[node.id] = &node;
  }

  formats::LabelledGraphs run_optimised() && {
    formats::LabelledGraphs all = run();
    auto changed = with_changes(all, all.graphs[0], tasks_of_, graph_, values_);
    if (!changed) throw Refusal(changed.message());
    all.graphs[0] = std::move(changed).value();
    return all;
  }

  formats::LabelledGraphs run() {
    const auto allowed = allows(known_.assumptions, values_);
    if (!allowed) throw Refusal(allowed.message());
    if (!allowed.value()) throw Refusal("the plan says nothing of these parameters");
    read_arguments();
    for (const Instance& instance : instances()) {
      const std::size_t before = tasks_.size();
      execute(instance);
      for (std::size_t task = before; task < tasks_.size(); ++task) tasks_of_[instance].push_back(static_cast<std::uint32_t>(task));
    }
    return result();
  }

 private:
  std::vector<Point> points(const std::string& text) const {
    auto found = points_of(text, values_, limit_ * 16);
    if (!found) throw Refusal(found.message());
    return std::move(found).value();
  }

  std::size_t depth_of(std::uint32_t node) const {
    for (const formats::Family& family : known_.families)
      if (family.node == node) return family.variables.size();
    throw Refusal("node " + std::to_string(node) + " has no domain");
  }

  static Point part(const Point& point, std::size_t from, std::size_t to) {
    const auto at = [&](std::size_t i) {
      return point.begin() + static_cast<std::ptrdiff_t>(std::min(i, point.size()));
    };
    return Point(at(from), at(to));
  }

  void read_arguments() {
    for (const formats::Dependence& edge : known_.edges) {
      const std::size_t own = depth_of(edge.consumer), all = own + edge.elements;
      for (const Point& point : points(edge.relation)) {
        sources_[{edge.consumer, part(point, 0, own)}][{edge.argument, part(point, own, all)}] = {
            edge.producer, part(point, all, point.size())};
      }
    }
    for (const formats::ElementRange& range : known_.ranges) {
      const std::size_t own = depth_of(range.node);
      for (const Point& point : points(range.domain))
        elements_[{range.node, part(point, 0, own)}].insert({range.argument, part(point, own, point.size())});
    }
  }

  std::vector<Instance> instances() const {
    std::vector<std::pair<Point, Instance>> timed;
    for (const formats::Family& family : known_.families) {
      const std::size_t own = family.variables.size();
      for (const Point& point : points(family.order))
        timed.push_back({part(point, own, point.size()), {family.node, part(point, 0, own)}});
    }
    std::sort(timed.begin(), timed.end());
    std::vector<Instance> all;
    for (auto& [time, instance] : timed) all.push_back(std::move(instance));
    return all;
  }

  using Place = std::pair<std::uint32_t, Point>;  ///< An argument and an element's place in it.

  Origin origin(const Instance& consumer, const Place& place) const {
    const auto arguments = sources_.find(consumer);
    if (arguments == sources_.end()) return std::nullopt;
    const auto source = arguments->second.find(place);
    if (source == arguments->second.end()) return std::nullopt;
    const auto made = made_.find(source->second);
    if (made == made_.end()) throw Refusal("a task takes the result of one that comes later");
    return made->second;
  }

  void execute(const Instance& instance) {
    const formats::Node& node = *nodes_.at(instance.first);
    if (node.op == formats::NodeOp::reduce) {
      made_[instance] = reduce(instance, node);
      return;
    }
    std::vector<Origin> inputs;
    if (const auto arguments = sources_.find(instance); arguments != sources_.end())
      for (const auto& [place, source] : arguments->second) inputs.push_back(origin(instance, place));
    made_[instance] = submit(node, inputs);
  }

  /// Level by level, an odd last one moving up, as Executor::reduce does.
  Origin reduce(const Instance& instance, const formats::Node& node) {
    std::vector<Origin> level;
    for (const Place& place : elements_[instance])
      if (place.first == 0) level.push_back(origin(instance, place));
    const bool from_value = node.arguments.size() > 1;
    const Origin first = from_value ? origin(instance, {1, {}}) : Origin();
    if (level.empty()) return first;
    while (level.size() > 1) {
      std::vector<Origin> next;
      for (std::size_t i = 0; i + 1 < level.size(); i += 2)
        next.push_back(submit(node, {level[i], level[i + 1]}));
      if (level.size() % 2 != 0) next.push_back(level.back());
      level = std::move(next);
    }
    return from_value ? submit(node, {first, level[0]}) : level[0];
  }

  Origin submit(const formats::Node& node, const std::vector<Origin>& inputs) {
    if (node.task.empty())
      throw Refusal("the task in line " + std::to_string(node.line) + " has a name that only a run can tell");
    if (tasks_.size() >= limit_) throw Refusal("more than " + std::to_string(limit_) + " tasks");
    const auto id = static_cast<std::uint32_t>(tasks_.size());
    for (const Origin& input : inputs)
      if (input) edges_.insert({id, *input});
    tasks_.push_back(node.task);
    return id;
  }

  formats::LabelledGraphs result() {
    formats::LabelledGraphs all;
    all.expanded = true;
    formats::LabelledGraph& made = all.graphs.emplace_back();
    made.name = graph_.name;
    std::map<std::string, std::pair<std::uint32_t, std::uint32_t>>
        names;  // its place in the table, its count
    for (const std::string& task : tasks_) {
      const auto [found, added] = names.try_emplace(task, static_cast<std::uint32_t>(all.names.size()), 0);
      if (added) all.names.push_back(task);
      made.tasks.push_back({found->second.first, found->second.second++});
    }
    for (const auto& [consumer, producer] : edges_) made.edges.push_back({producer, consumer});
    return all;
  }

  const formats::Graph& graph_;
  const formats::Dependences& known_;
  std::size_t limit_;
  Values values_;
  std::map<std::uint32_t, const formats::Node*> nodes_;
  std::map<Instance, std::map<Place, Instance>> sources_;
  std::map<Instance, std::set<Place>> elements_;
  std::map<Instance, Origin> made_;
  TasksOf tasks_of_;
  std::vector<std::string> tasks_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> edges_;  ///< By consumer, then producer.
};

}  // namespace

Result<formats::LabelledGraphs> expand_optimised(const formats::Graph& graph,
                                                 const std::map<std::string, std::int64_t>& parameters,
                                                 std::size_t limit) {
  if (!graph.dependences) return Error{"graph '" + graph.name + "' is not of tier 1"};
  try {
    return Expansion(graph, parameters, limit).run_optimised();
  } catch (const Refusal& refusal) {
    return Error{refusal.what()};
  }
}

Result<formats::LabelledGraphs> expand(const formats::Graph& graph,
                                       const std::map<std::string, std::int64_t>& parameters,
                                       std::size_t limit) {
  if (!graph.dependences || graph.tier != 1) return Error{"graph '" + graph.name + "' is not of tier 1"};
  try {
    return Expansion(graph, parameters, limit).run();
  } catch (const Refusal& refusal) {
    return Error{refusal.what()};
  }
}

}  // namespace dflow::compiler::flow
