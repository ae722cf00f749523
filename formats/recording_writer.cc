#include "formats/file.h"
#include "formats/json_text.h"
#include "formats/recording.h"

// Kept apart from the reader, so that a program linked with the runtime carries no JSON library.
namespace dflow::formats {
namespace {

/// Chrome traces count microseconds; three decimals keep the nanoseconds.
void microseconds(JsonStream& json, std::int64_t nanoseconds) {
  if (nanoseconds < 0) nanoseconds = 0;
  const auto fraction = static_cast<unsigned>(nanoseconds % 1000);
  const char decimals[] = {'.', static_cast<char>('0' + fraction / 100),
                           static_cast<char>('0' + fraction / 10 % 10),
                           static_cast<char>('0' + fraction % 10)};
  json.number(nanoseconds / 1000).raw({decimals, sizeof decimals});
}

template <class Range, class Write>
void array(JsonStream& json, std::string_view key, const Range& range, Write write) {
  json.raw(",\n\"").raw(key).raw("\":[");
  bool first = true;
  for (const auto& element : range) {
    json.next(first);
    write(element);
  }
  json.raw("]");
}

void write_graph(JsonStream& json, const RecordedGraph& graph) {
  json.raw("{\"name\":");
  graph.parent ? json.raw("null") : json.string(graph.name);
  json.raw(",\"instance\":").number(graph.instance).raw(",\"parent\":");
  graph.parent ? json.number(static_cast<std::uint64_t>(*graph.parent)) : json.raw("null");
  json.raw("}");
}

void write_task(JsonStream& json, const RecordedTask& task) {
  json.raw("[").number(static_cast<std::uint64_t>(task.id)).raw(",").number(task.graph).raw(",");
  json.number(task.name).raw(",").number(task.file).raw(",").number(task.line).raw("]");
}

void write_edge(JsonStream& json, const RecordedEdge& edge) {
  json.raw("[").number(static_cast<std::uint64_t>(edge.producer)).raw(",");
  json.number(static_cast<std::uint64_t>(edge.consumer)).raw("]");
}

void write_boundary(JsonStream& json, const RecordedBoundary& boundary) {
  json.raw("{\"graph\":").number(boundary.graph).raw(",\"file\":").string(boundary.file);
  json.raw(",\"line\":").number(boundary.line).raw(",\"reason\":").string(boundary.reason).raw("}");
}

void write_tables(JsonStream& json, const Recording& recording) {
  const auto string = [&](const std::string& text) { json.string(text); };
  json.raw("],\n\"dflow\":{\"version\":").number(kRecordingVersion);
  json.raw(",\"program\":").string(recording.program);
  json.raw(",\"dry\":").raw(recording.dry ? "true" : "false");
  array(json, "names", recording.names, string);
  array(json, "files", recording.files, string);
  array(json, "graphs", recording.graphs, [&](const RecordedGraph& graph) { write_graph(json, graph); });
  array(json, "tasks", recording.tasks, [&](const RecordedTask& task) { write_task(json, task); });
  array(json, "edges", recording.edges, [&](const RecordedEdge& edge) { write_edge(json, edge); });
  array(json, "boundaries", recording.boundaries,
        [&](const RecordedBoundary& b) { write_boundary(json, b); });
  json.raw("}}\n");
}

}  // namespace

struct RecordingWriter::Output {
  explicit Output(AtomicFile opened) : file(std::move(opened)), json(file) { json.raw("{\"traceEvents\":["); }

  AtomicFile file;
  JsonStream json;
  bool first_event = true;
};

RecordingWriter::RecordingWriter(std::unique_ptr<Output> output) : output_(std::move(output)) {}
RecordingWriter::RecordingWriter(RecordingWriter&&) noexcept = default;
RecordingWriter::~RecordingWriter() = default;

Result<RecordingWriter> RecordingWriter::create(const std::string& path) {
  auto file = AtomicFile::create(path);
  if (!file) return file.error();
  return RecordingWriter(std::make_unique<Output>(std::move(file).value()));
}

void RecordingWriter::add(const RecordedEvent& event, std::string_view name) {
  JsonStream& json = output_->json;
  json.next(output_->first_event).raw("{\"name\":").string(name).raw(",\"ph\":\"X\",\"ts\":");
  microseconds(json, event.start_ns);
  json.raw(",\"dur\":");
  microseconds(json, event.duration_ns);
  json.raw(",\"pid\":").number(event.process).raw(",\"tid\":").number(event.thread);
  json.raw(",\"args\":{\"task\":").number(static_cast<std::uint64_t>(event.task));
  json.raw(",\"bytes\":").number(event.bytes).raw("}}");
}

Result<void> RecordingWriter::finish(const Recording& recording) {
  for (const RecordedEvent& event : recording.events)
    add(event, event.name < recording.names.size() ? std::string_view(recording.names[event.name]) : "");
  for (const RecordedProcess& process : recording.processes) {
    JsonStream& json = output_->json;
    json.next(output_->first_event)
        .raw("{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":")
        .number(process.process);
    json.raw(",\"args\":{\"name\":").string(process.name).raw("}}");
  }
  write_tables(output_->json, recording);
  output_->json.flush();
  return output_->file.commit();
}

Result<void> write_recording(const std::string& path, const Recording& recording) {
  auto writer = RecordingWriter::create(path);
  if (!writer) return writer.error();
  return writer.value().finish(recording);
}

}  // namespace dflow::formats
