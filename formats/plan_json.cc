#include <array>
#include <set>
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

constexpr Names<Change::Kind, 3> kChanges{{{Change::Kind::narrowed, "narrowed"},
                                            {Change::Kind::merged, "merged"},
                                            {Change::Kind::fused, "fused"}}};

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

/// Only where it is not the graph's own, so that plans of one file are as they always were.
void add_file(Json& json, const std::string& file) {
  if (!file.empty()) json["file"] = file;
}

Json node_to(const Node& node) {
  Json json = {
      {"id", node.id},         {"op", to_string(node.op)},
      {"task", node.task},     {"line", node.line},
      {"column", node.column}, {"loops", array_of(node.loops, [](const std::string& l) { return Json(l); })},
      {"guards", node.guards}, {"arguments", array_of(node.arguments, argument_to)}};
  add_file(json, node.file);
  return json;
}

Json segment_to(const Segment& segment) {
  return {{"nodes", array_of(segment.nodes, node_to)}};
}

Json boundary_to(const Boundary& boundary) {
  Json json = {{"line", boundary.line}, {"reason", boundary.reason}};
  add_file(json, boundary.file);
  return json;
}

Json parameter_to(const Parameter& parameter) {
  return {{"name", parameter.name}, {"type", parameter.type}, {"need", to_string(parameter.need)}};
}

Json texts_to(const std::vector<std::string>& texts) {
  return array_of(texts, [](const std::string& each) { return Json(each); });
}

Json case_to(const DependenceCase& one) {
  return {{"consumer", one.consumer}, {"producer", one.producer}, {"condition", one.condition}};
}

Json family_to(const Family& family) {
  return {{"node", family.node},
          {"variables", texts_to(family.variables)},
          {"domain", family.domain},
          {"order", family.order},
          {"conditions", texts_to(family.conditions)}};
}

Json dependence_to(const Dependence& edge) {
  return {{"consumer", edge.consumer}, {"argument", edge.argument}, {"producer", edge.producer},
          {"elements", edge.elements}, {"relation", edge.relation}, {"cases", array_of(edge.cases, case_to)}};
}

Json range_to(const ElementRange& range) {
  return {{"node", range.node}, {"argument", range.argument}, {"domain", range.domain}};
}

Json symbol_to(const Symbol& symbol) {
  return {{"parameter", symbol.parameter}, {"symbol", symbol.symbol}};
}

Json dependences_to(const Dependences& all) {
  return {{"symbols", array_of(all.symbols, symbol_to)},
          {"families", array_of(all.families, family_to)},
          {"edges", array_of(all.edges, dependence_to)},
          {"ranges", array_of(all.ranges, range_to)},
          {"assumptions", all.assumptions},
          {"assumed", texts_to(all.assumed)}};
}

