// The user's own directory of dflow's: which schedulers run here, and what it takes to join them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "formats/result.h"
#include "runtime/cluster/account.h"

namespace dflow::cluster {

using formats::Result;

/// Makes a folder that is for this user alone, or checks one that is there.
Result<void> make_private_folder(const std::string& path);

/// $DFLOW_HOME, else ~/.dflow, for this user alone (mode 0700). It is made if it is not there; one that others own or may
/// look into is refused: its secrets let whoever reads them run code as this user.
Result<std::string> home();

/// A folder in it, made if it is not there.
Result<std::string> home_folder(const std::string& name);

/// Makes or replaces a file that is for this user alone, or for the account, which only root can do (mode 0600); whole or
/// not at all.
Result<void> write_private_file(const std::string& path, std::string_view bytes, const Account* account = nullptr);

/// A folder of this process's that others may pass through, or that the members of a group may read.
Result<void> make_passable_folder(const std::string& path);
Result<void> make_folder_for(const std::string& path, gid_t group);
/// A folder that is the account's alone.
Result<void> make_private_folder(const std::string& path, const Account& account);

/// What a scheduler of this user's on this machine asks of those who join; empty if it is not one of his. An error if the folder of
/// such secrets cannot be trusted.
Result<std::string> secret_of_scheduler(std::uint16_t port);

/// A running scheduler's secret, where others of this user's processes find it; gone when this is.
class SecretFile {
 public:
  static Result<SecretFile> create(std::uint16_t port, const std::string& secret);
  SecretFile(SecretFile&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  SecretFile& operator=(SecretFile&&) = delete;
  ~SecretFile();

 private:
  explicit SecretFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace dflow::cluster
