#include "runtime/cluster/security_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>

#include "formats/file.h"
#include "runtime/cluster/home.h"

namespace dflow::cluster {

namespace {

using formats::Error;

constexpr std::size_t kMostConfig = 64 << 10, kMostFile = 1 << 20;
constexpr std::string_view kBlanks = " \t\r";
constexpr std::array kAllRoles{net::CertificateRole::client, net::CertificateRole::scheduler, net::CertificateRole::agent,
                               net::CertificateRole::worker};

std::string config_in(const std::string& folder) { return folder + "/config"; }

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// Where a setting of this name goes; null if there is none.
std::string* place_of(SecurityFiles& files, std::string_view name) {
  if (name == "authority") return &files.authority;
  if (name == "revoked") return &files.revoked;
  const std::optional<net::CertificateRole> role = net::role_of(name);
  return role ? &files.certificates[*role] : nullptr;
}

/// An empty message: nothing is wrong with the line.
std::string take_line(SecurityFiles& files, std::string_view line, const std::string& folder) {
  line = trimmed(line.substr(0, line.find('#')));
  if (line.empty()) return {};
  const std::size_t equals = line.find('=');
  const std::string_view name = trimmed(line.substr(0, equals));
  const std::string_view value = equals == std::string_view::npos ? "" : trimmed(line.substr(equals + 1));
  if (value.empty()) return "expected NAME = FILE";
  std::string* place = place_of(files, name);
  if (!place) {
    return "'" + std::string(name) + "' is no setting: there are authority, revoked, client, scheduler, agent and worker";
  }
  if (!place->empty()) return "'" + std::string(name) + "' has a file already";
  *place = value.front() == '/' ? std::string(value) : folder + '/' + std::string(value);
  return {};
}

/// What others may do with it. An error if it is another user's, who is not root; `then` says what follows from that.
Result<mode_t> mode_of_own(const std::string& path, const char* then = "") {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return Error{path + ": " + std::strerror(errno)};
  if (found.st_uid != ::geteuid() && found.st_uid != 0) return Error{path + ": belongs to another user" + then};
  return found.st_mode;
}

/// Who can write a file by which others are checked decides who comes in; so can who replaces it. (In a folder with a sticky bit
/// only its owner does that.)
Result<void> check_unwritable(const std::string& path) {
  if (path.empty()) return {};
  std::error_code problem;
  const std::filesystem::path file = std::filesystem::canonical(path, problem);
  if (problem) return Error{path + ": " + problem.message()};
  for (const std::string& each : {file.string(), file.parent_path().string()}) {
    const Result<mode_t> mode = mode_of_own(each, ", and says who is let in");
    if (!mode) return mode.error();
    const bool sticky = S_ISDIR(mode.value()) && (mode.value() & S_ISVTX) != 0;
    if ((mode.value() & 022) != 0 && !sticky) return Error{each + ": others may write it, and it says who is let in: chmod go-w it"};
  }
  return {};
}

/// A copy for the account; of no file, none.
Result<void> lend(const std::string& path, const std::string& copy, const Account& account) {
  if (path.empty()) return {};
  const Result<std::string> bytes = formats::read_file(path, kMostFile);
  return bytes ? write_private_file(copy, bytes.value(), &account) : Result<void>(bytes.error());
}

}  // namespace

Result<void> check_private(const std::string& path) {
  const Result<mode_t> mode = mode_of_own(path);
  if (!mode) return mode.error();
  if ((mode.value() & 077) != 0) return Error{path + ": others may read it: chmod 600 it"};
  return {};
}

Result<std::string> security_folder() {
  Result<std::string> base = home();
  if (!base) return base.error();
  return base.value() + "/security";
}

bool SecurityFiles::in(const std::string& folder) { return is_there(config_in(folder)); }

Result<SecurityFiles> SecurityFiles::read(const std::string& folder) {
  const std::string path = config_in(folder);
  if (!is_there(path)) return Error{"there are no certificates in " + folder + ": `dflow security init` makes some"};
  if (Result<void> own = make_private_folder(folder); !own) return own.error();
  if (Result<void> own = check_private(path); !own) return own.error();
  const Result<std::string> config = formats::read_file(path, kMostConfig);
  if (!config) return config.error();
  Result<SecurityFiles> files = parse(config.value(), folder);
  if (!files) return files;
  for (const auto& [role, file] : files.value().certificates) {
    if (Result<void> own = check_private(file); !own) return own.error();
  }
  for (const std::string& file : {files.value().authority, files.value().revoked}) {
    if (Result<void> own = check_unwritable(file); !own) return own.error();
  }
  return files;
}

Result<SecurityFiles> SecurityFiles::parse(std::string_view config, const std::string& folder) {
  const std::string path = config_in(folder);
  SecurityFiles files;
  for (int number = 1; !config.empty(); ++number) {
    const std::size_t end = config.find('\n');
    const std::string wrong = take_line(files, config.substr(0, end), folder);
    if (!wrong.empty()) return Error{path + ':' + std::to_string(number) + ": " + wrong};
    config = end == std::string_view::npos ? "" : config.substr(end + 1);
  }
  if (files.authority.empty()) return Error{path + ": no authority is named: a line `authority = FILE` is needed"};
  return files;
}

SecurityFiles SecurityFiles::usual(const std::string& folder) {
  SecurityFiles files{.authority = folder + "/ca.crt", .revoked = folder + "/revoked.crl"};
  for (const net::CertificateRole role : kAllRoles) files.certificates[role] = usual_certificate(folder, role);
  return files;
}

std::string SecurityFiles::usual_certificate(const std::string& folder, net::CertificateRole role) {
  return folder + '/' + std::string(net::name_of(role)) + ".pem";
}

Result<void> write_security_config(const std::string& folder) {
  std::string text =
      "# Which certificates dflow uses here; `dflow security show` says what is in them. Paths are relative to this folder.\n"
      "authority = ca.crt\n"
      "revoked = revoked.crl\n";
  for (const auto& [role, path] : SecurityFiles::usual(folder).certificates) {
    if (is_there(path)) text.append(net::name_of(role)).append(" = ").append(path.substr(folder.size() + 1)).append("\n");
  }
  return write_private_file(config_in(folder), text);
}

Result<void> lend_worker_certificate(const std::string& from, const std::string& to, const Account& account) {
  const Result<SecurityFiles> files = SecurityFiles::read(from);
  if (!files) return files.error();
  const auto own = files.value().certificates.find(net::CertificateRole::worker);
  if (own == files.value().certificates.end()) {
    return Error{from + " has no certificate of a worker: `dflow security issue worker` makes one, where the authority is"};
  }
  Result<void> done = make_private_folder(to, account);
  if (done) done = lend(files.value().authority, to + "/ca.crt", account);
  if (done) done = lend(files.value().revoked, to + "/revoked.crl", account);
  if (done) done = lend(own->second, to + "/worker.pem", account);
  if (!done) return done;
  const bool revokes = !files.value().revoked.empty();
  return write_private_file(config_in(to),
                            std::string("authority = ca.crt\nworker = worker.pem\n") + (revokes ? "revoked = revoked.crl\n" : ""),
                            &account);
}

Result<void> lend_revocations(const std::string& from, const std::string& to, const Account& account) {
  const Result<SecurityFiles> files = SecurityFiles::read(from);
  if (!files) return files.error();
  return lend(files.value().revoked, to + "/revoked.crl", account);
}

}  // namespace dflow::cluster
