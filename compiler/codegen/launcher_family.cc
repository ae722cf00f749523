#include "compiler/codegen/launcher_family.h"

#include <algorithm>
#include <iterator>

#include "compiler/codegen/generated_text.h"
#include "compiler/codegen/launcher_return.h"

namespace dflow::compiler {
namespace {

std::string declared_as_indices(const std::vector<std::string>& names) {
  std::vector<std::string> declared;
  for (const std::string& name : names) declared.push_back(kDetail + "Index " + name);
  return joined(declared);
}

std::string as_seen(ir::Reader reader) {
  switch (reader) {
    case ir::Reader::counted: return "";
    case ir::Reader::last: return ".last()";
    case ir::Reader::never: return ".never()";
  }
  return "";
}

}  // namespace

FamilyText::FamilyText(const Launcher& launcher, const flow::LaunchFamily& family, int number)
    : launcher_(launcher),
      family_(family),
      number_(number),
      site_(site_of(family.node)),
      id_(std::to_string(family.node)),
      prefix_("dflow_value_" + std::to_string(number) + "_" + id_ + "_"),
      name_("dflow_family_" + id_),
      indices_(joined(family.variables)),
      declared_(declared_as_indices(family.variables)) {}

const LaunchSite& FamilyText::site_of(std::uint32_t node) const {
  return *std::ranges::find(launcher_.sites, node, &LaunchSite::node);
}

const LaunchArgument& FamilyText::argument_at(std::uint32_t number) const {
  auto step = family_.steps.rbegin();
  while (step->first_argument > number) ++step;
  return site_of(step->node).arguments.at(number - step->first_argument);
}

const flow::LaunchInput* FamilyText::input_of(std::size_t argument) const {
  const auto found = std::ranges::find(family_.inputs, argument, &flow::LaunchInput::argument);
  return found == family_.inputs.end() ? nullptr : &*found;
}

std::vector<flow::LaunchInput> FamilyText::inputs_of(const flow::LaunchStep& step) const {
  const auto end = step.first_argument + site_of(step.node).arguments.size();
  std::vector<flow::LaunchInput> found;
  std::ranges::copy_if(family_.inputs, std::back_inserter(found), [&](const flow::LaunchInput& input) {
    return input.argument >= step.first_argument && input.argument < end;
  });
  return found;
}

bool FamilyText::has_range() const {
  return !is_reduce() && std::ranges::any_of(family_.inputs, &flow::LaunchInput::is_range);
}

std::size_t FamilyText::wanted() const {
  if (is_reduce()) return 2;
  return has_range() ? 0 : std::max<std::size_t>(1, family_.inputs.size());
}

std::string FamilyText::all_wanted() const {
  std::string sum;
  for (const auto& input : family_.inputs) {
    if (!sum.empty()) sum += " + ";
    sum += input.is_range ? "dflow_length_" + id_ + "_" + std::to_string(input.argument) + "(" + indices_ + ")" : "1";
  }
  return "static_cast<::std::uint32_t>(" + sum + ")";
}

std::string FamilyText::declared_of(const flow::LaunchInput& input) const {
  return input.is_range ? behind_declared(kDetail + "Index dflow_e") : declared_;
}

// --- parts of the class

std::string FamilyText::values() const {
  std::string text;
  if (is_given()) return text;
  for (const flow::LaunchStep& step : family_.steps) {
    const LaunchSite& site = site_of(step.node);
    for (std::uint32_t i = 0; i < site.arguments.size(); ++i) {
      const LaunchArgument& each = site.arguments[i];
      const std::string name = prefix_ + std::to_string(step.first_argument + i);
      if (!each.is_future && !each.now) text += value_function(site, {name, each.is_object ? "const auto&" : "auto", each.value});
    }
    if (!site.made.empty()) text += value_function(site, {prefix_ + "of_" + std::to_string(step.node), "auto", site.made});
  }
  return text;
}

std::string FamilyText::member() const {
  if (is_given()) return "  " + kDetail + "GivenFamily<" + std::to_string(family_.variables.size()) + ", " + site_.result + "> " + name_ + ";\n";
  return "  " + kDetail + "TaskFamily<" + std::to_string(family_.variables.size()) + ", " + site_.result + ", " +
         std::to_string(wanted()) + (family_.counted ? "" : ", false") + "> " + name_ + ";\n" + kept_members();
}

std::string FamilyText::reserve() const {
  std::string least, extent;
  for (const auto& [low, high] : family_.bounds) {
    least += (least.empty() ? "" : ", ") + low;
    extent += (extent.empty() ? "" : ", ") + ("(" + high + ") - (" + low + ") + 1");
  }
  const std::string box = kDetail + "Box<" + std::to_string(family_.variables.size()) + ">";
  const std::string width = is_reduce() ? "static_cast<::std::size_t>(" + family_.inputs.front().longest + ")" : "";
  const std::string full = "{{" + least + "}, {" + extent + "}}";
  const std::string reserve = "    " + name_ + ".reserve(";
  if (family_.nonempty.empty()) return reserve + full + ", dflow_next" + (width.empty() ? "" : ", " + width) + ");\n" + reserve_kept();
  // Bounds mean nothing for what is empty.
  const std::string some = "(" + family_.nonempty + ") ? ";
  // What is given has as many places as its box.
  if (family_.variables.empty() && !is_given()) return reserve + "{}, dflow_next, " + some + (width.empty() ? "1" : width) + " : 0);\n" + reserve_kept();
  return reserve + some + box + full + " : " + box + "{}, dflow_next" + (width.empty() ? "" : ", " + some + width + " : 1") + ");\n" + reserve_kept();
}

std::string FamilyText::dispatch() const {
  return "    if (dflow_id < " + end() + ") return dflow_run_" + id_ + "(dflow_id, dflow_work);\n";
}

std::string FamilyText::sinks() const {
  return indented(family_.sinks, 4);
}

std::string FamilyText::functions() const {
  std::string callables;
  for (const flow::LaunchStep& step : family_.steps) callables += (callables.empty() ? "" : ", then ") + site_of(step.node).callable;
  std::string text = "\n  // " + callables + (indices_.empty() ? "" : " [" + indices_ + "]") + "\n";
  if (is_given()) return text + result() + told() + run_given();
  if (!family_.outputs.empty()) text += output();
  for (const auto& each : family_.inputs) text += input(each);
  return text + result() + arrivals() + told() + (is_reduce() ? run_reduce() : run_task());
}

// --- where values come from and go to

std::string FamilyText::value_function(const LaunchSite& site, const ValueText& value) const {
  std::vector<std::string> declared;
  for (const LaunchParameter& parameter : launcher_.parameters)
    if (parameter.is_kept) declared.push_back("[[maybe_unused]] const " + parameter.type + "& " + parameter.name);
  for (const std::string& index : site.indices) declared.push_back("[[maybe_unused]] " + kDetail + "Index " + index);
  std::string text = value.type + " " + value.name + "(" + joined(declared) + ") {\n";
  for (const LaunchVariable& variable : site.variables)
    text += "  [[maybe_unused]] const " + variable.type + " " + variable.name + " = " + variable.value + ";\n";
  return text + "  return " + value.expression + ";\n}\n";
}

std::string FamilyText::value(const std::string& name, const std::vector<std::string>& indices) const {
  std::vector<std::string> given;
  for (const LaunchParameter& parameter : launcher_.parameters)
    if (parameter.is_kept) given.push_back(parameter.name);
  given.insert(given.end(), indices.begin(), indices.end());
  return name + "(" + joined(given) + ")";
}

/// What a step calls.
std::string FamilyText::callable(const flow::LaunchStep& step) const {
  const LaunchSite& site = site_of(step.node);
  return site.made.empty() ? site.callable : value(prefix_ + "of_" + std::to_string(step.node), step.indices);
}

/// Which of the caller's futures the instance makes.
std::string FamilyText::output() const {
  std::string text = "  " + kDetail + "Index dflow_output_" + id_ + "(" + unused(declared_) + ") const {\n";
  for (const auto& each : family_.outputs) {
    text += "    " + (each.condition.empty() ? "" : "if (" + each.condition + ") ") + "return " + output_number(each.leaf, joined(each.element)) + ";\n";
    if (each.condition.empty()) return text + "  }\n";
  }
  return text + "    return -1;\n  }\n";
}

std::string FamilyText::input(const flow::LaunchInput& input) const {
  const bool given = std::ranges::any_of(input.cases, [&](const flow::SourceCase& each) { return site_of(each.producer).given.has_value(); });
  const std::string type = kDetail + (given ? "GivenInput<" : "Input<") + argument_at(input.argument).type + ">";
  const std::string number = id_ + "_" + std::to_string(input.argument);
  std::string text = "  " + type + " dflow_input_" + number + "(" + unused(declared_of(input)) + ") const {\n";
  for (const auto& [part, value] : input.parts) text += "    [[maybe_unused]] const " + kDetail + "Index " + part + " = " + value + ";\n";
  for (const auto& source : input.cases) {
    text += "    " + (source.condition.empty() ? "" : "if (" + source.condition + ") ") + "return dflow_result_" +
            std::to_string(source.producer) + "(" + joined(source.indices) + ")" + as_seen(source.reader) + ";\n";
  }
  text += "  }\n";
  if (!input.is_range) return text;
  return text + "  " + kDetail + "Index dflow_length_" + number + "(" + unused(declared_) + ") const { return " + input.length + "; }\n";
}

/// The result of an instance, for those who read it.
std::string FamilyText::result() const {
  std::string text = "  " + kDetail + (is_given() ? "GivenInput<" : "Input<") + site_.result + "> dflow_result_" + id_ + "(" + unused(declared_) + ") const {\n";
  const std::string id = final_id();
  if (!family_.outputs.empty()) {
    text += "    if (const auto dflow_out = dflow_output_" + id_ + "(" + indices_ + "); dflow_out >= 0)\n      return {" + kDetail +
            "launched_value<" + site_.result + ">(*this->Launch::output(dflow_out)), nullptr, " + id + "};\n";
  }
  return text + "    return " + name_ + ".input(" + id + ");\n  }\n";
}

/// The number of the task whose result is the instance's.
std::string FamilyText::final_id() const {
  const std::string first = name_ + ".id(" + indices_ + ")";
  if (!is_reduce() || has_init()) return first;
  return first + " + static_cast<" + kDetail + "TaskId>(" + kDetail + "ReduceTree{dflow_length_" + id_ + "_0(" + indices_ + ")}.top())";
}

/// What happens when an input is there.
std::string FamilyText::arrivals() const {
  std::string text;
  for (const auto& input : family_.inputs) text += arrival(input);
  return text;
}

std::string FamilyText::arrival(const flow::LaunchInput& input) const {
  const bool many = family_.inputs.size() >= kMany;
  const std::string name = "dflow_arrive_" + id_ + "_", declared = behind(kDetail + "Work& dflow_work", unused(declared_of(input)));
  const std::string text = "void " + name + std::to_string(input.argument) + "(" + declared + ") {\n    ";
  const std::string id = name_ + ".id(" + indices_ + ")";
  if (is_reduce() && input.argument == 0) {
    return "  " + text + "const " + kDetail + "ReduceTree dflow_tree{dflow_length_" + id_ + "_0(" + indices_ + ")};\n    " + name_ + ".arrive(" +
           id + " + static_cast<" + kDetail + "TaskId>(dflow_tree.consumer_of_element(dflow_e)), dflow_work);\n  }\n";
  }
  // Each producer has a copy of it otherwise, for each input.
  const std::string kept = many ? "  [[gnu::noinline]] " : "  ";
  if (has_range()) return kept + text + name_ + ".arrive_of(" + id + ", " + all_wanted() + ", dflow_work);\n  }\n";
  const std::uint32_t first = family_.inputs.front().argument;
  if (!many || input.argument == first) return kept + text + name_ + ".arrive(" + id + ", dflow_work);\n  }\n";
  return "  " + text + name + std::to_string(first) + "(" + behind("dflow_work", indices_) + ");\n  }\n";
}

}  // namespace dflow::compiler
