#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/file.h"
#include "formats/result.h"

/// What dflowc found out about the graph functions of a translation unit, and its three spellings: JSON for
/// people and scripts, CBOR of the same document, and the frame around that CBOR which stands in section
/// .dflow of an executable. Specified in docs/formats.md.
namespace dflow::formats {

inline constexpr int kPlanVersion = 1;

enum class NodeOp { submit, map, reduce, then, graph };

/// What the shape of a graph depends on in a parameter.
enum class ParameterNeed { none, size, value };

enum class ArgumentKind { value, future };

struct Argument {
  ArgumentKind kind = ArgumentKind::value;
  std::string text;  ///< the C++ expression
  bool operator==(const Argument&) const = default;
};

/// One call that submits.
struct Node {
  std::uint32_t id = 0;
  NodeOp op = NodeOp::submit;
  std::string task;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::vector<std::string> loops;  ///< variables of the loops around it, outermost first
  std::uint32_t guards = 0;        ///< conditions around it
  std::vector<Argument> arguments;
  bool operator==(const Node&) const = default;
};

struct Segment {
  std::vector<Node> nodes;
  bool operator==(const Segment&) const = default;
};

/// Where the graph stops being knowable.
struct Boundary {
  std::uint32_t line = 0;
  std::string reason;
  bool operator==(const Boundary&) const = default;
};

struct Parameter {
  std::string name;
  std::string type;
  ParameterNeed need = ParameterNeed::none;
  bool operator==(const Parameter&) const = default;
};

struct Graph {
  std::string name;
  std::string signature;
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t tier = 0;  ///< 1 affine, 2 replicable, 0 dynamic (design section 3)
  bool replicable = false;
  std::string reason;       ///< why it is not replicable
  bool expandable = false;  ///< a skeleton stands in the executable
  std::string entry;        ///< the name the skeleton is started by; "" where it is the graph's own
  std::vector<Parameter> parameters;
  std::vector<Segment> segments;
  std::vector<Boundary> boundaries;
  bool operator==(const Graph&) const = default;
};

struct Plan {
  std::string source;
  std::vector<Graph> graphs;
  bool operator==(const Plan&) const = default;
};

std::string_view to_string(NodeOp op);
std::string_view to_string(ParameterNeed need);
std::string_view to_string(ArgumentKind kind);

std::string plan_to_json(const Plan& plan);
Result<Plan> plan_from_json(std::string_view text);

std::string plan_to_cbor(const Plan& plan);
Result<Plan> plan_from_cbor(std::string_view bytes);

inline constexpr std::string_view kFrameMagic = "DFLOWPLN";
inline constexpr std::size_t kFrameAlignment = 16;

/// The plan as one frame, padded with zeros to a multiple of `kFrameAlignment`.
std::string encode_frame(const Plan& plan);

/// The plans of frames that follow each other, each aligned to `kFrameAlignment`, with zeros between: what a
/// linker makes of the sections .dflow of its inputs.
Result<std::vector<Plan>> decode_frames(std::string_view bytes);

/// The plan of a program: the graphs of its translation units, one that several of them define (in a header)
/// once.
Plan merge_plans(const std::vector<Plan>& plans);

}  // namespace dflow::formats
