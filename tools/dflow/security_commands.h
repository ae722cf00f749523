#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/result.h"

/// `dflow security ...`: the certificates without which nothing leaves this machine. Each returns the exit code of the
/// tool, or what went wrong.
namespace dflow::tools {

struct SecurityOptions {
  std::vector<std::string> roles;  ///< of `issue`
  std::vector<std::string> which;  ///< of `revoke`: serials or files
  std::vector<std::string> hosts;  ///< empty: this machine's names and addresses
  std::string name;
  std::string user;    ///< empty: who runs it
  std::string output;  ///< a folder for another machine; "": dflow's own
  std::uint64_t days = 365;
  bool force = false;
  bool json = false;
};

/// Makes an authority, and certificates for this machine.
formats::Result<int> security_init(const SecurityOptions& options);

/// Makes more certificates.
formats::Result<int> security_issue(const SecurityOptions& options);

/// Makes certificates worthless.
formats::Result<int> security_revoke(const SecurityOptions& options);

/// Prints which certificates there are.
formats::Result<int> security_show(const SecurityOptions& options);

}  // namespace dflow::tools
