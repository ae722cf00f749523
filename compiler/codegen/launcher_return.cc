#include "compiler/codegen/launcher_return.h"

#include <algorithm>
#include <regex>

#include "compiler/codegen/generated_text.h"

namespace dflow::compiler {
namespace {

using Kind = LaunchLeaf::Step::Kind;

std::string family_of(std::size_t leaf) { return "dflow_outputs_" + std::to_string(leaf); }
std::string subscript(std::size_t depth) { return "dflow_e" + std::to_string(depth); }
std::string as_size(const std::string& index) { return "static_cast<::std::size_t>(" + index + ")"; }

bool is_container(const LaunchLeaf::Step& step) { return step.kind == Kind::vector || step.kind == Kind::array; }

/// One step further down; `depth` counts the containers.
std::string below(const std::string& place, const LaunchLeaf::Step& step, std::size_t& depth) {
  if (step.kind == Kind::member) return place + "." + step.name;
  if (step.kind == Kind::number) return "::std::get<" + step.name + ">(" + place + ")";
  return place + "[" + as_size(subscript(depth++)) + "]";
}

/// Containers get their lengths, each before those in it.
std::string resize_text(const LaunchLeaf& leaf, const std::vector<std::string>& lengths) {
  std::string text, ends, place = "dflow_result";
  std::size_t depth = 0;
  const auto is_vector = [](const LaunchLeaf::Step& step) { return step.kind == Kind::vector; };
  for (auto step = leaf.way.begin(); std::any_of(step, leaf.way.end(), is_vector); ++step) {
    const std::string indent(4 + 2 * depth, ' ');
    if (is_vector(*step)) text += indent + place + ".resize(" + as_size(lengths[depth]) + ");\n";
    if (is_container(*step) && std::any_of(step + 1, leaf.way.end(), is_vector)) {
      const std::string counter = subscript(depth), end = "dflow_end" + std::to_string(depth);
      text += indent + "for (" + kDetail + "Index " + counter + " = 0, " + end + " = " + lengths[depth] + "; " + counter + " < " + end + "; ++" +
              counter + ") {\n";
      ends.insert(0, indent + "}\n");
    }
    place = below(place, *step, depth);
  }
  return text + ends;
}

std::vector<std::string> subscripts_of(const flow::ReturnedLeaf& leaf) {
  std::vector<std::string> names;
  for (std::size_t depth = 0; depth < leaf.lengths.size(); ++depth) names.push_back(subscript(depth));
  return names;
}

std::string function_of(std::size_t leaf, std::uint32_t producer) {
  return "dflow_return_" + std::to_string(leaf) + "_" + std::to_string(producer);
}

/// The statements that visit a part's elements, each given its future.
std::string filling(std::size_t leaf, const flow::ReturnedLeaf::Part& part) {
  static const std::regex kVisit("\\bdflow_visit\\((\\)?)"), kAlone(", \\)");
  const std::string call = function_of(leaf, part.producer) + "(dflow_result, $1";
  return indented(std::regex_replace(std::regex_replace(part.elements, kVisit, call), kAlone, ")"), 4);
}

/// What was given is handed on.
std::string passed_text(const std::string& place, const flow::ReturnedLeaf::Part& part) {
  std::string text;
  const std::string family = "dflow_family_" + std::to_string(part.producer);
  for (const auto& each : part.given)
    text += "    " + (text.empty() ? "" : std::string("else ")) + (each.condition.empty() ? "" : "if (" + each.condition + ") ") + place + " = " + family +
            ".future(" + family + ".id(" + joined(each.indices) + "));\n";
  return text;
}

/// One element of a part.
std::string element_text(const Launcher& launcher, std::size_t number, const flow::ReturnedLeaf::Part& part) {
  const LaunchLeaf& leaf = launcher.leaves[number];
  const auto names = subscripts_of(launcher.code.returned[number]);
  std::string declared = launcher.returned + "& dflow_result", place = "dflow_result";
  for (const std::string& name : names) declared += ", " + kDetail + "Index " + name;
  std::size_t depth = 0;
  for (const LaunchLeaf::Step& step : leaf.way) place = below(place, step, depth);
  const std::string head = "  void " + function_of(number, part.producer) + "(" + declared + ") {\n";
  if (!part.given.empty()) return head + passed_text(place, part) + "  }\n";
  const std::string site = std::ranges::find(launcher.sites, part.producer, &LaunchSite::node)->place;
  return head + "    " + place + " = " + kDetail + "make_output<" + leaf.type +
         ">(*this, &" + kDetail + "site<" + site + ">, " + output_number(number, joined(names)) + ");\n  }\n";
}

}  // namespace

std::string output_number(std::size_t leaf, const std::string& subscripts) { return family_of(leaf) + ".at(" + subscripts + ")"; }

std::string output_members(const Launcher& launcher) {
  std::string text;
  for (std::size_t i = 0; i < launcher.leaves.size(); ++i)
    text += "  " + kDetail + "Outputs<" + std::to_string(launcher.code.returned[i].extents.size()) + "> " + family_of(i) + ";\n";
  return text;
}

std::string place_outputs(const Launcher& launcher) {
  if (launcher.leaves.empty()) return "";
  std::string text = "    " + kDetail + "Index dflow_outputs = 0;\n";
  for (std::size_t i = 0; i < launcher.leaves.size(); ++i)
    text += "    " + family_of(i) + ".place({" + joined(launcher.code.returned[i].extents) + "}, dflow_outputs);\n";
  return text + "    outputs.resize(" + as_size("dflow_outputs") + ");\n";
}

std::string return_text(const Launcher& launcher) {
  if (launcher.leaves.empty()) return "";
  std::string elements, text;
  for (std::size_t i = 0; i < launcher.leaves.size(); ++i) {
    const flow::ReturnedLeaf& leaf = launcher.code.returned[i];
    text += resize_text(launcher.leaves[i], leaf.lengths);
    for (const auto& part : leaf.parts) {
      elements += element_text(launcher, i, part);
      text += filling(i, part);
    }
  }
  return "\n" + elements + "  void dflow_return([[maybe_unused]] " + launcher.returned + "& dflow_result) {\n" + text + "  }\n";
}

}  // namespace dflow::compiler
