#pragma once

#include <string>

#include "runtime/cluster/cluster_status.h"

namespace dflow::tools {

/// Tables for people.
std::string status_as_text(const cluster::ClusterStatus& status);

/// As docs/cluster.md describes it.
std::string status_as_json(const cluster::ClusterStatus& status);

}  // namespace dflow::tools
