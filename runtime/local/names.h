// Names of tasks for people.
#pragma once

#include <string>
#include <typeinfo>

#include <dflow/detail/site.h>

namespace dflow::local {

/// The running program's file, empty if unknown.
std::string executable_path();

/// The function that holds this code address: "ns::f(int)", from the symbol tables of the program and its libraries;
/// "" if there is none.
std::string symbol_at(const void* address);

/// `ns::f<int>(std::vector<int>)` -> `ns::f`: without template arguments and parameters. A closure type becomes
/// "lambda".
std::string plain_name(const std::string& demangled);

/// The label's name for a task: the site's where dflowc gave one, else the best that the callable tells.
std::string task_name(const detail::Site* site, const std::type_info& type, const void* address);

}  // namespace dflow::local
