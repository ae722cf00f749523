#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/result.h"
#include "tools/dflow/inputs.h"
#include "tools/dflow/output.h"

/// The subcommands of `dflow`, one file each; `main` fills their options from the command line. Each returns
/// the exit code of the tool, or what went wrong.
namespace dflow::tools {

struct ShowOptions {
  std::string file;
  Selection selection;
  Output output;
};

struct ExpandOptions {
  std::string program;
  std::string graph;                    ///< may be left out where there is one only
  std::vector<std::string> parameters;  ///< NAME=VALUE
  std::uint64_t limit = 10'000'000;     ///< of tasks
  bool optimised = false;               ///< as the passes leave it, not as it is written
  Output output;
};

struct DiffOptions {
  std::string a;
  std::string b;
  Selection selection;
};

struct VerifyOptions {
  std::string program;
  std::string graph;                    ///< "": all
  std::vector<std::string> parameters;  ///< NAME=VALUE, the same each time; others are chosen
  std::uint64_t times = 20;             ///< for each graph
  std::uint64_t seed = 1;
  std::uint64_t limit = 100'000;        ///< of tasks
  bool quiet = false;                   ///< says only what differs
};

/// Prints what is in an executable, a plan, a recording or a graph, and runs none of it.
formats::Result<int> graph_show(const ShowOptions& options);

/// Prints the concrete graph of a plan for given parameters, by running the graph's skeleton, or from closed forms.
formats::Result<int> graph_expand(const ExpandOptions& options);

/// Compares two concrete graphs: 0 if they are equal, 1 and the first differences if not.
formats::Result<int> graph_diff(const DiffOptions& options);

/// Expands graphs that are known in closed form both ways, from that and by their skeletons, for parameters that
/// are chosen at random: 0 if they agree, 1 and where they first differ if not.
formats::Result<int> graph_verify(const VerifyOptions& options);

}  // namespace dflow::tools
