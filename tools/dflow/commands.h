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
  bool tasks = false;  ///< the table of tasks instead of graphs
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

struct SimulateOptions {
  std::string file;                     ///< a program, a recording or a concrete graph
  Selection selection;                  ///< of a recording; a program's graph is named by it too
  std::vector<std::string> parameters;  ///< NAME=VALUE, of a program's graph
  std::uint64_t limit = 1'000'000;      ///< of tasks
  std::string workers = "1..1024";
  std::uint64_t threads = 1;
  std::string latency = "100us";
  std::string bandwidth = "1GB/s";
  std::string scheduler_time = "2us";
  std::optional<std::string> times;     ///< a recording to take the tasks' times from
  std::vector<std::string> task_times;  ///< TIME or NAME=TIME
  std::vector<std::string> sizes;       ///< SIZE or NAME=SIZE
  Output output;
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

/// Predicts how long a graph would run on clusters of given sizes.
formats::Result<int> graph_simulate(const SimulateOptions& options);

}  // namespace dflow::tools
