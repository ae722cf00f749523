#include "tools/dflow/page.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "formats/json_text.h"

namespace dflow::tools {
namespace {

using formats::ByteSink;
using formats::JsonStream;

// Of the font in page.js, in pixels.
constexpr double kLetter = 7.3;
constexpr double kLine = 16;
constexpr double kPadding = 12;
constexpr double kWidest = 420;  // longer lines are cut by the page

/// The characters of a UTF-8 text.
std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

Box box_of(std::string_view label) {
  std::size_t widest = 0, lines = 0;
  for (std::size_t begin = 0; begin <= label.size(); ++lines) {
    const std::size_t end = std::min(label.find('\n', begin), label.size());
    widest = std::max(widest, letters(label.substr(begin, end - begin)));
    begin = end + 1;
  }
  return {std::min(kWidest, kLetter * static_cast<double>(widest)) + 2 * kPadding,
          kLine * static_cast<double>(lines) + kPadding};
}

std::string_view name_of(NodeLook look) {
  static constexpr std::array<std::string_view, 5> kNames = {"task", "outside", "boundary", "family",
                                                             "relation"};
  return kNames[static_cast<std::size_t>(look)];
}

std::string_view name_of(EdgeLook look) {
  static constexpr std::array<std::string_view, 4> kNames = {"plain", "dashed", "dotted", "stem"};
  return kNames[static_cast<std::size_t>(look)];
}

/// A script ends at the next "</script", whatever stands around it: no "<" leaves this sink.
class InsideScript final : public ByteSink {
 public:
  explicit InsideScript(ByteSink& sink) : sink_(sink) {}
  void write(std::string_view bytes) override {
    for (std::size_t at = bytes.find('<'); at != std::string_view::npos; at = bytes.find('<')) {
      sink_.write(bytes.substr(0, at));
      sink_.write("\\u003c");
      bytes.remove_prefix(at + 1);
    }
    sink_.write(bytes);
  }

 private:
  ByteSink& sink_;
};

void write_details(JsonStream& json, const Details& details) {
  json.raw("[");
  for (std::size_t i = 0; i < details.size(); ++i)
    json.raw(i == 0 ? "[" : ",[").string(details[i].first).raw(",").string(details[i].second).raw("]");
  json.raw("]");
}

void write_node(JsonStream& json, const PictureNode& node, const Box& box, const Point& place) {
  json.raw("{\"label\":").string(node.label).raw(",\"look\":").string(name_of(node.look));
  json.raw(",\"colour\":").number(node.colour).raw(",\"ns\":").number(node.ns);
  json.raw(",\"x\":").number(std::llround(place.x)).raw(",\"y\":").number(std::llround(place.y));
  json.raw(",\"width\":")
      .number(std::llround(box.width))
      .raw(",\"height\":")
      .number(std::llround(box.height));
  json.raw(",\"details\":");
  write_details(json, node.details);
  json.raw("}");
}

void write_edge(JsonStream& json, const PictureEdge& edge) {
  json.raw("{\"from\":").number(edge.between.producer).raw(",\"to\":").number(edge.between.consumer);
  if (edge.look != EdgeLook::plain) json.raw(",\"look\":").string(name_of(edge.look));
  if (!edge.details.empty()) {
    json.raw(",\"details\":");
    write_details(json, edge.details);
  }
  json.raw("}");
}

std::vector<Point> places_of(const Picture& picture, const std::vector<Box>& boxes) {
  std::vector<formats::LabelledEdge> edges;
  edges.reserve(picture.edges.size());
  for (const PictureEdge& edge : picture.edges)
    if (edge.between.producer != edge.between.consumer) edges.push_back(edge.between);
  return layered_layout(Digraph(picture.nodes.size(), edges), boxes);
}

void write_picture(JsonStream& json, const Picture& picture) {
  std::vector<Box> boxes;
  for (const PictureNode& node : picture.nodes) boxes.push_back(box_of(node.label));
  const std::vector<Point> places = places_of(picture, boxes);
  json.raw("{\"title\":").string(picture.title).raw(",\"timed\":").raw(picture.timed ? "true" : "false");
  json.raw(",\"facts\":");
  write_details(json, picture.facts);
  bool first = true;
  json.raw(",\"nodes\":[");
  for (std::size_t i = 0; i < picture.nodes.size(); ++i)
    write_node(json.next(first), picture.nodes[i], boxes[i], places[i]);
  first = true;
  json.raw("],\"edges\":[");
  for (const PictureEdge& edge : picture.edges) write_edge(json.next(first), edge);
  first = true;
  json.raw("],\"critical\":[");
  for (const std::uint32_t node : picture.critical_path) json.next(first).number(node);
  json.raw("]}");
}

constexpr std::string_view kHead =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:\">\n"
    "<title>dflow</title>\n<style>\n";

}  // namespace

void write_page(ByteSink& sink, const PageFiles& files, const std::vector<Picture>& pictures) {
  sink.write(kHead);
  sink.write(files.style);
  sink.write("</style>\n</head>\n<body>\n<script type=\"application/json\" id=\"pictures\">[");
  InsideScript inside(sink);
  JsonStream json(inside);
  bool first = true;
  for (const Picture& picture : pictures) write_picture(json.next(first), picture);
  json.flush();
  sink.write("]</script>\n<script>\n");
  sink.write(files.library);
  sink.write("</script>\n<script>\n");
  sink.write(files.script);
  sink.write("</script>\n</body>\n</html>\n");
}

}  // namespace dflow::tools
