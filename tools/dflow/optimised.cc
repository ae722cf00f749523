#include "tools/dflow/optimised.h"

#include <cstdlib>

#ifdef DFLOW_HAS_FLOW
#include "compiler/flow/expand.h"
#endif

namespace dflow::tools {

using formats::Error;
using formats::LabelledGraphs;
using formats::Result;

#ifdef DFLOW_HAS_FLOW

Result<LabelledGraphs> expand_optimised(const formats::Graph& graph, const std::vector<std::string>& settings,
                                        std::uint64_t limit) {
  if (!graph.launched) {
    const std::string& reason = graph.tier == 1 ? graph.not_launched : graph.not_affine;
    return Error{"no pass works on graph " + graph.name + ", which is not launched" +
                 (reason.empty() ? "" : " (" + reason + ")") + "; leave --optimised out"};
  }
  std::map<std::string, std::int64_t> parameters;
  for (const std::string& setting : settings) {
    const auto equals = setting.find('=');
    parameters[setting.substr(0, equals)] = std::strtoll(setting.c_str() + equals + 1, nullptr, 10);
  }
  return compiler::flow::expand_optimised(graph, parameters, limit);
}

#else

Result<LabelledGraphs> expand_optimised(const formats::Graph&, const std::vector<std::string>&, std::uint64_t) {
  return Error{"--optimised needs a dflow that is built with its compiler"};
}

#endif

}  // namespace dflow::tools
