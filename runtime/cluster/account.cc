#include "runtime/cluster/account.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>

namespace dflow::cluster {

namespace {

using formats::Error;

constexpr std::size_t kEntry = 16 << 10;
constexpr int kMostGroups = 65536;  // the kernel's

Result<std::optional<Account>> find(const std::string& user) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> text(kEntry);
  if (::getpwnam_r(user.c_str(), &entry, text.data(), text.size(), &found) != 0 || !found) {
    return Error{"this machine has no user '" + user + "', whose program it is, and the agent, which is root, runs nobody's "
                 "programs as another: make that user, or start the agent as another one with --any-user"};
  }
  Account account{.name = user, .home = entry.pw_dir, .shell = entry.pw_shell, .uid = entry.pw_uid, .gid = entry.pw_gid};
  int count = 64;
  account.groups.resize(static_cast<std::size_t>(count));
  while (::getgrouplist(user.c_str(), account.gid, account.groups.data(), &count) < 0 && count <= kMostGroups) {
    account.groups.resize(static_cast<std::size_t>(count));
  }
  account.groups.resize(static_cast<std::size_t>(count));
  return std::optional(std::move(account));
}

}  // namespace

std::string own_user() {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> text(kEntry);
  return ::getpwuid_r(::geteuid(), &entry, text.data(), text.size(), &found) == 0 && found ? entry.pw_name : "";
}

Result<std::optional<Account>> account_for(const std::string& user, bool any) {
  if (user.empty() || user == own_user()) return std::optional<Account>();
  if (::geteuid() == 0) return find(user);
  if (any) return std::optional<Account>();
  return Error{"the agent runs as '" + own_user() + "', and this is a program of '" + user +
               "': started as root, it runs each user's programs as that user; with --any-user it runs all as its own, and "
               "they can read each other's data"};
}

}  // namespace dflow::cluster
