#include "compiler/flow/launch_code.h"

#include <isl/aff.h>
#include <isl/cpp.h>
#include <isl/map.h>
#include <isl/options.h>
#include <isl/set.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <regex>
#include <set>

#include "compiler/flow/launch_text.h"
#include "compiler/flow/refusal.h"

namespace dflow::compiler::flow {
namespace {

using formats::Error;
using formats::Result;

class Printer {
 public:
  Printer(const ir::Plan& plan, const Flattened& flat) : context_(isl_ctx_alloc(), isl_ctx_free), plan_(plan), flat_(flat) {
    isl_options_set_on_error(context_.get(), ISL_ON_ERROR_CONTINUE);
    isl_options_set_ast_iterator_type(context_.get(), "dflow_rt::Index");
    isl_ctx_set_max_operations(context_.get(), 20'000'000);
  }

  LaunchCode run() {
    read();
    LaunchCode code;
    code.symbols = plan_.symbols;
    std::ranges::copy_if(flat_.symbols, std::back_inserter(code.symbols), [&](const formats::Symbol& each) {
      return std::ranges::find(plan_.symbols, each.symbol, &formats::Symbol::symbol) == plan_.symbols.end();
    });
    for (const ir::Family& family : plan_.families)
      if (!domains_.at(family.node).is_empty()) code.families.push_back(print(family));  // others are never reached
    print_returns(code);
    code.assumptions = condition(assumptions_, flags_);
    return code;
  }

 private:
  /// A relation between tuples whose first one's dimensions have the names of that family.
  struct Edge {
    std::uint32_t consumer, argument, producer, elements;
    isl::map map;
    ir::Reader reader;
  };

  isl::ctx context() const { return isl::ctx(context_.get()); }

  /// Parameters as they are called in the texts.
  template <class Object>
  Object renamed_parameters(const Object& object) const {
    Object result = object;
    const auto names = parameter_names(result);
    for (unsigned i = 0; i < names.size(); ++i) result = with_parameter_name(result, i, own_name(names[i]));
    return result;
  }
  static std::vector<std::string> parameter_names(const isl::set& set) {
    std::vector<std::string> names;
    for (int i = 0; i < isl_set_dim(set.get(), isl_dim_param); ++i)
      names.emplace_back(isl_set_get_dim_name(set.get(), isl_dim_param, static_cast<unsigned>(i)));
    return names;
  }
  static std::vector<std::string> parameter_names(const isl::map& map) {
    std::vector<std::string> names;
    for (int i = 0; i < isl_map_dim(map.get(), isl_dim_param); ++i)
      names.emplace_back(isl_map_get_dim_name(map.get(), isl_dim_param, static_cast<unsigned>(i)));
    return names;
  }
  void read() {
    flags_ = renamed_parameters(isl::set(context(), plan_.flags));
    assumptions_ = renamed_parameters(isl::set(context(), plan_.assumptions)).intersect(flags_);
    for (const ir::Family& family : plan_.families)
      domains_.emplace(family.node, renamed_parameters(isl::set(context(), family.domain)).intersect_params(assumptions_));
    for (const ir::Use& use : plan_.uses) {
      const isl::map map = renamed_parameters(isl::map(context(), use.relation)).intersect_params(assumptions_);
      if (!map.is_empty()) edges_.push_back({use.consumer, use.argument, use.producer, use.elements, map, use.reader});
    }
    for (const auto& range : plan_.ranges) {
      const auto [found, added] = ranges_.emplace(
          std::pair(range.node, range.argument),
          renamed_parameters(isl::set(context(), range.domain)).intersect_params(assumptions_));
      if (!added) throw Refusal("an argument has two ranges");
    }
  }

  std::vector<std::string> names_of(std::uint32_t node, const std::vector<std::string>& elements) const {
    std::vector<std::string> names = own_names(plan_.family(node).variables);
    names.insert(names.end(), elements.begin(), elements.end());
    return names;
  }

  /// Of an argument of the task, by its number among those of all calls that it runs.
  const FlatRows* flat_rows(const ir::Family& family, std::uint32_t argument) const {
    auto step = family.steps.rbegin();
    while (step->first_argument > argument) ++step;
    const auto found = flat_.arguments.find({step->call.node, argument - step->first_argument});
    return found == flat_.arguments.end() ? nullptr : &found->second;
  }
  /// As the plan counts them.
  std::vector<std::string> elements_of(const ir::Family& family, std::uint32_t argument, std::size_t count) const {
    const FlatRows* flat = flat_rows(family, argument);
    if (flat != nullptr && flat->indices.size() == count) return flat->indices;
    if (flat != nullptr || count > 1) throw Refusal("an argument is a container of containers");
    return count == 0 ? std::vector<std::string>() : std::vector<std::string>{"dflow_e"};
  }

