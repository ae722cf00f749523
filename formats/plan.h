#pragma once

#include <cstdint>
#include <optional>
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
  std::string file = {};  ///< where it stands; "": in the graph's own
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
  std::string file = {};  ///< "": the graph's own
  bool operator==(const Boundary&) const = default;
};

struct Parameter {
  std::string name;
  std::string type;
  ParameterNeed need = ParameterNeed::none;
  bool operator==(const Parameter&) const = default;
};

/// One case of a dependence, for people: `trsm[k,i] <- gemm[k-1,i,k]  0 < k < i < n` without the names.
struct DependenceCase {
  std::string consumer;   ///< "k,i"
  std::string producer;   ///< "k-1,i,k"
  std::string condition;  ///< "0 < k < i < n"
  bool operator==(const DependenceCase&) const = default;
};

/// The instances of a node: its index tuples. Texts in isl's notation call node 3 `n3`.
struct Family {
  std::uint32_t node = 0;
  std::vector<std::string> variables;
  std::string domain;                   ///< "[n] -> { n3[k, i] : 0 <= k < i < n }"
  std::string order;                    ///< "[n] -> { n3[k, i] -> [1, k, 0, i, 0] }": sorts like submission
  std::vector<std::string> conditions;  ///< for people: the domain is where one of them holds
  bool operator==(const Family&) const = default;
};

/// From each instance to the one that makes its argument. Where that is a container, the places of its
/// elements follow the consumer's own indices.
struct Dependence {
  std::uint32_t consumer = 0;
  std::uint32_t argument = 0;  ///< counted from 0 behind the callable
  std::uint32_t producer = 0;
  std::uint32_t elements = 0;  ///< how many of the relation's first indices count elements
  std::string relation;        ///< "[n] -> { n3[k, i] -> n1[k] : ... }"
  std::vector<DependenceCase> cases;
  bool operator==(const Dependence&) const = default;
};

/// The elements of an argument that is a container, whoever makes them: what the tree of a reduce depends on.
struct ElementRange {
  std::uint32_t node = 0;
  std::uint32_t argument = 0;
  std::string domain;  ///< "[n] -> { n4[i, e] : 0 <= e < n }"
  bool operator==(const ElementRange&) const = default;
};

/// A parameter's name in isl's texts: `xs_size` for `xs.size`.
struct Symbol {
  std::string parameter;
  std::string symbol;
  bool operator==(const Symbol&) const = default;
};

/// Which instance of which node feeds which, for all parameters at once.
struct Dependences {
  std::vector<Symbol> symbols;
  std::vector<Family> families;
  std::vector<Dependence> edges;
  std::vector<ElementRange> ranges;
  std::string assumptions;           ///< "[n] -> { : n >= 0 }": for other parameters nothing is said
  std::vector<std::string> assumed;  ///< for people: where one of them holds; none: everywhere
  bool operator==(const Dependences&) const = default;
};

/// What the passes made of a node's tasks. Later changes are to what earlier ones left.
struct Change {
  enum class Kind {
    narrowed,  ///< only the instances in `relation` are run, "" for none: "[n] -> { n3[i] : i < n }"
    merged,    ///< the instances are those of `into`: "[n] -> { n3[i] -> n1[i] : ... }"
    fused,     ///< they run in one task with those of `into`, before them
  };
  std::uint32_t node = 0;
  Kind kind = Kind::narrowed;
  std::uint32_t into = 0;
  std::string relation;
  bool operator==(const Change&) const = default;
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
  bool abridged = false;    ///< there are more nodes than dflowc lists
  std::vector<Boundary> boundaries;
  std::optional<Dependences> dependences;  ///< of tier 1
  std::string not_affine;                  ///< of tier 2: what keeps it from tier 1
  bool launched = false;                   ///< of tier 1: a launcher stands in the executable
  std::string not_launched;                ///< of tier 1: why there is none
  std::vector<Change> changes = {};        ///< of one that is launched: what its launcher does otherwise
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
std::string_view to_string(Change::Kind kind);

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
