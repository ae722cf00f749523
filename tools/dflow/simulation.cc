#include "tools/dflow/simulation.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "runtime/core/scheduler.h"
#include "runtime/core/virtual_time.h"
#include "runtime/core/worker.h"
#include "tools/dflow/digraph.h"

namespace dflow::tools {
namespace {

using core::ClientId;
using core::Duration;
using core::TaskId;
using core::Time;
using core::WorkerId;
using formats::Error;
using formats::Result;

constexpr ClientId kClient{1};
constexpr std::size_t kBatch = 1000;  // tasks that a client submits in one message
constexpr double kMostNs = 3e18;      // some 95 years: virtual time is counted in 63 bits

core::Settings settings_for(const Machine& machine) {
  core::Settings settings;
  settings.silence = {};  // simulated workers never die
  settings.bytes_per_second = machine.bytes_per_second;
  settings.latency = machine.latency;
  return settings;
}

/// How much of the scheduler's time a message takes, in messages.
std::size_t weight_of(const core::Event& event) {
  if (const auto* submitted = std::get_if<core::TasksSubmitted>(&event)) return submitted->tasks.size();
  if (const auto* released = std::get_if<core::TasksReleased>(&event)) return released->tasks.size();
  return std::holds_alternative<core::Tick>(event) ? 0 : 1;
}

class Simulation {
 public:
  Simulation(const Workload& workload, const Digraph& graph, const Machine& machine)
      : workload_(workload),
        graph_(graph),
        machine_(machine),
        settings_(settings_for(machine)),
        scheduler_(settings_) {}

  Result<Prediction> run() {
    for (std::uint32_t i = 0; i < machine_.workers; ++i) join(i);
    tell(core::ClientJoined{kClient});
    submit_all();
    while (unheard_of_ > 0 && agenda_.step()) {
    }
    if (unheard_of_ > 0)
      return Error{"the simulated cluster stopped with " + std::to_string(unheard_of_) + " results missing"};
    prediction_.makespan = agenda_.now() - Time{};
    prediction_.scheduler_busy = std::min(prediction_.scheduler_busy, prediction_.makespan);
    return prediction_;
  }

 private:
  struct Node {
    std::unique_ptr<core::Worker> brain;
    Time sending_until{}, receiving_until{};  ///< when its line is free
  };

  Node& node(WorkerId id) { return nodes_[static_cast<std::uint32_t>(id) - 1]; }
  static TaskId id_of(std::uint32_t task) { return core::task_id(kClient, task); }
  const SimulatedTask& task(TaskId id) const { return workload_.tasks[core::number_of(id)]; }

  /// Workers are there before the client is.
  void join(std::uint32_t place) {
    const WorkerId id{place + 1};
    nodes_.push_back(
        {std::make_unique<core::Worker>(id, core::WorkerLimits{machine_.threads, 0}, settings_), {}, {}});
    const std::string number = std::to_string(place);
    carry_out(scheduler_.apply(core::WorkerJoined{
        .worker = id, .name = "w" + number, .host = "h" + number, .threads = machine_.threads}));
  }

  /// As a client does: it lets go of a result once all that need it are submitted.
  void submit_all() {
    const auto count = static_cast<std::uint32_t>(graph_.size());
    std::vector<std::uint32_t> last_consumer(count);
    for (const auto& edge : workload_.edges)
      last_consumer[edge.producer] = std::max(last_consumer[edge.producer], edge.consumer);
    for (std::uint32_t begin = 0; begin < count; begin += kBatch) {
      const auto end = static_cast<std::uint32_t>(std::min<std::size_t>(begin + kBatch, count));
      core::TasksSubmitted batch{kClient, {}};
      core::TasksReleased released{kClient, {}};
      for (std::uint32_t i = begin; i < end; ++i) {
        batch.tasks.push_back(spec_of(i));
        if (graph_.consumers(i).empty()) ++unheard_of_;
        for (const std::uint32_t producer : graph_.producers(i))
          if (last_consumer[producer] == i) released.tasks.push_back(id_of(producer));
      }
      tell(std::move(batch));
      if (!released.tasks.empty()) tell(std::move(released));
    }
  }

  core::TaskSpec spec_of(std::uint32_t number) const {
    std::vector<core::TaskId> inputs;
    for (const std::uint32_t producer : graph_.producers(number)) inputs.push_back(id_of(producer));
    return {.id = id_of(number),
            .function = core::FunctionId{workload_.tasks[number].function},
            .inputs = std::move(inputs)};
  }

  void tell(core::Event event) {
    agenda_.after(machine_.latency, [this, event = std::move(event)] { arrive(event); });
  }

  void arrive(const core::Event& event) {
    const Duration takes = machine_.scheduler_time * static_cast<Duration::rep>(weight_of(event));
    scheduler_free_ = std::max(scheduler_free_, agenda_.now()) + takes;
    prediction_.scheduler_busy += takes;
    agenda_.at(scheduler_free_, [this, event] { apply(event); });
  }

