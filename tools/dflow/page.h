#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "formats/file.h"
#include "formats/labels.h"
#include "formats/plan.h"
#include "formats/recording.h"
#include "tools/dflow/layout.h"
#include "tools/dflow/page_files.h"

/// Graphs as a page for a browser, which holds all it needs: it never asks a network for anything.
namespace dflow::tools {

using Details = std::vector<std::pair<std::string, std::string>>;  // "source", "app.cpp:12"

enum class NodeLook { task, outside, boundary, family, relation };
enum class EdgeLook { plain, dashed, dotted, stem };  // a stem has no head

struct PictureNode {
  std::string label;  // of one line or several
  NodeLook look = NodeLook::task;
  std::uint32_t colour = 0;  ///< those of one number look alike
  Details details;
  std::uint64_t ns = 0;
};

struct PictureEdge {
  formats::LabelledEdge between;  ///< indices of the picture's nodes
  EdgeLook look = EdgeLook::plain;
  Details details = {};
};

/// One graph. Nodes and edges may be any; where they stand is worked out when the page is written.
struct Picture {
  std::string title;
  Details facts;
  std::vector<PictureNode> nodes;
  std::vector<PictureEdge> edges;
  std::vector<std::uint32_t> critical_path;  ///< nodes; none where no times are known
  bool timed = false;                        ///< whether the nodes' times mean something
};

std::vector<Picture> pictures_of(const formats::Plan& plan);

/// With times, bytes and lines where there is a recording, of which `graphs` are the labels.
std::vector<Picture> pictures_of(const formats::LabelledGraphs& graphs, const formats::Recording* recording);

void write_page(formats::ByteSink& sink, const PageFiles& files, const std::vector<Picture>& pictures);

}  // namespace dflow::tools
