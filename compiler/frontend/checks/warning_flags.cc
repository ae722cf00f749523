#include "compiler/frontend/checks/warning_flags.h"

#include <algorithm>
#include <array>

#include "formats/nearest.h"

namespace dflow::compiler {
namespace {

constexpr std::string_view kAll = "dflow";
constexpr std::string_view kCluster = "dflow-cluster";
constexpr std::string_view kPrefix = "dflow-";

/// `dflow`, `dflow-cluster` or `dflow-NAME`.
bool contains(std::string_view group, const Warning& warning) {
  if (group == kAll) return true;
  if (group == kCluster) return warning.group == Warning::Group::cluster;
  return group.starts_with(kPrefix) && group.substr(kPrefix.size()) == warning.name;
}

/// What an argument begins with, longest first.
constexpr std::array<std::string_view, 4> kForms = {"-Wno-error=", "-Werror=", "-Wno-", "-W"};

}  // namespace

bool is_dflow_diagnostic_flag(std::string_view argument) {
  if (argument.starts_with("-Rdflow") || argument.starts_with("-Rno-dflow")) return true;
  return std::ranges::any_of(kForms, [argument](std::string_view form) {
    return argument.starts_with(form) && argument.substr(form.size()).starts_with(kAll);
  });
}

WarningFlags::WarningFlags(std::span<const Warning> known, const std::vector<std::string>& arguments)
    : known_(known) {
  for (const Warning& warning : known)
    settings_[warning.name].on = warning.group == Warning::Group::on_by_default;
  for (const std::string& argument : arguments) take(argument);
}

void WarningFlags::take(const std::string& argument) {
  if (argument == "-w") quiet_ = true;
  if (argument == "-Werror") all_errors_ = true;
  if (argument == "-Wno-error") all_errors_ = false;
  if (argument == "-Rdflow") remarks_ = true;
  if (argument == "-Rno-dflow") remarks_ = false;
  if (!argument.starts_with("-W") || !is_dflow_diagnostic_flag(argument)) return;
  const auto form = *std::ranges::find_if(
      kForms, [&argument](std::string_view each) { return argument.starts_with(each); });
  const std::string_view group = std::string_view(argument).substr(form.size());
  if (form == "-W") {
    set(argument, group, [](Setting& setting) { setting.on = true; });
  } else if (form == "-Wno-") {
    set(argument, group, [](Setting& setting) { setting.on = false; });
  } else if (form == "-Werror=") {
    set(argument, group, [](Setting& setting) { setting = {true, Setting::Error::yes}; });
  } else {
    set(argument, group, [](Setting& setting) { setting.error = Setting::Error::no; });
  }
}

void WarningFlags::set(const std::string& argument, std::string_view group, void (*change)(Setting&)) {
  bool found = false;
  for (const Warning& warning : known_) {
    if (!contains(group, warning)) continue;
    change(settings_[warning.name]);
    found = true;
  }
  if (found) return;
  const std::string_view form = std::string_view(argument).substr(0, argument.size() - group.size());
  unknown_.push_back("unknown warning option '" + argument + "'; did you mean '" + std::string(form) +
                     nearest(group) + "'?");
}

std::string WarningFlags::nearest(std::string_view name) const {
  std::vector<std::string> names = {std::string(kAll), std::string(kCluster)};
  for (const Warning& warning : known_) names.push_back(std::string(kPrefix).append(warning.name));
  return *std::ranges::min_element(names, {},
                                   [name](const std::string& each) { return formats::edit_distance(name, each); });
}

Level WarningFlags::level(std::string_view name) const {
  const auto found = settings_.find(name);
  if (found == settings_.end() || !found->second.on) return Level::off;
  const auto error = found->second.error;
  if (error == Setting::Error::yes) return Level::error;
  if (quiet_) return Level::off;
  return all_errors_ && error == Setting::Error::by_default ? Level::error : Level::warning;
}

}  // namespace dflow::compiler
