// What workers have of the resources that tasks ask for, as people write it.
#pragma once

#include <map>
#include <string>

namespace dflow::local {

using Resources = std::map<std::string, double>;

/// "gpu=1,disk=20,worker-2:gpu=2": by the worker's name; "" stands for each worker that does not say otherwise. Throws
/// std::invalid_argument that names what is wrong.
std::map<std::string, Resources> parse_resources(const std::string& text);

/// What the worker of this name has: what all have, and what is said of it alone.
Resources resources_of(const std::map<std::string, Resources>& all, const std::string& worker);

/// "2", "0.5".
std::string print_amount(double amount);

/// "gpu=1,disk=20".
std::string print_resources(const Resources& resources);

}  // namespace dflow::local
