// What it takes to join a scheduler.
#pragma once

#include <memory>
#include <string>

#include "runtime/cluster/revocations.h"
#include "runtime/net/stream.h"

namespace dflow::cluster {

using formats::Result;

/// On this machine a secret that its user may read; beyond it, certificates.
struct Admission {
  std::string secret = {};
  std::shared_ptr<net::Credentials> credentials = {};
  std::string security = {};  ///< The folder of the credentials.
  std::shared_ptr<Revocations> revocations = {};  ///< With credentials.
};

/// For who wants to join this scheduler as that. An error if it takes certificates and there are none.
Result<Admission> admission_to(const net::Address& scheduler, net::CertificateRole role);

/// The certificate of this role in a folder, and what is needed to judge others.
Result<std::shared_ptr<net::Credentials>> credentials_in(const std::string& folder, net::CertificateRole role);

/// The same, and who is revoked.
Result<Admission> admission_by(const std::string& folder, net::CertificateRole role);

/// For who wants to listen at this host: none on loopback, else what is in dflow's own directory.
Result<Admission> admission_at(const std::string& host, net::CertificateRole role);

}  // namespace dflow::cluster