  LaunchFamily print(const ir::Family& described) {
    const isl::set& domain = domains_.at(described.node);
    LaunchFamily made;
    made.node = described.node;
    made.level = described.level;
    made.variables = names_of(described.node, {});
    made.counted = std::ranges::any_of(edges_, [&](const Edge& edge) {
      return edge.producer == made.node && edge.reader == ir::Reader::counted;
    });
    made.nonempty = condition(isl::manage(isl_set_params(domain.copy())), assumptions_);
    if (isl_set_is_bounded(domain.get()) != isl_bool_true) throw Refusal("a family of tasks is not bounded");
    const isl::set known = isl::manage(isl_set_params(domain.copy()));
    isl::set box = domain;
    for (unsigned d = 0; d < made.variables.size(); ++d) {
      const auto build = build_in(known);
      made.bounds.emplace_back(value_text(build, isl_set_dim_min(domain.copy(), static_cast<int>(d))),
                               value_text(build, isl_set_dim_max(domain.copy(), static_cast<int>(d))));
      const isl::set cylinder = projected(domain, d);
      box = d == 0 ? cylinder : box.intersect(cylinder);
    }
    if (!made.variables.empty() && !box.is_subset(domain))
      made.contains = condition(fixed(domain, made.variables), fixed(box, made.variables));
    for (const ir::Step& step : described.steps) made.steps.push_back(print(step, made));
    print_inputs(made);
    print_consumers(made);
    const auto is_now = [](const ir::Step& step) { return std::ranges::any_of(step.call.arguments, &ir::Argument::now); };
    if (described.given || std::ranges::any_of(described.steps, is_now)) made.elements = elements_of(domain);
    if (!described.given) return made;
    made.given = true;
    made.sinks.clear();  // those without readers are not waited for
    return made;
  }

  LaunchStep print(const ir::Step& step, const LaunchFamily& made) const {
    LaunchStep printed{step.call.node, step.first_argument, step.fed, made.variables};
    if (step.at.empty()) return printed;
    const isl::map at = renamed_parameters(isl::map(context(), step.at)).intersect_params(assumptions_);
    int cases = 0;
    for_each_case(image(at, made.variables), fixed(domains_.at(made.node), made.variables),
                  [&](const isl::set&, const std::string&, std::vector<std::string> indices) {
                    printed.indices = std::move(indices);
                    ++cases;
                  });
    if (cases != 1) throw Refusal("the indices of a call in a task have no single form");
    return printed;
  }

  void print_inputs(LaunchFamily& made) {
    std::set<std::uint32_t> arguments;
    for (const Edge& edge : edges_)
      if (edge.consumer == made.node) arguments.insert(edge.argument);
    for (const auto& [key, range] : ranges_)
      if (key.first == made.node) arguments.insert(key.second);
    for (const std::uint32_t argument : arguments) made.inputs.push_back(input(made, argument));
  }

  LaunchInput input(const LaunchFamily& made, std::uint32_t argument) {
    LaunchInput input;
    input.argument = argument;
    const auto range = ranges_.find({made.node, argument});
    input.is_range = range != ranges_.end();
    const isl::set wanted = input.is_range ? range->second : domains_.at(made.node);
    const auto own = static_cast<std::size_t>(isl_set_dim(wanted.get(), isl_dim_set)) - made.variables.size();
    const auto names = names_of(made.node, elements_of(plan_.family(made.node), argument, own));
    const FlatRows* flat = flat_rows(plan_.family(made.node), argument);
    if (flat != nullptr) {
      require_enough(made, wanted, argument);
      input.parts = flat->parts;
      input.length = input.longest = flat->length;
    } else if (input.is_range) {
      input.length = length(made, wanted, argument);
      const auto alone = isl::manage(isl_set_project_out(wanted.copy(), isl_dim_set, 0, static_cast<unsigned>(made.variables.size())));
      input.longest = count_up_to(build_in(isl::manage(isl_set_params(wanted.copy()))), isl_set_dim_max(alone.copy(), 0));
    }
    const isl::set known = fixed(wanted, names);
    isl::set given = wanted.subtract(wanted);
    for (const Edge& edge : edges_) {
      if (edge.consumer != made.node || edge.argument != argument) continue;
      given = given.unite(edge.map.domain());
      for_each_case(image(edge.map, names), known, [&](const isl::set&, std::string when, std::vector<std::string> at) {
        input.cases.push_back({std::move(when), edge.producer, std::move(at), edge.reader});
      });
    }
    if (!wanted.is_subset(given)) throw Refusal("an argument is not always a task's result");
    if (input.cases.empty()) throw Refusal("an argument is always empty");
    std::ranges::partition(input.cases, [](const SourceCase& each) { return !each.condition.empty(); });
    input.cases.back().condition.clear();  // all others ruled out
    return input;
  }

