#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <random>

#ifdef DFLOW_HAS_FLOW
#include "compiler/flow/expand.h"
#endif
#include "formats/printable.h"
#include "tools/dflow/commands.h"
#include "tools/dflow/compare.h"
#include "tools/dflow/dry_run.h"
#include "tools/dflow/inputs.h"
#include "tools/dflow/programs.h"
#include "tools/dflow/suggest.h"
#include "tools/dflow/text.h"

namespace dflow::tools {
namespace {

using formats::Error;
using formats::Graph;
using formats::Parameter;
using formats::ParameterNeed;
using formats::Result;

/// Small enough that a loop in a loop in a loop stays small, and often 0 or 1.
constexpr std::uint64_t kMost = 7;

#ifdef DFLOW_HAS_FLOW
Result<formats::LabelledGraphs> closed_form(const Graph& graph, const std::map<std::string, std::int64_t>& parameters,
                                            std::uint64_t limit) {
  return compiler::flow::expand(graph, parameters, limit);
}
#else
Result<formats::LabelledGraphs> closed_form(const Graph&, const std::map<std::string, std::int64_t>&, std::uint64_t) {
  return Error{"closed forms need a dflow that is built with its compiler"};
}
#endif

class Verifying {
 public:
  explicit Verifying(const VerifyOptions& options) : options_(options), random_(options.seed) {}

  Result<int> run() {
    const auto plan = plan_of(options_.program);
    if (!plan) return plan.error();
    if (const auto known = check_names(plan.value()); !known) return known.error();
    for (const Graph& graph : plan.value().graphs)
      if (is_meant(graph)) verify(graph);
    return failed_ ? 1 : 0;
  }

 private:
  bool is_meant(const Graph& graph) const {
    return options_.graph.empty() || graph.name == options_.graph || graph.entry == options_.graph;
  }

  /// The options name what there is.
  Result<void> check_names(const formats::Plan& plan) const {
    std::vector<std::string> graphs, parameters;
    for (const Graph& graph : plan.graphs) {
      graphs.push_back(entry_of(graph));
      if (!is_meant(graph)) continue;
      for (const Parameter& each : graph.parameters)
        if (!is_executor(each)) parameters.push_back(each.name);
    }
    if (!options_.graph.empty() && std::ranges::none_of(plan.graphs, [&](const Graph& each) { return is_meant(each); }))
      return Error{options_.program + ": no graph " + options_.graph + suggestion(options_.graph, graphs)};
    for (const std::string& setting : options_.parameters) {
      const std::string name = name_of(setting);
      if (setting.find('=') == std::string::npos)
        return Error{"--param " + setting + ": expected NAME=VALUE, or NAME.size=LENGTH for a container"};
      if (std::ranges::find(parameters, name) == parameters.end())
        return Error{options_.program + ": no parameter " + name + suggestion(name, parameters)};
    }
    return {};
  }
  /// "shape" of "shape.rows=3".
  static std::string name_of(const std::string& setting) { return setting.substr(0, setting.find_first_of(".=")); }

  void verify(const Graph& graph) {
    const std::string name = entry_of(graph);
    if (graph.tier != 1) return say({name, ": not known in closed form", graph.not_affine.empty() ? "" : ": ", graph.not_affine});
    if (!graph.expandable) return say({name, ": it has no skeleton to compare with"});
    std::uint64_t agreed = 0, passed_over = 0;
    std::string why;
    for (std::uint64_t i = 0; i < options_.times; ++i) {
      const auto settings = random_settings(graph);
      const auto difference = compare_at(graph, settings);
      if (!difference) {
        ++passed_over;
        why = difference.message();
      } else if (difference.value().empty()) {
        ++agreed;
      } else {
        failed_ = true;
        return report({name, ": its closed form and its skeleton differ for ", joined(settings, " "), " (--seed=",
                    std::to_string(options_.seed), ")\n", difference.value()});
      }
    }
    say({name, ": ", std::to_string(agreed), " expansions agree"});
    if (passed_over > 0) say({"  ", std::to_string(passed_over), " could not be made; the last one: ", why});
  }

  std::vector<std::string> random_settings(const Graph& graph) {
    std::vector<std::string> settings;
    for (const std::string& setting : options_.parameters)
      if (std::ranges::find(graph.parameters, name_of(setting), &Parameter::name) != graph.parameters.end())
        settings.push_back(setting);
    for (const Parameter& parameter : graph.parameters) {
      if (parameter.need == ParameterNeed::none) continue;
      const std::string name = parameter.need == ParameterNeed::size ? parameter.name + ".size" : parameter.name;
      const bool given = std::ranges::any_of(settings, [&](const auto& each) { return each.starts_with(name + "="); });
      const std::uint64_t most = parameter.type == "bool" ? 1 : kMost;
      if (!given) settings.push_back(name + "=" + std::to_string(random_() % (most + 1)));
    }
    return settings;
  }

  /// What differs first, or ""; an error if one of the two says nothing of these parameters.
  Result<std::string> compare_at(const Graph& graph, const std::vector<std::string>& settings) {
    std::map<std::string, std::int64_t> values;
    for (const std::string& setting : settings) {
      const auto equals = setting.find('=');
      std::int64_t value = 0;
      const auto parsed = std::from_chars(setting.data() + equals + 1, setting.data() + setting.size(), value);
      if (parsed.ec == std::errc()) values[setting.substr(0, equals)] = value;
    }
    const auto closed = closed_form(graph, values, options_.limit);
    if (!closed) return Error{joined(settings, " ") + ": " + closed.message()};
    const auto dry = run_skeleton({.program = options_.program,
                                   .graph = graph.name,
                                   .entry = entry_of(graph),
                                   .settings = settings,
                                   .limit = options_.limit});
    if (!dry) return Error{joined(settings, " ") + ": " + dry.message()};
    const auto compared = compare({.graphs = closed.value()}, {.graphs = dry.value().graphs}, {});
    if (!compared) return compared.error();
    std::string text;
    for (const std::string& each : compared.value().differences) text += "  " + each + "\n";
    if (compared.value().count == 0) return std::string();
    return "  a: the closed form, b: the skeleton\n" + text;
  }

  void say(std::initializer_list<std::string_view> parts) const {
    if (!options_.quiet) report(parts);
  }
  static void report(std::initializer_list<std::string_view> parts) { std::printf("%s\n", formats::printable_lines(text(parts)).c_str()); }

  const VerifyOptions& options_;
  std::mt19937_64 random_;
  bool failed_ = false;
};

}  // namespace

Result<int> graph_verify(const VerifyOptions& options) { return Verifying(options).run(); }

}  // namespace dflow::tools
