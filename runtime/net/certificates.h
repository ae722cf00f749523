// The certificates of dflow's processes: made, read and revoked. What OpenSSL calls things ends here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/result.h"

namespace dflow::net {

using formats::Result;

/// What its holder may be. Each certificate names one of them, as the URI `dflow:role:ROLE` among its alternative names.
enum class CertificateRole { client, scheduler, agent, worker };

std::string_view name_of(CertificateRole role);
/// Of "client", "scheduler", "agent" and "worker".
std::optional<CertificateRole> role_of(std::string_view name);

/// Seconds since 1970.
struct Validity {
  std::int64_t from = 0;
  std::int64_t until = 0;
};

/// What a certificate is to say.
struct Subject {
  CertificateRole role = CertificateRole::client;
  std::string name = {};                ///< For people.
  std::string user = {};                ///< Whose programs a client runs; empty with other roles.
  std::vector<std::string> hosts = {};  ///< Names and IP addresses by which others reach it.
};

/// A certificate and the key that belongs to it, both as PEM.
struct Credential {
  std::string certificate;
  std::string key;
};

/// What a certificate says.
struct Certificate {
  std::optional<CertificateRole> role = {};  ///< None: an authority's, or none of dflow's.
  std::string name = {};
  std::string user = {};
  std::vector<std::string> hosts = {};
  std::string serial = {};       ///< Hexadecimal.
  std::string fingerprint = {};  ///< SHA-256, hexadecimal.
  Validity validity = {};

  /// Whether it names the host, as a name or as an IP address.
  bool names(const std::string& host) const;
};

/// An authority that issues certificates: ECDSA on P-256, as all keys here.
Result<Credential> make_authority(const std::string& name, Validity validity);

/// Ends with the authority at the latest. An error for hosts that are neither names nor IP addresses.
Result<Credential> issue(const Credential& authority, const Subject& subject, Validity validity);

/// Of the first certificate in `pem`.
Result<Certificate> read_certificate(std::string_view pem);

/// The authority's revocation list: what is in `list` (empty: nothing yet), and `serials`.
Result<std::string> revoke(const Credential& authority, std::string_view list, const std::vector<std::string>& serials);

/// The serials in the list; an error if it is not the authority's.
Result<std::vector<std::string>> revoked_serials(std::string_view authority, std::string_view list);

}  // namespace dflow::net
