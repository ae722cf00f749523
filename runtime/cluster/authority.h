// The authority of a cluster: who may be what in it. For `dflow security`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/result.h"
#include "runtime/net/certificates.h"

namespace dflow::cluster {

using formats::Result;

/// Certificates that are wanted, one for each role.
struct CertificateOrder {
  std::vector<net::CertificateRole> roles = {};
  std::string name = {};                ///< For people; empty: the first host.
  std::string user = {};                ///< Whose programs a client runs; empty: who asks.
  std::vector<std::string> hosts = {};  ///< Empty: this machine's names and addresses.
  std::int64_t days = 365;
};

/// A certificate, and what has become of it.
struct KnownCertificate {
  net::Certificate certificate = {};
  bool revoked = false;
  bool used_here = false;
};

/// A folder with an authority's certificate, key, revocation list, a copy of each certificate that it has issued, and the
/// certificates of this machine. Each file appears whole or not at all, for its owner alone.
///
/// Two processes may work on one folder: what changes it holds a lock.
class Authority {
 public:
  /// Makes a folder with an authority and certificates for all roles, whole or not at all. One that is there is replaced
  /// by `force` only.
  static Result<void> create(const std::string& folder, const CertificateOrder& order, bool force);
  /// An error if the folder has no authority's key.
  static Result<Authority> open(const std::string& folder);

  /// Issues certificates, for this folder's own use or, with `output`, for another machine: that folder then holds all
  /// that is needed there. A certificate that is there is replaced by `force` only.
  Result<std::vector<net::Certificate>> issue(const CertificateOrder& order, const std::string& output, bool force);

  /// By serials, beginnings of serials that name one, or files with certificates; all or none. Returns the newly revoked.
  Result<std::vector<net::Certificate>> revoke(const std::vector<std::string>& which);
  /// The list of those: the file that the folder's `config` names. An error if it names none.
  Result<std::string> list() const;

 private:
  Authority(std::string folder, net::Credential credential)
      : folder_(std::move(folder)), credential_(std::move(credential)) {}
  Result<net::Certificate> find(const std::string& which) const;

  std::string folder_;
  net::Credential credential_;
};

struct KnownCertificates {
  net::Certificate authority = {};
  bool has_key = false;  ///< It can issue and revoke here.
  std::string list = {};  ///< Of what was revoked; empty: there is none.
  std::vector<KnownCertificate> issued = {};
};

/// All that is known in a folder: what its authority has issued, or else what is used here.
Result<KnownCertificates> known_certificates(const std::string& folder);

}  // namespace dflow::cluster
