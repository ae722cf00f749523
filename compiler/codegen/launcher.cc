#include "compiler/codegen/launcher.h"

#include <algorithm>
#include <functional>
#include <regex>

#include "compiler/codegen/generated_text.h"
#include "compiler/codegen/launcher_family.h"
#include "compiler/codegen/launcher_given.h"
#include "compiler/codegen/launcher_return.h"

namespace dflow::compiler {
namespace {

const std::string kAlias = "namespace dflow_rt = ::dflow::detail;\n";

/// A parameter's, or of a member of one.
std::string named_value(const std::string& name) {
  return kDetail + "index_of(" + (name.ends_with(".size") ? name + "()" : name) + ")";
}

std::string symbol_value(const formats::Symbol& symbol) {
  if (!symbol.parameter.starts_with("(")) return named_value(symbol.parameter);
  // Computed from parameters: names, numbers, signs and parentheses.
  static const std::regex kName("[A-Za-z_][A-Za-z_0-9.]*");
  std::string text;
  const std::string& computed = symbol.parameter;
  auto rest = computed.begin();
  for (std::sregex_iterator name(computed.begin(), computed.end(), kName), end; name != end; ++name) {
    text.append(rest, computed.begin() + name->position());
    text += kDetail + "Number(" + named_value(name->str()) + ")";
    rest = computed.begin() + name->position() + name->length();
  }
  return "(" + text.append(rest, computed.end()) + ").value()";
}

std::string parameter_list(const Launcher& launcher) {
  std::string text;
  for (const LaunchParameter& each : launcher.parameters) {
    text += text.empty() ? "" : ", ";
    text += each.is_executor ? "::dflow::Executor& " + each.name
                             : "[[maybe_unused]] const " + each.type + "& " + each.name;
  }
  return text;
}

std::string all_names(const Launcher& launcher) {
  std::vector<std::string> names;
  for (const LaunchParameter& each : launcher.parameters) names.push_back(each.name);
  return joined(names);
}

std::string executor_of(const Launcher& launcher) {
  return std::ranges::find_if(launcher.parameters, &LaunchParameter::is_executor)->name;
}

bool returns_something(const Launcher& launcher) { return !launcher.leaves.empty(); }

/// The function that decides whether a call is launched, and does it.
std::string start_text(const Launcher& launcher, const std::string& type, const std::string& function) {
  const std::string result = returns_something(launcher) ? ", " + launcher.returned + "& dflow_result" : "";
  std::string text = "\nbool " + function + "(" + parameter_list(launcher) + result + ") {\n";
  text += "  if (!" + kDetail + "may_launch(" + executor_of(launcher) + ")) return false;\n  try {\n";
  std::vector<std::string> arguments = {kDetail + "scope_of(" + executor_of(launcher) + ")"};
  for (const LaunchParameter& each : launcher.parameters)
    if (each.is_kept) arguments.push_back(each.name);
  for (const formats::Symbol& symbol : launcher.code.symbols) {
    const std::string name = flow::own_name(symbol.symbol);
    text += "    [[maybe_unused]] const " + kDetail + "Index " + name + " = " + symbol_value(symbol) + ";\n";
    arguments.push_back(name);
  }
  if (!launcher.code.assumptions.empty()) text += "    if (!(" + launcher.code.assumptions + ")) return false;\n";
  for (const LaunchSite& site : launcher.sites)
    if (site.noted) text += "    if (!" + site.callable + ") return false;\n";
  text += "    auto* const dflow_launch = new " + type + "(" + joined(arguments) + ");\n    " + kDetail + "NewLaunch dflow_new(*dflow_launch);\n";
  if (takes_anything(launcher)) text += "    if (!dflow_launch->dflow_take(" + all_names(launcher) + ")) return false;\n";
  if (returns_something(launcher)) text += "    dflow_launch->dflow_return(dflow_result);\n";
  return text +
         "    dflow_new.let_go();\n    dflow_launch->dflow_start();\n    return true;\n  } catch (" +
         // What the user's expressions throw, they throw again where they are written: earlier tasks are submitted then.
         (takes_anything(launcher) ? "..." : "const ::std::bad_alloc&") + ") {\n"
         "    return false;\n  }\n}\n";
}

std::string constructor_text(const Launcher& launcher, const std::string& type, const std::vector<FamilyText>& families) {
  std::string declared = kDetail + "Scope& dflow_scope", initial;
  int number = 0;
  for (const LaunchParameter& each : launcher.parameters) {
    if (!each.is_kept) continue;
    const std::string given = "dflow_given_" + std::to_string(number++);
    declared += ", const " + each.type + "& " + given;
    initial += ", " + each.name + "(" + given + ")";
  }
  for (const formats::Symbol& symbol : launcher.code.symbols) {
    declared += ", " + kDetail + "Index " + flow::own_name(symbol.symbol) + "_";
    initial += ", " + flow::own_name(symbol.symbol) + "(" + flow::own_name(symbol.symbol) + "_)";
  }
  std::string text = "  explicit " + type + "(" + declared + ")\n      : LaunchOf(dflow_scope, &" + kDetail + "site<" + launcher.key + ", 1>)" +
                     initial + " {\n    [[maybe_unused]] " + kDetail + "TaskId dflow_next = 0;\n";
  for (const FamilyText& family : families) text += family.reserve();
  return text + place_outputs(launcher) + "  }\n";
}

/// Where it is found: the template arguments of `launcher`, as they stand in a template's text if that is `shared`.
std::string place_of(const Launcher& launcher, bool shared) {
  std::vector<std::string> types;
  for (const LaunchParameter& each : launcher.parameters) {
    const std::string type = shared ? "::std::remove_cvref_t<decltype(" + (each.given.empty() ? each.name : each.given) + ")>" : each.type;
    types.push_back(each.is_executor ? "::dflow::Executor&" : "const " + type + "&");
  }
  if (returns_something(launcher)) types.push_back((shared ? launcher.instance.returned : launcher.returned) + "&");
  const std::string& instance = shared ? launcher.instance.written : launcher.instance.concrete;
  return launcher.key + ", bool(" + joined(types) + ")" + (instance.empty() ? "" : ", " + instance);
}

/// The roots in order, and how many tasks nobody reads from.
std::string start_of(const std::vector<FamilyText>& families) {
  std::vector<const FamilyText*> roots;
  for (const FamilyText& family : families)
    if (family.is_root() && !family.is_given()) roots.push_back(&family);
  std::ranges::stable_sort(roots, std::greater<>(), &FamilyText::level);
  std::vector<std::string> ranges, ends, given;
  for (const FamilyText* family : roots) ranges.push_back(family->roots());
  for (const FamilyText& family : families) {
    ends.push_back(family.end());
    if (family.is_given()) given.push_back(family.roots());
  }
  std::string text = "\n  void dflow_start() {\n    ::std::uint64_t dflow_sinks = 0;\n";
  for (const FamilyText& family : families) text += family.sinks();
  return text + "    this->Launch::start({" + joined(ranges) + "}, dflow_sinks, {" + joined(ends) + "}" + (given.empty() ? "" : ", {" + joined(given) + "}") + ");\n  }\n";
}

}  // namespace

std::string launcher_call(const Launcher& launcher) {
  std::vector<std::string> names;
  for (const LaunchParameter& each : launcher.parameters) names.push_back(each.given.empty() ? each.name : each.given);
  const bool shared = !launcher.instance.written.empty();  // by all instantiations
  const std::string found = " if (auto* dflow_launcher_ = ::dflow::detail::launcher<" + place_of(launcher, shared) + ">) ";
  if (!returns_something(launcher)) return found + "{ if (dflow_launcher_(" + joined(names) + ")) return; }";
  names.emplace_back("dflow_launched_");
  return found + "{ " + (shared ? launcher.instance.returned : launcher.returned) + " dflow_launched_; if (dflow_launcher_(" + joined(names) + ")) return dflow_launched_; }";
}

std::string launcher_text(const Launcher& launcher, int number) {
  const std::string type = "dflow_launcher_" + std::to_string(number), function = "dflow_launch_" + std::to_string(number);
  std::vector<FamilyText> families;
  for (const auto& family : launcher.code.families) families.emplace_back(launcher, family, number);
  std::string text = "\n// Runs graph '" + launcher.graph + "' from the closed form of its dependences.\n";
  text += "namespace {\n" + kAlias;
  for (const FamilyText& family : families) text += family.values();
  text += taken_values(launcher, number);
  text += "class " + type + " final : public " + kDetail + "LaunchOf<" + type + "> {\n public:\n";
  text += constructor_text(launcher, type, families) + take_functions(launcher, families) + return_text(launcher) + start_of(families);
  text += "\n  void dflow_run([[maybe_unused]] " + kDetail + "TaskId dflow_id, [[maybe_unused]] " + kDetail + "Work& dflow_work) {\n";
  for (const FamilyText& family : families) text += family.dispatch();
  text += "  }\n\n private:\n";
  for (const FamilyText& family : families) text += family.functions();
  text += "\n";
  for (const LaunchParameter& each : launcher.parameters)
    if (each.is_kept) text += "  const " + each.type + " " + each.name + ";\n";
  for (const formats::Symbol& symbol : launcher.code.symbols) text += "  const " + kDetail + "Index " + flow::own_name(symbol.symbol) + ";\n";
  for (const FamilyText& family : families) text += family.member();
  text += output_members(launcher);
  text += "};\n" + start_text(launcher, type, function);
  text += "[[maybe_unused]] const " + kDetail + "LauncherEntry dflow_launcher_entry_" + std::to_string(number) + "(" + kDetail +
          "launcher<" + place_of(launcher, false) + ">, &" + function + ");\n}  // namespace\n";
  return text;
}

}  // namespace dflow::compiler
