// Where a process finds its certificates.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "formats/result.h"
#include "runtime/cluster/account.h"
#include "runtime/net/certificates.h"

namespace dflow::cluster {

using formats::Result;

/// The folder `security` in dflow's own directory, there or not.
Result<std::string> security_folder();

/// The files that a folder's `config` names: lines `authority = FILE`, `revoked = FILE` and `ROLE = FILE`, where paths are
/// relative to the folder and `#` begins a comment. A ROLE's file holds a certificate and its key.
struct SecurityFiles {
  std::string authority = {};  ///< The certificate by which all others are checked.
  std::string revoked = {};    ///< The authority's revocation list; empty: there is none, and nothing can be revoked here.
  std::map<net::CertificateRole, std::string> certificates = {};

  /// Whether there is one to read.
  static bool in(const std::string& folder);
  /// Refuses a folder or a file that others may look into, and an authority or a list that others may replace.
  static Result<SecurityFiles> read(const std::string& folder);
  /// What a `config` says that lies in this folder; an error that names the line.
  static Result<SecurityFiles> parse(std::string_view config, const std::string& folder);

  /// The names of an authority's own folder and of those that it makes for others.
  static SecurityFiles usual(const std::string& folder);
  static std::string usual_certificate(const std::string& folder, net::CertificateRole role);
};

/// An error if anybody else may read the file.
Result<void> check_private(const std::string& path);

/// Makes the folder's `config`, which names those of the usual files that are there.
Result<void> write_security_config(const std::string& folder);

/// Makes a folder of the account's with the worker's certificate of another, for a worker that runs as that account. Only
/// root can.
Result<void> lend_worker_certificate(const std::string& from, const std::string& to, const Account& account);
/// Its revocation list again, which has changed since.
Result<void> lend_revocations(const std::string& from, const std::string& to, const Account& account);

}  // namespace dflow::cluster
