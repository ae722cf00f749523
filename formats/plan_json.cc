#include <array>
#include <utility>

#include "formats/internal_json.h"
#include "formats/plan.h"

namespace dflow::formats {
namespace {

using internal::Cursor;
using internal::Json;

template <class Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<NodeOp, 5> kOps{{{NodeOp::submit, "submit"},
                                 {NodeOp::map, "map"},
                                 {NodeOp::reduce, "reduce"},
                                 {NodeOp::then, "then"},
                                 {NodeOp::graph, "graph"}}};
constexpr Names<ParameterNeed, 3> kNeeds{
    {{ParameterNeed::none, "none"}, {ParameterNeed::size, "size"}, {ParameterNeed::value, "value"}}};
constexpr Names<ArgumentKind, 2> kKinds{{{ArgumentKind::value, "value"}, {ArgumentKind::future, "future"}}};

template <class Enum, std::size_t N>
std::string_view name_of(const Names<Enum, N>& names, Enum value) {
  for (const auto& [known, name] : names)
    if (known == value) return name;
  return "?";
}

template <class Enum, std::size_t N>
Enum one_of(const Names<Enum, N>& names, const Cursor& cursor) {
  const std::string text = cursor.string();
  std::string expected = "one of";
  for (const auto& [value, name] : names) {
    if (text == name) return value;
    expected += ' ' + std::string(name);
  }
  cursor.fail(expected);
}

template <class T, class Write>
Json array_of(const std::vector<T>& values, Write write) {
  Json all = Json::array();
  for (const T& value : values) all.push_back(write(value));
  return all;
}

Json argument_to(const Argument& argument) {
  return {{"kind", to_string(argument.kind)}, {"text", argument.text}};
}

Json node_to(const Node& node) {
  return {
      {"id", node.id},         {"op", to_string(node.op)},
      {"task", node.task},     {"line", node.line},
      {"column", node.column}, {"loops", array_of(node.loops, [](const std::string& l) { return Json(l); })},
      {"guards", node.guards}, {"arguments", array_of(node.arguments, argument_to)}};
}

Json segment_to(const Segment& segment) {
  return {{"nodes", array_of(segment.nodes, node_to)}};
}

Json boundary_to(const Boundary& boundary) {
  return {{"line", boundary.line}, {"reason", boundary.reason}};
}

Json parameter_to(const Parameter& parameter) {
  return {{"name", parameter.name}, {"type", parameter.type}, {"need", to_string(parameter.need)}};
}

Json graph_to(const Graph& graph) {
  Json json = {{"name", graph.name},
               {"signature", graph.signature},
               {"file", graph.file},
               {"line", graph.line},
               {"tier", graph.tier},
               {"replicable", graph.replicable},
               {"reason", graph.reason},
               {"expandable", graph.expandable},
               {"parameters", array_of(graph.parameters, parameter_to)},
               {"segments", array_of(graph.segments, segment_to)},
               {"boundaries", array_of(graph.boundaries, boundary_to)}};
  if (!graph.entry.empty()) json["entry"] = graph.entry;
  return json;
}

Json plan_to(const Plan& plan) {
  return {{"version", kPlanVersion}, {"source", plan.source}, {"graphs", array_of(plan.graphs, graph_to)}};
}

constexpr std::uint32_t kMaxLine = 1u << 30;

std::uint32_t count_at(const Cursor& from, std::string_view key) {
  return from.field(key).integer<std::uint32_t>(0, kMaxLine);
}

Argument argument_from(const Cursor& from) {
  return {.kind = one_of(kKinds, from.field("kind")), .text = from.field("text").string()};
}

Node node_from(const Cursor& from) {
  return {.id = count_at(from, "id"),
          .op = one_of(kOps, from.field("op")),
          .task = from.field("task").string(),
          .line = count_at(from, "line"),
          .column = count_at(from, "column"),
          .loops = from.field("loops").each([](const Cursor& loop) { return loop.string(); }),
          .guards = count_at(from, "guards"),
          .arguments = from.field("arguments").each(argument_from)};
}

Segment segment_from(const Cursor& from) {
  return {.nodes = from.field("nodes").each(node_from)};
}

Boundary boundary_from(const Cursor& from) {
  return {.line = count_at(from, "line"), .reason = from.field("reason").string()};
}

Parameter parameter_from(const Cursor& from) {
  return {.name = from.field("name").string(),
          .type = from.field("type").string(),
          .need = one_of(kNeeds, from.field("need"))};
}

Graph graph_from(const Cursor& from) {
  return {.name = from.field("name").string(),
          .signature = from.field("signature").string(),
          .file = from.field("file").string(),
          .line = count_at(from, "line"),
          .tier = from.field("tier").integer<std::uint32_t>(0, 2),
          .replicable = from.field("replicable").boolean(),
          .reason = from.field("reason").string(),
          .expandable = from.field("expandable").boolean(),
          .entry = from.has("entry") ? from.field("entry").string() : std::string(),
          .parameters = from.field("parameters").each(parameter_from),
          .segments = from.field("segments").each(segment_from),
          .boundaries = from.field("boundaries").each(boundary_from)};
}

Plan plan_from(const Json& document) {
  const Cursor from(document);
  check_version(from.field("version"), kPlanVersion, "plan");
  return {.source = from.field("source").string(), .graphs = from.field("graphs").each(graph_from)};
}

}  // namespace

std::string_view to_string(NodeOp op) {
  return name_of(kOps, op);
}
std::string_view to_string(ParameterNeed need) {
  return name_of(kNeeds, need);
}
std::string_view to_string(ArgumentKind kind) {
  return name_of(kKinds, kind);
}

std::string plan_to_json(const Plan& plan) {
  return plan_to(plan).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Plan> plan_from_json(std::string_view text) {
  return internal::guarded(
      [&] { return plan_from(internal::parse_document(text, internal::Encoding::json)); });
}

std::string plan_to_cbor(const Plan& plan) {
  std::string bytes;
  Json::to_cbor(plan_to(plan), bytes);
  return bytes;
}

Result<Plan> plan_from_cbor(std::string_view bytes) {
  return internal::guarded(
      [&] { return plan_from(internal::parse_document(bytes, internal::Encoding::cbor)); });
}

}  // namespace dflow::formats