  /// A reduce has two, others one.
  void require_enough(const LaunchFamily& made, const isl::set& range, std::uint32_t argument) {
    const auto own = static_cast<unsigned>(made.variables.size()), all = static_cast<unsigned>(isl_set_dim(range.get(), isl_dim_set));
    const isl::set domain = domains_.at(made.node);
    const bool reduced = argument == 0 && plan_.family(made.node).call().op == formats::NodeOp::reduce;
    isl::set enough = domain.subtract(domain);
    for (unsigned second = own; second < all; ++second) {  // which is the next in its row, or begins the next row
      auto* element = range.copy();
      for (unsigned i = own; i < all; ++i) element = isl_set_fix_si(element, isl_dim_set, i, reduced && i == second ? 1 : 0);
      enough = enough.unite(same_tuple(isl::manage(isl_set_project_out(element, isl_dim_set, own, all - own)), domain));
    }
    require(domain.subtract(enough));
  }

  /// Elements are numbered from 0 on.
  std::string length(const LaunchFamily& made, const isl::set& range, std::uint32_t argument) {
    const auto own = static_cast<unsigned>(made.variables.size());
    const isl::set domain = domains_.at(made.node);
    const bool reduced = argument == 0 && plan_.family(made.node).call().op == formats::NodeOp::reduce;
    const isl::set last = isl::manage(isl_set_fix_si(range.copy(), isl_dim_set, own, reduced ? 1 : 0));
    const isl::set enough = isl::manage(isl_set_project_out(last.copy(), isl_dim_set, own, 1));
    require(domain.subtract(same_tuple(enough, domain)));
    return count_of(inner_of(range, made.variables), 0, fixed(domain, made.variables));
  }
  /// Launches happen only for parameters for which nothing is `bad`.
  void require(const isl::set& bad) {
    if (bad.is_empty()) return;
    assumptions_ = assumptions_.subtract(isl::manage(isl_set_params(bad.copy())));
    if (assumptions_.is_empty()) throw Refusal("a container of futures is always too short");
  }

  /// Whose consumer should run first is told first: if it is ready then, this thread goes on with it.
  std::vector<Edge> consumers_first_to_run(std::uint32_t node) const {
    std::vector<Edge> found;
    std::ranges::copy_if(edges_, std::back_inserter(found), [node](const Edge& edge) { return edge.producer == node; });
    std::ranges::stable_sort(found, std::greater<>(), [this](const Edge& edge) { return plan_.family(edge.consumer).level; });
    return found;
  }

  void print_consumers(LaunchFamily& made) {
    static const std::regex kVisit("\\bdflow_visit_[0-9]+_[0-9]+\\(\\)");
    static const std::regex kSink("\\bsink\\([^;]*\\);");
    const isl::set& domain = domains_.at(made.node);
    const isl::set known = fixed(domain, made.variables);
    isl::set alone = domain;
    for (const Edge& edge : consumers_first_to_run(made.node)) {
      alone = alone.subtract(edge.map.range());
      const isl::map back = edge.map.reverse();
      const isl::set reached = image(back, made.variables);
      const std::string visit = "dflow_visit_" + std::to_string(edge.consumer) + "_" + std::to_string(edge.argument);
      const FlatRows* flat = flat_rows(plan_.family(edge.consumer), edge.argument);
      const auto visited = [&](const std::string& text) { return flat == nullptr ? text : flat->visited(text, visit); };
      if (isl_map_plain_is_single_valued(back.get()) == isl_bool_true) {
        made.consumers += visited(call_at(reached, visit, known));
        continue;
      }
      const std::string text = loops(reached, visit, known);
      if (std::regex_search(text, kVisit) && !plan_.family(edge.consumer).variables.empty())
        throw Refusal("a consumer lost its indices");
      made.consumers += visited(text);
    }
    if (!alone.is_empty()) made.sinks = std::regex_replace(loops(alone, "sink", assumptions_), kSink, "++dflow_sinks;");
  }

  void print_returns(LaunchCode& code) {
    for (const ir::Returned& returned : plan_.returned) {
      code.returned.emplace_back();
      if (const auto* flat = flat_result(code.returned.size() - 1)) code.returned.back().lengths = code.returned.back().extents = {flat->length};
      else print_lengths(code.returned.back(), returned);
      for (const ir::Output& output : returned.outputs) print_output(code, output);
      for (const ir::Output& passed : returned.passed) {
        if (flat_result(code.returned.size() - 1) != nullptr) throw Refusal("futures from outside are returned in rows");
        print_passed(code.returned.back(), passed);
      }
    }
  }