  /// Ticks are events as others; after one, time alone changes nothing until something happens.
  void apply(const core::Event& event) {
    const auto actions = scheduler_.apply(event);
    const bool idle = actions.empty() && std::holds_alternative<core::Tick>(event);
    if (!idle && !std::exchange(ticking_, true)) {
      agenda_.after(settings_.tick, [this] {
        ticking_ = false;
        apply(core::Tick{agenda_.now()});
      });
    }
    carry_out(actions);
  }

  void carry_out(const std::vector<core::Action>& actions) {
    for (const core::Action& action : actions) {
      std::visit(
          [this](const auto& one) {
            using T = std::decay_t<decltype(one)>;
            if constexpr (std::is_same_v<T, core::TaskDone>)
              agenda_.after(machine_.latency, [this, id = one.value.id] { hear_of(id); });
            else if constexpr (std::is_constructible_v<core::WorkerEvent, T>)
              agenda_.after(machine_.latency, [this, one] { drive(one.worker, one); });
          },
          action);
    }
  }

  void hear_of(TaskId id) {
    if (graph_.consumers(static_cast<std::uint32_t>(core::number_of(id))).empty()) --unheard_of_;
  }

  void drive(WorkerId id, const core::WorkerEvent& event) {
    for (const core::WorkerAction& action : node(id).brain->apply(event)) {
      if (const auto* say = std::get_if<core::Tell>(&action))
        std::visit([this](const auto& report) { tell(report); }, say->report);
      else if (const auto* fetch = std::get_if<core::StartFetch>(&action))
        agenda_.after(machine_.latency, [this, id, ask = *fetch] { serve(id, ask); });
      else if (const auto* body = std::get_if<core::StartBody>(&action))
        start(id, *body);
    }
  }

  void start(WorkerId id, const core::StartBody& body) {
    const SimulatedTask& what = task(body.id);
    const core::BodyReturned returned{body.id, body.attempt, what.bytes, what.run_time, {}};
    agenda_.after(what.run_time, [this, id, returned] { drive(id, returned); });
  }

  /// A holder has been asked for a value.
  void serve(WorkerId reader, const core::StartFetch& ask) {
    if (!node(ask.from).brain->stored(ask.id, ask.version)) {
      agenda_.after(machine_.latency, [this, reader, ask] {
        drive(reader, core::FetchBroken{ask.id, ask.version, ask.from, true});
      });
      return;
    }
    const std::uint64_t bytes = task(ask.id).bytes;
    const Time begin = std::max({agenda_.now(), node(ask.from).sending_until, node(reader).receiving_until});
    const Time end =
        begin +
        Duration{static_cast<Duration::rep>(static_cast<double>(bytes) / machine_.bytes_per_second * 1e9)};
    node(ask.from).sending_until = node(reader).receiving_until = end;
    ++prediction_.transfers;
    prediction_.bytes_moved += bytes;
    agenda_.at(end + machine_.latency, [this, reader, ask, bytes] {
      drive(reader, core::FetchSucceeded{ask.id, ask.version, ask.from, bytes});
    });
  }

  const Workload& workload_;
  const Digraph& graph_;
  const Machine& machine_;
  const core::Settings settings_;
  core::Scheduler scheduler_;
  std::vector<Node> nodes_;
  core::VirtualTime agenda_;
  Time scheduler_free_{};
  bool ticking_ = false;
  std::size_t unheard_of_ = 0;  ///< Tasks that nothing needs and that the client does not know the end of.
  Prediction prediction_;
};

/// No run takes longer, whatever is done in which order.
double longest_ns(const Workload& workload, const Machine& machine) {
  const double a_message = 10 * static_cast<double>((machine.latency + machine.scheduler_time).count());
  double ns = 0;
  for (const SimulatedTask& task : workload.tasks)
    ns += static_cast<double>(task.run_time.count()) + a_message;
  for (const auto& edge : workload.edges)
    ns +=
        static_cast<double>(workload.tasks[edge.producer].bytes) / machine.bytes_per_second * 1e9 + a_message;
  return ns;
}

/// The same tasks so that producers come first; nothing if some need each other in a circle.
bool put_in_order(Workload& workload) {
  const auto ranks = Digraph(workload.tasks.size(), workload.edges).ranks();
  std::vector<SimulatedTask> tasks(workload.tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) tasks[ranks[i]] = workload.tasks[i];
  workload.tasks = std::move(tasks);
  for (auto& edge : workload.edges) edge = {ranks[edge.producer], ranks[edge.consumer]};
  return std::ranges::all_of(workload.edges, [](const auto& edge) { return edge.producer < edge.consumer; });
}

}  // namespace

Result<Prediction> simulate(const Workload& workload, const Machine& machine) {
  if (longest_ns(workload, machine) > kMostNs)
    return Error{
        "this may take more than 90 years, which is more than virtual time can count: give shorter times"};
  Workload ordered = workload;
  const auto forward = [](const auto& edge) { return edge.producer < edge.consumer; };
  if (!std::ranges::all_of(ordered.edges, forward) && !put_in_order(ordered))
    return Error{"some of its tasks need each other in a circle: no run could end"};
  return Simulation(ordered, Digraph(ordered.tasks.size(), ordered.edges), machine).run();
}

}  // namespace dflow::tools
