#include "compiler/codegen/launcher_given.h"

#include <algorithm>
#include <regex>

#include "compiler/codegen/generated_text.h"

namespace dflow::compiler {
namespace {

std::string function_of(int number, std::uint32_t node, std::uint32_t argument) {
  return "dflow_now_" + std::to_string(number) + "_" + std::to_string(node) + "_" + std::to_string(argument);
}
std::string parameter_name(std::size_t number) { return "dflow_parameter_" + std::to_string(number); }

std::string declared(const LaunchParameter& parameter, const std::string& name) {
  return "[[maybe_unused]] " + (parameter.is_executor ? std::string("::dflow::Executor&") : "const " + parameter.type + "&") + " " + name;
}

/// The graph function's parameters, by numbers: names of the user's could be those of members.
std::string all_declared(const Launcher& launcher) {
  std::vector<std::string> list;
  for (std::size_t i = 0; i < launcher.parameters.size(); ++i) list.push_back(declared(launcher.parameters[i], parameter_name(i)));
  return joined(list);
}
std::string all_passed(const Launcher& launcher) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < launcher.parameters.size(); ++i) names.push_back(parameter_name(i));
  return joined(names);
}

std::string value_text(const Launcher& launcher, const LaunchSite& site, const std::string& name, const std::string& type, const std::string& value,
                       const std::vector<LaunchVariable>& variables) {
  std::vector<std::string> list;
  for (const LaunchParameter& each : launcher.parameters) list.push_back(declared(each, each.name));
  for (const std::string& index : site.indices) list.push_back("[[maybe_unused]] " + kDetail + "Index " + index);
  std::string text = type + " " + name + "(" + joined(list) + ") {\n";
  for (const LaunchVariable& each : variables) text += "  [[maybe_unused]] const " + each.type + " " + each.name + " = " + each.value + ";\n";
  const std::string made = type == "auto" ? value : "static_cast<" + type + ">(" + value + ")";
  return text + "  return " + made + ";\n}\n";
}

}  // namespace

// --- a family

std::vector<std::uint32_t> FamilyText::kept_arguments() const {
  std::vector<std::uint32_t> found;
  for (const flow::LaunchStep& step : family_.steps) {
    const auto& arguments = site_of(step.node).arguments;
    for (std::uint32_t i = 0; i < arguments.size(); ++i)
      if (arguments[i].now) found.push_back(step.first_argument + i);
  }
  return found;
}

std::string FamilyText::kept_members() const {
  std::string text;
  for (const std::uint32_t number : kept_arguments()) text += "  " + kDetail + "KeptValues<" + argument_at(number).type + "> " + kept(number) + ";\n";
  return text;
}

std::string FamilyText::reserve_kept() const {
  std::string text;
  for (const std::uint32_t number : kept_arguments()) text += "    " + kept(number) + ".reserve(" + name_ + ".box.size());\n";
  return text;
}

std::string FamilyText::release_kept(const flow::LaunchStep& step) const {
  std::string text;
  const auto& arguments = site_of(step.node).arguments;
  for (std::uint32_t i = 0; i < arguments.size(); ++i)
    if (arguments[i].now) text += "    " + kept(step.first_argument + i) + ".drop(" + rank() + ");\n";
  return text;
}

/// A pointer to it.
std::string FamilyText::given_future() const {
  if (site_.given->parameter.empty()) return "&dflow_made";
  const auto at = std::ranges::find(launcher_.parameters, site_.given->parameter, &LaunchParameter::name) - launcher_.parameters.begin();
  return kDetail + "future_at(" + behind(parameter_name(static_cast<std::size_t>(at)) + site_.given->members, indices_) + ")";
}

std::string FamilyText::put_function(const std::string& declared, const std::string& passed) const {
  if (family_.elements.empty()) return "";
  std::string text = "  void dflow_put_" + id_ + "(" + behind(declared, unused(declared_)) + ") {\n";
  if (is_given()) {
    text += "    ::std::uint32_t dflow_readers = 0;\n" + counted_consumers(family_.consumers);
    if (site_.given->parameter.empty())
      text += "    const auto dflow_made = " + function_of(number_, family_.node, 0) + "(" + behind(passed, indices_) + ");\n";
    text += "    if (!" + name_ + ".put(*this, " + name_ + ".id(" + indices_ + "), " + given_future() + ", dflow_readers)) dflow_all_given = false;\n";
  }
  for (const flow::LaunchStep& step : family_.steps) {
    const auto& arguments = site_of(step.node).arguments;
    for (std::uint32_t i = 0; i < arguments.size(); ++i)
      if (arguments[i].now)
        text += "    " + kept(step.first_argument + i) + ".put(" + rank() + ", " + function_of(number_, step.node, i) + "(" +
                behind(passed, joined(step.indices)) + "));\n";
  }
  return text + "  }\n";
}

/// The statements that visit the family's instances.
std::string FamilyText::put_all(const std::string& passed) const {
  static const std::regex kVisit("\\bdflow_visit\\((\\)?)"), kAlone(", \\)");
  const std::string call = "dflow_put_" + id_ + "(" + passed + ", $1";
  return indented(std::regex_replace(std::regex_replace(family_.elements, kVisit, call), kAlone, ")"), 4);
}

// --- all of them

bool takes_anything(const Launcher& launcher) {
  return std::ranges::any_of(launcher.code.families, [](const auto& family) { return !family.elements.empty(); });
}

std::string taken_values(const Launcher& launcher, int number) {
  std::string text;
  for (const LaunchSite& site : launcher.sites) {
    if (site.given && site.given->parameter.empty())
      text += value_text(launcher, site, function_of(number, site.node, 0), "auto", site.made, site.variables_now);
    for (std::uint32_t i = 0; i < site.arguments.size(); ++i) {
      const LaunchArgument& each = site.arguments[i];
      if (each.now) text += value_text(launcher, site, function_of(number, site.node, i), each.type, each.value, site.variables_now);
    }
  }
  return text;
}

std::string take_functions(const Launcher& launcher, const std::vector<FamilyText>& families) {
  if (!takes_anything(launcher)) return "";
  const std::string parameters = all_declared(launcher), passed = all_passed(launcher);
  std::string put, take, watch;
  for (const FamilyText& family : families) {
    put += family.put_function(parameters, passed);
    take += family.put_all(passed);
    if (family.is_given()) watch += "    " + family.name() + ".watch(*this);\n";
  }
  put = "\n  bool dflow_all_given = true;\n" + put + "  bool dflow_take(" + parameters + ") {\n" + take + "    return dflow_all_given;\n  }\n";
  return watch.empty() ? put : put + "  void watch_given() override {\n" + watch + "  }\n";
}

}  // namespace dflow::compiler