  const FlatRows* flat_result(std::size_t leaf) const {
    const auto found = flat_.returned.find(leaf);
    return found == flat_.returned.end() ? nullptr : &found->second;
  }

  void print_passed(ReturnedLeaf& leaf, const ir::Output& passed) {
    const isl::map from = renamed_parameters(isl::map(context(), passed.relation)).intersect_params(assumptions_);
    if (from.is_empty()) return;
    const isl::set filled = from.domain();
    ReturnedLeaf::Part part{passed.producer, {}, elements_of(filled)};
    std::vector<std::string> names;
    for (std::size_t depth = 0; depth < leaf.lengths.size(); ++depth) names.push_back("dflow_e" + std::to_string(depth));
    for_each_case(image(from, names), fixed(filled, names), [&](const isl::set&, std::string when, std::vector<std::string> at) {
      part.given.push_back({std::move(when), passed.producer, std::move(at)});
    });
    std::ranges::partition(part.given, [](const SourceCase& each) { return !each.condition.empty(); });
    part.given.back().condition.clear();  // all others ruled out
    leaf.parts.push_back(std::move(part));
  }
  std::string elements_of(const isl::set& set) const {
    return loops(set, "dflow_visit", assumptions_);
  }

  void print_lengths(ReturnedLeaf& leaf, const ir::Returned& returned) const {
    isl::set around = assumptions_;
    std::vector<std::string> names;
    for (const std::string& text : returned.levels) {
      const isl::set level = renamed_parameters(isl::set(context(), text)).intersect_params(assumptions_);
      const auto depth = static_cast<unsigned>(names.size());
      leaf.lengths.push_back(count_of(inner_of(level, names), 0, around));
      leaf.extents.push_back(count_of(level, depth, assumptions_));
      names.push_back("dflow_e" + std::to_string(depth));
      around = fixed(level, names);
    }
  }
  /// The values of one dimension, from 0 on.
  static std::string count_of(const isl::set& set, unsigned dimension, const isl::set& known) {
    const isl::set some = isl::manage(isl_set_params(set.copy()));
    const std::string count = count_up_to(build_in(some.intersect(known)), isl_set_dim_max(set.copy(), static_cast<int>(dimension)));
    const std::string when = condition(some, known);
    return when.empty() ? count : "(" + when + ") ? " + count + " : 0";
  }
  void print_output(LaunchCode& code, const ir::Output& output) {
    const isl::map from = renamed_parameters(isl::map(context(), output.relation)).intersect_params(assumptions_);
    if (from.is_empty()) return;
    const isl::map back = from.reverse();
    const isl::set instances = back.domain();
    const auto [handed, first] = handed_.try_emplace(output.producer, instances);
    const bool again = !first && !handed->second.is_disjoint(instances);
    if (again || !back.is_single_valued()) throw Refusal("one future is returned twice");
    if (!first) handed->second = handed->second.unite(instances);
    const std::size_t leaf = code.returned.size() - 1;
    const FlatRows* flat = flat_result(leaf);
    const auto made = std::ranges::find(code.families, output.producer, &LaunchFamily::node);
    const isl::set known = fixed(domains_.at(made->node), made->variables);
    for_each_case(image(back, made->variables), known, [&](const isl::set&, std::string when, std::vector<std::string> at) {
      if (flat != nullptr) at = {flat->number_of(at)};
      made->outputs.push_back({std::move(when), leaf, std::move(at)});
    });
    const isl::set filled = from.domain();
    const std::string elements = elements_of(filled);
    code.returned.back().parts.push_back({output.producer, {}, flat == nullptr ? elements : flat->visited(elements, "dflow_visit")});
  }

  std::unique_ptr<isl_ctx, void (*)(isl_ctx*)> context_;
  const ir::Plan& plan_;
  const Flattened& flat_;
  isl::set assumptions_, flags_;
  std::map<std::uint32_t, isl::set> domains_;
  std::vector<Edge> edges_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, isl::set> ranges_;
  std::map<std::uint32_t, isl::set> handed_;  ///< Instances whose futures the caller gets.
};

}  // namespace

std::string own_name(const std::string& name) {
  return "dflow_user_" + name;
}

std::vector<std::string> own_names(const std::vector<std::string>& variables) {
  std::vector<std::string> names;
  for (const std::string& variable : variables) names.push_back(own_name(variable));
  return names;
}

Result<LaunchCode> launch_code(const ir::Plan& plan, const Flattened& flat) {
  try {
    return Printer(plan, flat).run();
  } catch (const Refusal& refusal) {
    return Error{refusal.what()};
  } catch (const isl::exception&) {
    return Error{"its closed form cannot be written as code"};
  }
}

}  // namespace dflow::compiler::flow