Json change_to(const Change& change) {
  Json json = {{"node", change.node}, {"kind", to_string(change.kind)}, {"relation", change.relation}};
  if (change.kind != Change::Kind::narrowed) json["into"] = change.into;
  return json;
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
  if (graph.abridged) json["abridged"] = true;
  if (graph.dependences) json["dependences"] = dependences_to(*graph.dependences);
  if (!graph.not_affine.empty()) json["not_affine"] = graph.not_affine;
  if (graph.launched) json["launched"] = true;
  if (!graph.not_launched.empty()) json["not_launched"] = graph.not_launched;
  if (!graph.changes.empty()) json["changes"] = array_of(graph.changes, change_to);
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

std::string file_at(const Cursor& from) {
  return from.has("file") ? from.field("file").string() : std::string();
}

Node node_from(const Cursor& from) {
  return {.id = count_at(from, "id"),
          .op = one_of(kOps, from.field("op")),
          .task = from.field("task").string(),
          .line = count_at(from, "line"),
          .column = count_at(from, "column"),
          .loops = from.field("loops").each([](const Cursor& loop) { return loop.string(); }),
          .guards = count_at(from, "guards"),
          .arguments = from.field("arguments").each(argument_from),
          .file = file_at(from)};
}

Segment segment_from(const Cursor& from) {
  return {.nodes = from.field("nodes").each(node_from)};
}

Boundary boundary_from(const Cursor& from) {
  return {.line = count_at(from, "line"), .reason = from.field("reason").string(), .file = file_at(from)};
}

Parameter parameter_from(const Cursor& from) {
  return {.name = from.field("name").string(),
          .type = from.field("type").string(),
          .need = one_of(kNeeds, from.field("need"))};
}

std::vector<std::string> texts_from(const Cursor& from) {
  return from.each([](const Cursor& each) { return each.string(); });
}

DependenceCase case_from(const Cursor& from) {
  return {.consumer = from.field("consumer").string(),
          .producer = from.field("producer").string(),
          .condition = from.field("condition").string()};
}

Family family_from(const Cursor& from) {
  return {.node = count_at(from, "node"),
          .variables = texts_from(from.field("variables")),
          .domain = from.field("domain").string(),
          .order = from.field("order").string(),
          .conditions = texts_from(from.field("conditions"))};
}

Dependence dependence_from(const Cursor& from) {
  return {.consumer = count_at(from, "consumer"),
          .argument = count_at(from, "argument"),
          .producer = count_at(from, "producer"),
          .elements = count_at(from, "elements"),
          .relation = from.field("relation").string(),
          .cases = from.field("cases").each(case_from)};
}

ElementRange range_from(const Cursor& from) {
  return {.node = count_at(from, "node"),
          .argument = count_at(from, "argument"),
          .domain = from.field("domain").string()};
}

Symbol symbol_from(const Cursor& from) {
  return {.parameter = from.field("parameter").string(), .symbol = from.field("symbol").string()};
}

Dependences dependences_from(const Cursor& from) {
  return {.symbols = from.field("symbols").each(symbol_from),
          .families = from.field("families").each(family_from),
          .edges = from.field("edges").each(dependence_from),
          .ranges = from.field("ranges").each(range_from),
          .assumptions = from.field("assumptions").string(),
          .assumed = texts_from(from.field("assumed"))};
}

Change change_from(const Cursor& from) {
  return {.node = count_at(from, "node"),
          .kind = one_of(kChanges, from.field("kind")),
          .into = from.has("into") ? count_at(from, "into") : 0,
          .relation = from.field("relation").string()};
}

/// Whoever draws dependences looks their nodes up.
void check_nodes(const Graph& graph, const Cursor& from) {
  std::set<std::uint32_t> known;
  for (const Segment& segment : graph.segments)
    for (const Node& node : segment.nodes) known.insert(node.id);
  const auto check = [&](std::uint32_t node) {
    if (!known.contains(node)) from.fail("the id of one of the graph's nodes, not " + std::to_string(node));
  };
  for (const Family& family : graph.dependences->families) check(family.node);
  for (const ElementRange& range : graph.dependences->ranges) check(range.node);
  for (const Dependence& edge : graph.dependences->edges) {
    check(edge.consumer);
    check(edge.producer);
  }
}

Graph graph_from(const Cursor& from) {
  Graph graph = {.name = from.field("name").string(),
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
                 .abridged = from.has("abridged") && from.field("abridged").boolean(),
                 .boundaries = from.field("boundaries").each(boundary_from),
                 .dependences = from.has("dependences")
                                    ? std::optional(dependences_from(from.field("dependences")))
                                    : std::nullopt,
                 .not_affine = from.has("not_affine") ? from.field("not_affine").string() : std::string(),
                 .launched = from.has("launched") && from.field("launched").boolean(),
                 .not_launched = from.has("not_launched") ? from.field("not_launched").string() : std::string()};
  if (from.has("changes")) graph.changes = from.field("changes").each(change_from);
  if (graph.dependences) check_nodes(graph, from.field("dependences"));
  return graph;
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
std::string_view to_string(Change::Kind kind) {
  return name_of(kChanges, kind);
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
