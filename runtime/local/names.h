// Names of tasks for people.
#pragma once

#include <string>
#include <typeinfo>

#include <dflow/detail/node.h>
#include <dflow/detail/site.h>

namespace dflow::local {

/// The running program's file, empty if unknown.
std::string executable_path();

/// The function that holds this code address: "ns::f(int)", from the symbol tables of the program and its libraries;
/// "" if there is none.
std::string symbol_at(const void* address);

/// `ns::f<int>(std::vector<int>)` -> `ns::f`: without template arguments and parameters. A closure type becomes
/// "lambda", a pointer's type "function".
std::string plain_name(const std::string& demangled);

/// The same, with where a lambda stands: "lambda in ns::f".
std::string full_name(const std::string& demangled);

/// What dflowc saw of the task's call; null if it did not.
inline const detail::Site* site_of(const detail::Node& node) {
  return node.has(detail::kReturnAddress) ? nullptr : static_cast<const detail::Site*>(node.where);
}

/// How much the call has behind it, for all that dflowc saw.
inline int level_of(const detail::Node& node) {
  const detail::Site* site = site_of(node);
  return site ? site->level : 0;
}

/// The label's name for a task: the site's where dflowc gave one, else the best that the callable tells.
std::string task_name(const detail::Site* site, const std::type_info& type, const void* address);

/// The same for messages, which have no label's number to tell one lambda from another: with where it stands.
std::string shown_name(const detail::Site* site, const std::type_info& type, const void* address);

}  // namespace dflow::local
