#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/result.h"

/// What a program's run submitted, as `DFLOW_TRACE` and the dry run of a graph write it: a Chrome trace with
/// one more key, specified in docs/formats.md.
namespace dflow::formats {

inline constexpr int kRecordingVersion = 1;

/// A task's number in its recording: ascending in order of submission.
enum class TaskId : std::uint64_t {};

/// One call of a graph function, or what one running task submitted (then `parent` is that task, and the
/// tools derive the name), or everything else (the name "").
struct RecordedGraph {
  std::string name;
  std::uint64_t instance = 0;
  std::optional<TaskId> parent;
};

/// One submitted task. The indices point into the recording's tables; `file` is -1 when unknown.
struct RecordedTask {
  TaskId id{};
  std::uint32_t graph = 0;
  std::uint32_t name = 0;
  std::int32_t file = -1;
  std::int32_t line = 0;
};

/// `consumer` uses the result of `producer`, or comes after it. May be recorded more than once.
struct RecordedEdge {
  TaskId producer{};
  TaskId consumer{};
};

/// Where the graph stopped being knowable in a dry run.
struct RecordedBoundary {
  std::uint32_t graph = 0;
  std::string file;
  std::int32_t line = 0;
  std::string reason;
};

/// One execution of a task, in nanoseconds since the program's start.
struct RecordedEvent {
  TaskId task{};
  std::uint32_t name = 0;
  std::int64_t start_ns = 0;
  std::int64_t duration_ns = 0;
  std::uint32_t process = 0;
  std::uint32_t thread = 0;
  std::uint64_t bytes = 0;
};

/// What an event's process is called.
struct RecordedProcess {
  std::uint32_t process = 0;
  std::string name;
};

struct Recording {
  std::string program;
  bool dry = false;  ///< made by running a graph's skeleton: nothing was executed
  std::vector<std::string> names;
  std::vector<std::string> files;
  std::vector<RecordedGraph> graphs;
  std::vector<RecordedTask> tasks;  ///< in order of submission
  std::vector<RecordedEdge> edges;
  std::vector<RecordedBoundary> boundaries;
  std::vector<RecordedEvent> events;
  std::vector<RecordedProcess> processes;  ///< those that have names: the workers of a cluster
};

/// Streams a recording to a file, which appears under its name once it is whole. Holds one small buffer, so
/// events may be handed over while the program runs and forgotten. Not thread-safe. A failure on the way (a
/// full disk) is reported by `finish`, and leaves an older file of that name as it was.
class RecordingWriter {
 public:
  static Result<RecordingWriter> create(const std::string& path);

  RecordingWriter(RecordingWriter&&) noexcept;
  ~RecordingWriter();

  /// Adds one execution of a task called `name`; `event.name` is not looked at.
  void add(const RecordedEvent& event, std::string_view name);

  /// Adds the recording's own events and all of its tables, and puts the file in place.
  Result<void> finish(const Recording& recording);

 private:
  struct Output;
  explicit RecordingWriter(std::unique_ptr<Output> output);
  std::unique_ptr<Output> output_;
};

/// Writes a whole recording: what `RecordingWriter` does, in one call.
Result<void> write_recording(const std::string& path, const Recording& recording);

/// Reads a recording from its text. Every index, id and edge of the result is valid: tables are never overrun
/// by those who use it.
Result<Recording> parse_recording(std::string_view text);

}  // namespace dflow::formats
