#include "runtime/cluster/authority.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/fs.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "formats/file.h"
#include "runtime/cluster/account.h"
#include "runtime/cluster/handshake.h"
#include "runtime/cluster/home.h"
#include "runtime/cluster/security_files.h"

namespace dflow::cluster {

namespace {

using formats::Error;

constexpr std::int64_t kDay = 24 * 60 * 60;
constexpr std::int64_t kAuthorityDays = 3650;
/// Clocks differ a little.
constexpr std::int64_t kAlready = 10 * 60;
constexpr std::size_t kMostFile = 1 << 20;
constexpr std::size_t kLeastOfSerial = 6;

std::string key_in(const std::string& folder) { return folder + "/ca.key"; }
std::string issued_in(const std::string& folder) { return folder + "/issued"; }

Error failed(const std::string& path) { return Error{path + ": " + std::strerror(errno)}; }

net::Validity from_now(std::int64_t days) {
  const std::int64_t now = std::time(nullptr);
  return {.from = now - kAlready, .until = now + days * kDay};
}

/// By what others may reach this machine, as far as it knows.
std::vector<std::string> names_of_this_machine() {
  std::vector<std::string> names{host_name(), "localhost"};
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return names;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
  for (const ifaddrs* each = first; each; each = each->ifa_next) {
    if (!each->ifa_addr || (each->ifa_flags & IFF_UP) == 0) continue;
    const int family = each->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    std::array<char, NI_MAXHOST> text{};
    const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (::getnameinfo(each->ifa_addr, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) continue;
    const bool local_to_link = std::strchr(text.data(), '%') != nullptr;
    if (!local_to_link && std::ranges::find(names, text.data()) == names.end()) names.emplace_back(text.data());
  }
  return names;
}

/// What a certificate is called that nobody has given a name.
std::string name_after(std::string host) {
  constexpr std::size_t kMost = 64;
  std::ranges::replace(host, ':', '-');
  return host.substr(0, kMost);
}

/// A folder's changes happen one after the other.
class Lock {
 public:
  explicit Lock(const std::string& folder)
      : file_(::open((folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (file_ >= 0) ::flock(file_, LOCK_EX);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    if (file_ >= 0) ::close(file_);
  }

 private:
  int file_;
};

/// Goes away with all that is in it, unless it was moved to its place.
class Draft {
 public:
  explicit Draft(const std::string& place) : path_(place + ".new-" + std::to_string(::getpid())) {}
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const noexcept { return path_; }
  /// What is there now takes the draft's place.
  Result<void> exchange(const std::string& place) const {
    if (::syscall(SYS_renameat2, AT_FDCWD, path_.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0) return {};
    if (errno != ENOENT || ::rename(path_.c_str(), place.c_str()) != 0) return failed(place);
    return {};
  }

 private:
  std::string path_;
};

Result<net::Credential> read_authority(const std::string& folder) {
  Result<std::string> certificate = formats::read_file(SecurityFiles::usual(folder).authority, kMostFile);
  if (!certificate) return certificate.error();
  if (Result<void> own = check_private(key_in(folder)); !own) return own.error();
  Result<std::string> key = formats::read_file(key_in(folder), kMostFile);
  if (!key) return key.error();
  return net::Credential{std::move(certificate).value(), std::move(key).value()};
}

struct Fresh {
  net::CertificateRole role{};
  net::Credential credential;
  net::Certificate certificate;
};

Result<std::vector<Fresh>> make(const net::Credential& authority, const CertificateOrder& order) {
  const std::vector<std::string> hosts = order.hosts.empty() ? names_of_this_machine() : order.hosts;
  std::vector<Fresh> made;
  for (const net::CertificateRole role : order.roles) {
    net::Subject subject{.role = role, .name = order.name.empty() ? name_after(hosts.front()) : order.name, .hosts = hosts};
    if (role == net::CertificateRole::client) subject.user = order.user.empty() ? own_user() : order.user;
    Result<net::Credential> credential = net::issue(authority, subject, from_now(order.days));
    if (!credential) return credential.error();
    Result<net::Certificate> certificate = net::read_certificate(credential.value().certificate);
    if (!certificate) return certificate.error();
    made.push_back({role, std::move(credential).value(), std::move(certificate).value()});
  }
  return made;
}

/// The record comes first: what is not known cannot be revoked.
Result<void> record(const std::string& folder, const std::vector<Fresh>& made) {
  if (Result<void> there = make_private_folder(issued_in(folder)); !there) return there;
  for (const Fresh& each : made) {
    const std::string path = issued_in(folder) + '/' + each.certificate.serial + ".crt";
    if (Result<void> written = write_private_file(path, each.credential.certificate); !written) return written;
  }
  return {};
}

Result<void> put_into(const std::string& folder, const std::vector<Fresh>& made) {
  for (const Fresh& each : made) {
    Result<void> written = write_private_file(SecurityFiles::usual_certificate(folder, each.role),
                                              each.credential.certificate + each.credential.key);
    if (!written) return written;
  }
  return write_security_config(folder);
}

Result<void> copy(const std::string& from, const std::string& to) {
  const Result<std::string> bytes = formats::read_file(from, kMostFile);
  return bytes ? write_private_file(to, bytes.value()) : Result<void>(bytes.error());
}

Result<void> fill(const std::string& folder, const CertificateOrder& order) {
  const Result<net::Credential> authority = net::make_authority("dflow-" + host_name().substr(0, 50), from_now(kAuthorityDays));
  if (!authority) return authority.error();
  const Result<std::string> list = net::revoke(authority.value(), "", {});
  if (!list) return list.error();
  Result<std::vector<Fresh>> made = make(authority.value(), order);
  if (!made) return made.error();
  const SecurityFiles files = SecurityFiles::usual(folder);
  Result<void> written = make_private_folder(folder);
  if (written) written = write_private_file(files.authority, authority.value().certificate);
  if (written) written = write_private_file(key_in(folder), authority.value().key);
  if (written) written = write_private_file(files.revoked, list.value());
  if (written) written = record(folder, made.value());
  return written ? put_into(folder, made.value()) : written;
}

Result<std::vector<net::Certificate>> read_issued(const std::string& folder) {
  std::vector<net::Certificate> issued;
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(issued_in(folder), problem)) {
    if (entry.path().extension() != ".crt") continue;  // of a write that was interrupted
    const Result<std::string> pem = formats::read_file(entry.path(), kMostFile);
    if (!pem) return pem.error();
    Result<net::Certificate> certificate = net::read_certificate(pem.value());
    if (!certificate) return Error{entry.path().string() + ": " + certificate.message()};
    issued.push_back(std::move(certificate).value());
  }
  std::ranges::sort(issued, {}, [](const net::Certificate& each) { return std::pair(each.validity.from, each.serial); });
  return issued;
}

Result<std::set<std::string>> read_revoked(const std::string& authority, const std::string& path) {
  if (path.empty()) return std::set<std::string>();
  const Result<std::string> list = formats::read_file(path, kMostFile);
  if (!list) return list.error();
  const Result<std::vector<std::string>> serials = net::revoked_serials(authority, list.value());
  if (!serials) return Error{path + ": " + serials.message()};
  return std::set<std::string>(serials.value().begin(), serials.value().end());
}

}  // namespace

Result<void> Authority::create(const std::string& folder, const CertificateOrder& order, bool force) {
  const bool there = ::access(folder.c_str(), F_OK) == 0;
  if (there && !force) {
    return Error{folder + " is there already: --force replaces it, and what it has issued is of no use any more"};
  }
  const Draft draft(folder);
  if (Result<void> filled = fill(draft.path(), order); !filled) return filled;
  return draft.exchange(folder);
}

Result<Authority> Authority::open(const std::string& folder) {
  if (::access(key_in(folder).c_str(), F_OK) != 0) {
    return Error{folder + " has no authority's key: `dflow security init` makes an authority, and whoever has its key "
                 "issues and revokes"};
  }
  if (Result<void> own = make_private_folder(folder); !own) return own.error();
  Result<net::Credential> credential = read_authority(folder);
  if (!credential) return credential.error();
  return Authority(folder, std::move(credential).value());
}

Result<std::vector<net::Certificate>> Authority::issue(const CertificateOrder& order, const std::string& output, bool force) {
  const Lock lock(folder_);
  const std::string& target = output.empty() ? folder_ : output;
  for (const net::CertificateRole role : order.roles) {
    const std::string path = SecurityFiles::usual_certificate(target, role);
    if (!force && ::access(path.c_str(), F_OK) == 0) return Error{path + " is there already: --force replaces it"};
  }
  Result<std::vector<Fresh>> made = make(credential_, order);
  if (!made) return made.error();
  Result<void> written = make_private_folder(target);
  if (written) written = record(folder_, made.value());
  const SecurityFiles mine = SecurityFiles::usual(folder_), theirs = SecurityFiles::usual(target);
  if (written && !output.empty()) written = copy(mine.authority, theirs.authority);
  if (written && !output.empty()) {
    const Result<std::string> revoked = list();
    written = revoked ? copy(revoked.value(), theirs.revoked) : Result<void>(revoked.error());
  }
  if (written) written = put_into(target, made.value());
  if (!written) return written.error();
  std::vector<net::Certificate> issued;
  for (Fresh& each : made.value()) issued.push_back(std::move(each.certificate));
  return issued;
}

Result<net::Certificate> Authority::find(const std::string& which) const {
  std::string serial = which;
  if (which.find('/') != std::string::npos || ::access(which.c_str(), F_OK) == 0) {
    const Result<std::string> pem = formats::read_file(which, kMostFile);
    if (!pem) return pem.error();
    const Result<net::Certificate> certificate = net::read_certificate(pem.value());
    if (!certificate) return Error{which + ": " + certificate.message()};
    serial = certificate.value().serial;
  } else if (which.size() < kLeastOfSerial) {
    return Error{"'" + which + "' is too short for a serial: at least " + std::to_string(kLeastOfSerial) + " digits of it"};
  }
  const Result<std::vector<net::Certificate>> issued = read_issued(folder_);
  if (!issued) return issued.error();
  std::vector<net::Certificate> found;
  std::ranges::copy_if(issued.value(), std::back_inserter(found),
                       [&](const net::Certificate& each) { return each.serial.starts_with(serial); });
  if (found.size() == 1) return std::move(found.front());
  return Error{"'" + which + (found.empty() ? "' is no certificate that this authority has issued: "
                                            : "' is the beginning of several serials: ") +
               "`dflow security show` lists them"};
}

Result<std::string> Authority::list() const {
  const Result<SecurityFiles> files = SecurityFiles::read(folder_);
  if (!files) return files.error();
  if (!files.value().revoked.empty()) return files.value().revoked;
  return Error{folder_ + "/config names no list of revoked certificates, so that nobody would look at one: a line `revoked = revoked.crl` is needed"};
}

Result<std::vector<net::Certificate>> Authority::revoke(const std::vector<std::string>& which) {
  const Lock lock(folder_);
  const Result<std::string> place = list();
  if (!place) return place.error();
  const std::string& path = place.value();
  const Result<std::set<std::string>> known = read_revoked(credential_.certificate, path);
  if (!known) return known.error();
  std::vector<net::Certificate> added;
  std::vector<std::string> serials;
  for (const std::string& each : which) {
    Result<net::Certificate> found = find(each);
    if (!found) return found.error();
    if (known.value().contains(found.value().serial)) continue;
    serials.push_back(found.value().serial);
    added.push_back(std::move(found).value());
  }
  if (serials.empty()) return added;
  const Result<std::string> before = formats::read_file(path, kMostFile);
  if (!before) return before.error();
  const Result<std::string> longer = net::revoke(credential_, before.value(), serials);
  if (!longer) return longer.error();
  if (Result<void> written = write_private_file(path, longer.value()); !written) return written.error();
  return added;
}

Result<KnownCertificates> known_certificates(const std::string& folder) {
  const Result<SecurityFiles> files = SecurityFiles::read(folder);
  if (!files) return files.error();
  const Result<std::string> authority = formats::read_file(files.value().authority, kMostFile);
  if (!authority) return authority.error();
  Result<net::Certificate> description = net::read_certificate(authority.value());
  if (!description) return Error{files.value().authority + ": " + description.message()};
  const Result<std::set<std::string>> revoked = read_revoked(authority.value(), files.value().revoked);
  if (!revoked) return revoked.error();
  KnownCertificates known{.authority = std::move(description).value(),
                          .has_key = ::access(key_in(folder).c_str(), R_OK) == 0,
                          .list = files.value().revoked};
  Result<std::vector<net::Certificate>> issued = read_issued(folder);
  if (!issued) return issued.error();
  for (net::Certificate& each : issued.value()) known.issued.push_back({.certificate = std::move(each)});
  for (const auto& [role, path] : files.value().certificates) {
    const Result<std::string> pem = formats::read_file(path, kMostFile);
    if (!pem) return pem.error();
    Result<net::Certificate> used = net::read_certificate(pem.value());
    if (!used) return Error{path + ": " + used.message()};
    auto entry = std::ranges::find(known.issued, used.value().serial,
                                   [](const KnownCertificate& each) { return each.certificate.serial; });
    if (entry == known.issued.end()) entry = known.issued.insert(entry, {.certificate = std::move(used).value()});
    entry->used_here = true;
  }
  for (KnownCertificate& each : known.issued) each.revoked = revoked.value().contains(each.certificate.serial);
  return known;
}

}  // namespace dflow::cluster
