#include "tools/dflow/security_commands.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>

#include "formats/file.h"
#include "formats/json_text.h"
#include "formats/printable.h"
#include "runtime/cluster/authority.h"
#include "runtime/cluster/security_files.h"
#include "tools/dflow/table.h"
#include "tools/dflow/text.h"

namespace dflow::tools {

namespace {

using cluster::Authority;
using cluster::CertificateOrder;
using cluster::KnownCertificate;
using cluster::KnownCertificates;
using formats::Error;
using formats::printable;
using formats::Result;

Result<int> print(const std::string& words) {
  formats::DescriptorSink out(STDOUT_FILENO, "standard output");
  out.write(words);
  if (Result<void> written = out.flush(); !written) return written.error();
  return 0;
}

std::string date_of(std::int64_t seconds) {
  std::array<char, 32> date{};
  std::tm parts{};
  const std::time_t time = seconds;
  ::gmtime_r(&time, &parts);
  return std::strftime(date.data(), date.size(), "%Y-%m-%d %H:%M", &parts) > 0 ? date.data() : "";
}

std::string role_of(const net::Certificate& certificate) {
  return certificate.role ? std::string(net::name_of(*certificate.role)) : "none";
}

std::string state_of(const KnownCertificate& known) {
  const std::int64_t now = std::time(nullptr);
  if (known.revoked) return "revoked";
  if (known.certificate.validity.until < now) return "expired";
  if (known.certificate.validity.from > now) return "not yet valid";
  return known.used_here ? "used here" : "valid";
}

Result<CertificateOrder> order_of(const SecurityOptions& options) {
  CertificateOrder order{.name = options.name,
                         .user = options.user,
                         .hosts = options.hosts,
                         .days = static_cast<std::int64_t>(options.days)};
  for (const std::string& name : options.roles) {
    const std::optional<net::CertificateRole> role = net::role_of(name);
    if (!role) return Error{text({"'", name, "' is no role: there are client, scheduler, agent and worker"})};
    if (std::ranges::find(order.roles, *role) == order.roles.end()) order.roles.push_back(*role);
  }
  return order;
}

std::string described(const net::Certificate& certificate) {
  return text({role_of(certificate), " ", printable(certificate.name), certificate.user.empty() ? "" : " for the programs of ",
               printable(certificate.user), ", valid until ", date_of(certificate.validity.until), " UTC, serial ", certificate.serial,
               "\n"});
}

std::string as_text(const std::string& folder, const KnownCertificates& known) {
  const net::Certificate& authority = known.authority;
  std::string out = text({"authority ", printable(authority.name), " in ", folder, ", valid until ", date_of(authority.validity.until),
                          " UTC, ", known.has_key ? "issues and revokes here" : "its key is elsewhere", "\nSHA-256 ",
                          authority.fingerprint, known.list.empty() ? "\nconfig names no list of revoked certificates: none is refused here" : "",
                          "\n\n"});
  std::vector<std::vector<std::string>> rows{{"SERIAL", "ROLE", "NAME", "USER", "VALID UNTIL (UTC)", "STATE", "HOSTS"}};
  for (const KnownCertificate& each : known.issued) {
    const net::Certificate& it = each.certificate;
    rows.push_back({it.serial, role_of(it), printable(it.name), it.user.empty() ? "-" : printable(it.user),
                    date_of(it.validity.until), state_of(each), printable(joined(it.hosts, " "))});
  }
  return out + table(rows);
}

void append_json(std::string& out, std::string_view key, const std::string& value) {
  formats::append_json_string(out, key);
  out += ": ";
  formats::append_json_string(out, value);
}

std::string as_json(const std::string& folder, const KnownCertificates& known) {
  std::string out = "{";
  append_json(out, "folder", folder);
  out += ", \"authority\": {";
  append_json(out, "name", known.authority.name);
  out += ", ";
  append_json(out, "sha256", known.authority.fingerprint);
  out += text({", \"until\": ", std::to_string(known.authority.validity.until), ", \"has_key\": ",
               known.has_key ? "true" : "false", "}, \"certificates\": ["});
  for (const KnownCertificate& each : known.issued) {
    const net::Certificate& it = each.certificate;
    out += &each == &known.issued.front() ? "{" : ", {";
    append_json(out, "serial", it.serial);
    for (const auto& [key, value] : std::array<std::pair<const char*, std::string>, 4>{
             {{"role", role_of(it)}, {"name", it.name}, {"user", it.user}, {"state", state_of(each)}}}) {
      out += ", ";
      append_json(out, key, value);
    }
    out += text({", \"from\": ", std::to_string(it.validity.from), ", \"until\": ", std::to_string(it.validity.until),
                 ", \"hosts\": ["});
    for (const std::string& host : it.hosts) {
      if (&host != &it.hosts.front()) out += ", ";
      formats::append_json_string(out, host);
    }
    out += "]}";
  }
  return out + "]}\n";
}

}  // namespace

Result<int> security_init(const SecurityOptions& options) {
  const Result<std::string> folder = cluster::security_folder();
  if (!folder) return folder.error();
  Result<CertificateOrder> order = order_of(options);
  order.value().roles = {net::CertificateRole::client, net::CertificateRole::scheduler, net::CertificateRole::agent,
                         net::CertificateRole::worker};
  if (Result<void> made = Authority::create(folder.value(), order.value(), options.force); !made) return made.error();
  return print(text({"an authority, and certificates for this machine, are in ", folder.value(),
                     " (`dflow security show`)\nwhoever reads ", folder.value(),
                     "/ca.key can be anybody: it belongs to no other machine\n"
                     "for another machine: dflow security issue agent worker --host=ITS-NAME --output=DIR, then copy DIR "
                     "there as ~/.dflow/security\n"
                     "for another user: dflow security issue client --user=NAME --output=DIR\n"}));
}

Result<int> security_issue(const SecurityOptions& options) {
  const Result<std::string> folder = cluster::security_folder();
  if (!folder) return folder.error();
  Result<CertificateOrder> order = order_of(options);
  if (!order) return order.error();
  Result<Authority> authority = Authority::open(folder.value());
  if (!authority) return authority.error();
  const auto issued = authority.value().issue(order.value(), options.output, options.force);
  if (!issued) return issued.error();
  std::string out;
  for (const net::Certificate& each : issued.value()) out += described(each);
  if (!options.output.empty()) out += text({"copy ", options.output, " to the other machine as ~/.dflow/security\n"});
  return print(out);
}

Result<int> security_revoke(const SecurityOptions& options) {
  const Result<std::string> folder = cluster::security_folder();
  if (!folder) return folder.error();
  Result<Authority> authority = Authority::open(folder.value());
  if (!authority) return authority.error();
  const auto revoked = authority.value().revoke(options.which);
  if (!revoked) return revoked.error();
  std::string out;
  for (const net::Certificate& each : revoked.value()) out += text({"revoked: ", described(each)});
  if (revoked.value().empty()) out = "they were revoked before\n";
  return print(text({out, "copy ", authority.value().list().value(),
                     " to the other machines' ~/.dflow/security: they refuse it from then on\n"}));
}

Result<int> security_show(const SecurityOptions& options) {
  const Result<std::string> folder = cluster::security_folder();
  if (!folder) return folder.error();
  const Result<KnownCertificates> known = cluster::known_certificates(folder.value());
  if (!known) return known.error();
  return print(options.json ? as_json(folder.value(), known.value()) : as_text(folder.value(), known.value()));
}

}  // namespace dflow::tools
