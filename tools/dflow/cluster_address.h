#pragma once

#include <string>

#include "runtime/net/stream.h"

/// Which cluster a command is about.
namespace dflow::tools {

/// `given` (an option, or $DFLOW_SCHEDULER), else the cluster that `dflow up` has started.
formats::Result<net::Address> cluster_address(const std::string& given);

/// The cluster that `dflow up` has started, as it notes it; "" if there is none.
std::string noted_cluster();
formats::Result<void> note_cluster(const std::string& address);
void forget_cluster();

}  // namespace dflow::tools
