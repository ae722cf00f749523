// Under which of the machine's users a program's workers run.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "formats/result.h"

namespace dflow::cluster {

using formats::Result;

struct Account {
  std::string name = {};
  std::string home = {};
  std::string shell = {};
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups = {};
};

/// Who runs this process.
std::string own_user();

/// For the programs of `user` (empty: of who runs this process). None: they run as this process does. An agent that is root
/// runs each user's programs as that user; others run their own user's, or, if `any`, everybody's as themselves. An error
/// for people where that cannot be.
Result<std::optional<Account>> account_for(const std::string& user, bool any);

}  // namespace dflow::cluster
