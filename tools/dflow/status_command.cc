#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "formats/file.h"
#include "runtime/cluster/cluster_link.h"
#include "tools/dflow/cluster_address.h"
#include "tools/dflow/cluster_commands.h"
#include "tools/dflow/render_status.h"

namespace dflow::tools {

namespace {

using formats::Result;

Result<int> print(const std::string& text) {
  formats::DescriptorSink out(STDOUT_FILENO, "standard output");
  out.write(text);
  if (Result<void> written = out.flush(); !written) return written.error();
  return 0;
}

Result<cluster::ClusterLink> connect(const StatusOptions& options) {
  const Result<ClusterAddress> address = cluster_address(options.scheduler);
  if (!address) return address.error();
  Result<cluster::ClusterLink> link = cluster::ClusterLink::connect(address.value().address);
  if (!link) return formats::Error{unreachable(address.value(), link.message(),
                                             "`dflow up` starts a cluster here, --scheduler=HOST:PORT names another")};
  return link;
}

}  // namespace

Result<int> show_status(const StatusOptions& options) {
  Result<cluster::ClusterLink> link = connect(options);
  if (!link) return link.error();
  const Result<cluster::ClusterStatus> status = link.value().status();
  if (!status) return status.error();
  return print(options.json ? status_as_json(status.value()) : status_as_text(status.value()));
}

Result<int> watch_status(const StatusOptions& options) {
  if (::isatty(STDOUT_FILENO) != 1) return show_status(options);
  Result<cluster::ClusterLink> link = connect(options);
  if (!link) return link.error();
  const timespec pause{.tv_sec = 1, .tv_nsec = 0};
  for (;;) {
    Result<cluster::ClusterStatus> status = link.value().status();
    if (!status) {  // this may have been stopped for longer than the scheduler waits
      link = connect(options);
      if (!link) return link.error();
      status = link.value().status();
    }
    if (!status) return status.error();
    constexpr const char* kHome = "\033[H\033[2J";  // to the first line, and all is cleared
    Result<int> printed = print(kHome + status_as_text(status.value()) + "\nControl-C ends this.\n");
    if (!printed) return printed;
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace dflow::tools
