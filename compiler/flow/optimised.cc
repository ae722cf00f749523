#include "compiler/flow/optimised.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace dflow::compiler::flow {
namespace {

using formats::Change;
using formats::LabelledGraph;
using formats::LabelledGraphs;
using formats::Result;
using Task = std::uint32_t;

class Changed {
 public:
  Changed(const TasksOf& tasks, std::size_t count)
      : tasks_(tasks), stands_for_(count), group_(count), runs_(count, true) {
    std::iota(stands_for_.begin(), stands_for_.end(), Task{0});
    std::iota(group_.begin(), group_.end(), Task{0});
  }

  Result<void> apply(const Change& change, const formats::Graph& plan, const Values& parameters) {
    std::vector<Point> points;
    if (!change.relation.empty()) {
      auto found = points_of(change.relation, parameters);
      if (!found) return found.error();
      points = std::move(found).value();
    }
    if (change.kind == Change::Kind::narrowed) {
      narrow(change.node, points);
      return {};
    }
    const auto own = static_cast<std::ptrdiff_t>(depth_of(plan, change.node));
    for (const Point& point : points) {
      const Task one = result_of(change.node, {point.begin(), point.begin() + own});
      const Task other = result_of(change.into, {point.begin() + own, point.end()});
      if (change.kind == Change::Kind::merged)
        replace(one, other);
      else
        group_[top(one)] = top(other);
    }
    return {};
  }

  /// The tasks of each group in order of submission, by their last one.
  std::map<Task, std::vector<Task>> groups() const {
    std::map<Task, std::vector<Task>> all;
    for (Task task = 0; task < runs_.size(); ++task)
      if (runs_[task]) all[top(task)].push_back(task);
    return all;
  }
  bool runs(Task task) const { return runs_[task]; }
  Task place(Task task) const { return top(stands_for_[task]); }

 private:
  static std::size_t depth_of(const formats::Graph& plan, std::uint32_t node) {
    const auto& families = plan.dependences->families;
    return std::ranges::find(families, node, &formats::Family::node)->variables.size();
  }
  Task result_of(std::uint32_t node, const Point& at) const { return tasks_.at({node, at}).back(); }

  void narrow(std::uint32_t node, const std::vector<Point>& left) {
    for (const auto& [instance, tasks] : tasks_)
      if (instance.first == node && !std::ranges::binary_search(left, instance.second))
        for (const Task task : tasks) runs_[task] = false;
  }
  void replace(Task one, Task other) {
    runs_[one] = false;
    for (Task& each : stands_for_)
      if (each == one) each = other;
  }
  Task top(Task task) const {
    while (group_[task] != task) task = group_[task];
    return task;
  }

  const TasksOf& tasks_;
  std::vector<Task> stands_for_, group_;
  std::vector<bool> runs_;
};

}  // namespace

Result<LabelledGraph> with_changes(LabelledGraphs& all, const LabelledGraph& graph, const TasksOf& tasks,
                                   const formats::Graph& plan, const Values& parameters) {
  Changed changed(tasks, graph.tasks.size());
  for (const Change& change : plan.changes)
    if (const auto applied = changed.apply(change, plan, parameters); !applied) return applied.error();
  LabelledGraph made;
  made.name = graph.name;
  made.instance = graph.instance;
  std::map<Task, std::uint32_t> places;
  std::map<std::string, std::uint32_t> names;
  for (std::size_t i = 0; i < all.names.size(); ++i)
    names.emplace(all.names[i], static_cast<std::uint32_t>(i));
  for (const auto& [last, group] : changed.groups()) {
    std::string name;
    for (const Task task : group)
      name += task == group.back() ? all.names[graph.tasks[task].name] : all.text(graph.tasks[task]) + "+";
    const auto [found, added] = names.try_emplace(name, static_cast<std::uint32_t>(all.names.size()));
    if (added) all.names.push_back(name);
    places[last] = static_cast<std::uint32_t>(made.tasks.size());
    made.tasks.push_back({found->second, graph.tasks[group.back()].number});
  }
  std::set<std::pair<std::uint32_t, std::uint32_t>> edges;
  for (const formats::LabelledEdge& edge : graph.edges) {
    if (!changed.runs(edge.consumer)) continue;
    const auto consumer = places.at(changed.place(edge.consumer)),
               producer = places.at(changed.place(edge.producer));
    if (consumer != producer) edges.insert({consumer, producer});
  }
  for (const auto& [consumer, producer] : edges) made.edges.push_back({producer, consumer});
  return made;
}

}  // namespace dflow::compiler::flow
