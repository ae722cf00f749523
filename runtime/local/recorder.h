// Writes down what is submitted and what ran, for DFLOW_TRACE and dry runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <typeinfo>
#include <vector>

#include <dflow/detail/session.h>
#include <dflow/detail/site.h>
#include <dflow/detail/trace.h>

#include "formats/recording.h"
#include "runtime/local/thread_state.h"

namespace dflow::local {

/// One call of a graph function.
struct GraphInstance {
  const detail::GraphSite* site;
  std::uint64_t instance;
  std::uint64_t parent;  ///< The record of the task that submits, 0 if the graph was not entered inside a task.
  std::uint32_t index;   ///< In the recording.
};

/// Thread-safe. Nodes are numbered in order of submission, from 1.
class Recorder {
 public:
  /// Calls `at_limit`, which does not return, when more than `limit` tasks are submitted; 0: no limit. An exception
  /// might be caught by the program.
  explicit Recorder(bool dry, std::uint64_t limit = 0, void (*at_limit)(std::uint64_t limit) = nullptr);

  /// Numbers the node and notes its producers, its name and what submitted it.
  void submitted(Node& node, const Context& context);
  /// `has_value`: its body returned, and nobody else can see the value yet.
  void ran(Node& node, detail::Clock::time_point start, detail::Clock::time_point end, bool has_value);
  const GraphInstance* enter(const detail::GraphSite& site);
  void boundary(const detail::GraphSite* site, const std::string& file, int line, const std::string& reason);

  /// What other processes submitted and ran.
  std::uint64_t submitted_elsewhere(std::uint64_t parent, const detail::TaskLine& line,
                                    const std::vector<std::uint64_t>& producers);
  void ran_elsewhere(std::uint64_t task, const detail::RemoteRun& run);

  std::uint64_t task_count() const noexcept { return last_.load(); }
  formats::Recording finish();

 private:
  /// What tells a task's name, looked up only when the recording is written.
  struct Callee {
    const detail::Site* site;
    const std::type_info* type;
    const void* address;
    const std::string* given;  ///< TaskOptions::name
    friend auto operator<=>(const Callee&, const Callee&) = default;
  };
  struct Submission {
    std::uint64_t id;
    std::uint32_t graph;
    std::uint32_t callee;
  };
  /// Each thread's own part, so that recording disturbs the run little.
  struct Part {
    std::mutex mutex;  // only contended at the end
    std::vector<Submission> submissions;
    std::vector<formats::RecordedEdge> edges;
    std::vector<formats::RecordedEvent> events;
    std::map<Callee, std::uint32_t> callees;
  };

  struct RemoteTask {
    std::uint64_t id;
    std::uint32_t graph;
    detail::TaskLine line;
  };

  void finish_remote(formats::Recording& recording, std::map<std::string, std::uint32_t>& names,
                     std::map<std::string, std::int32_t>& files);
  std::uint32_t graph_inside(std::uint64_t parent);
  Part& part();
  std::uint32_t callee_of(const Node& node);
  std::uint32_t graph_of(const Context& context);

  bool dry_;
  std::uint64_t limit_;
  void (*at_limit_)(std::uint64_t);
  detail::Clock::time_point start_ = detail::Clock::now();
  std::atomic<std::uint64_t> last_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<std::atomic<Part*>> part_of_thread_;
  std::map<Callee, std::uint32_t> callees_;
  std::vector<Callee> callee_list_;
  std::map<std::string, std::uint64_t> instances_;
  std::map<std::uint64_t, std::uint32_t> task_graphs_;
  std::vector<std::unique_ptr<GraphInstance>> entered_;
  std::vector<formats::RecordedGraph> graphs_;
  std::vector<formats::RecordedBoundary> boundaries_;
  std::map<std::string, std::string> given_names_;
  std::chrono::system_clock::time_point system_start_ = std::chrono::system_clock::now();
  std::vector<RemoteTask> remote_tasks_;
  std::vector<formats::RecordedEdge> remote_edges_;
  std::vector<formats::RecordedEvent> remote_events_;
  std::map<std::string, std::uint32_t> processes_;  ///< Workers, by the order in which they were heard of.
};

}  // namespace dflow::local
