#pragma once

#include <string>
#include <string_view>

#include "runtime/net/stream.h"

/// Which cluster a command is about.
namespace dflow::tools {

struct ClusterAddress {
  net::Address address;
  std::string origin;  ///< Where it comes from: "--scheduler", "DFLOW_SCHEDULER", "the last `dflow up`".
};

/// `given` (an option, or $DFLOW_SCHEDULER), else the cluster that `dflow up` has started.
formats::Result<ClusterAddress> cluster_address(const std::string& given);

/// Nobody could be talked to there: why, where the address comes from, and what to do.
std::string unreachable(const ClusterAddress& address, const std::string& why, std::string_view advice);

/// The cluster that `dflow up` has started, as it notes it; "" if there is none.
std::string noted_cluster();
formats::Result<void> note_cluster(const std::string& address);
void forget_cluster();

}  // namespace dflow::tools
