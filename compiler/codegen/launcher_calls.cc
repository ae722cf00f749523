#include <cctype>
#include <map>

#include "compiler/codegen/launcher.h"

namespace dflow::compiler {
namespace {

using Meanings = std::map<std::string, std::string>;

bool in_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// The expression with its variables' names replaced by what they mean, so that texts can be compared: of two
/// loops, `x[i]` and `x[j]` are the same. Members' names and characters stay.
std::string spelled_out(const std::string& text, const Meanings& meanings) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    if (text[at] == '\'') {
      while (end < text.size() && text[end] != '\'') end += text[end] == '\\' ? 2 : 1;
      result += text.substr(at, ++end - at);
    } else if (in_name(text[at])) {
      while (end < text.size() && in_name(text[end])) ++end;
      const auto meant = meanings.find(text.substr(at, end - at));
      const bool member = result.ends_with('.') || result.ends_with("::");
      result += member || meant == meanings.end() ? text.substr(at, end - at) : meant->second;
    } else {
      result += text[at];
    }
    at = end;
  }
  return result;
}

/// Indices by their place, then variables, each in terms of those before it.
Meanings meanings_of(const LaunchSite& site, const std::vector<LaunchVariable>& variables) {
  Meanings meanings;
  for (std::size_t i = 0; i < site.indices.size(); ++i) meanings[site.indices[i]] = "#" + std::to_string(i);
  for (const LaunchVariable& each : variables)
    meanings.insert_or_assign(each.name, "((" + each.type + ")" + spelled_out(each.value, meanings) + ")");
  return meanings;
}

ir::Call call_of(const LaunchSite& site) {
  const Meanings meanings = meanings_of(site, site.variables), now = meanings_of(site, site.variables_now);
  const std::string callable = site.callable + spelled_out(site.made, meanings);
  ir::Call call{site.node, site.op, site.task, callable, site.pure, site.result, {}, site.priority, site.retries, site.cancels, site.ignores, site.limit_ns.has_value()};
  for (const LaunchArgument& each : site.arguments)
    call.arguments.push_back(
        {each.is_future, each.by_reference, each.type, spelled_out(each.value, each.now ? now : meanings), each.now});
  if (site.op == formats::NodeOp::reduce)
    call.arguments[0].by_reference = site.by_reference[0] && site.by_reference[1];
  return call;
}

}  // namespace

std::vector<ir::Call> calls_of(const Launcher& launcher) {
  std::vector<ir::Call> calls;
  for (const LaunchSite& site : launcher.sites) calls.push_back(call_of(site));
  return calls;
}

}  // namespace dflow::compiler
