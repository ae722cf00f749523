#include "runtime/cluster/admission.h"

#include "runtime/cluster/home.h"
#include "runtime/cluster/security_files.h"

namespace dflow::cluster {

namespace {

using formats::Error;

Result<Admission> by_certificate(net::CertificateRole role) {
  const Result<std::string> folder = security_folder();
  if (!folder) return folder.error();
  return admission_by(folder.value(), role);
}

}  // namespace

Result<std::shared_ptr<net::Credentials>> credentials_in(const std::string& folder, net::CertificateRole role) {
  const Result<SecurityFiles> files = SecurityFiles::read(folder);
  if (!files) return files.error();
  const auto own = files.value().certificates.find(role);
  if (own == files.value().certificates.end()) {
    const std::string name(net::name_of(role));
    return Error{folder + " has no certificate of a " + name + ": `dflow security issue " + name +
                 "` makes one, where the authority is"};
  }
  return net::Credentials::load(
      {.certificate = own->second, .authority = files.value().authority, .revoked = files.value().revoked}, role);
}

Result<Admission> admission_by(const std::string& folder, net::CertificateRole role) {
  Result<std::shared_ptr<net::Credentials>> credentials = credentials_in(folder, role);
  if (!credentials) return credentials.error();
  const Result<SecurityFiles> files = SecurityFiles::read(folder);
  if (!files) return files.error();
  return Admission{.credentials = std::move(credentials).value(),
                   .security = folder,
                   .revocations = std::make_shared<Revocations>(files.value().authority, files.value().revoked)};
}

Result<Admission> admission_to(const net::Address& scheduler, net::CertificateRole role) {
  if (scheduler.loopback()) {
    Result<std::string> secret = secret_of_scheduler(scheduler.port);
    const Result<std::string> folder = security_folder();
    const bool certified = folder && SecurityFiles::in(folder.value());
    if (!secret && !certified) return secret.error();
    if (!certified || (secret && !secret.value().empty())) return Admission{.secret = std::move(secret).value()};
  }
  Result<Admission> admission = by_certificate(role);
  if (admission) return admission;
  if (const std::string why = scheduler.unknown(); !why.empty()) return Error{"the host '" + scheduler.host + "' cannot be found: " + why};
  return Error{scheduler.text() + " takes a certificate: " + admission.message()};
}

Result<Admission> admission_at(const std::string& host, net::CertificateRole role) {
  if (net::Address{.host = host}.loopback()) return Admission{};
  Result<Admission> admission = by_certificate(role);
  if (admission) return admission;
  return Error{"listening at " + host + " would open this machine to others, which takes certificates on both ends: " +
               admission.message()};
}

}  // namespace dflow::cluster
