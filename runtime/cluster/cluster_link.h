// How tools speak to a scheduler.
#pragma once

#include <memory>

#include "runtime/cluster/cluster_status.h"
#include "runtime/net/stream.h"

namespace dflow::cluster {

using formats::Result;

/// One question at a time; each call waits for the answer, some seconds at most.
class ClusterLink {
 public:
  static Result<ClusterLink> connect(const net::Address& address);

  Result<ClusterStatus> status();
  /// Asks the scheduler to end, and its agents and workers with it.
  Result<void> end();

 private:
  explicit ClusterLink(std::unique_ptr<net::Stream> stream) : stream_(std::move(stream)) {}
  std::unique_ptr<net::Stream> stream_;
};

}  // namespace dflow::cluster
