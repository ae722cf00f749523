#include "runtime/cluster/home.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "formats/file.h"

namespace dflow::cluster {

namespace {

using formats::Error;

constexpr const char* kSchedulers = "schedulers";
constexpr std::size_t kMostSecret = 256;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Error about(const std::string& path, const std::string& problem) {
  return Error{path + ": " + problem + "; DFLOW_HOME=DIR puts dflow's own files elsewhere"};
}

}  // namespace

Result<void> make_private_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return about(path, std::strerror(errno));
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return about(path, std::strerror(errno));
  if (!S_ISDIR(found.st_mode)) return about(path, "is no directory");
  if (found.st_uid != ::geteuid()) return about(path, "belongs to another user");
  if ((found.st_mode & 077) != 0) return about(path, "others may look into it: chmod 700 it");
  return {};
}

namespace {

/// Its owner and mode are what they have to be, or it is refused. Nobody else may write into the folder above.
Result<void> make_folder(const std::string& path, uid_t owner, gid_t group, mode_t mode) {
  const bool made = ::mkdir(path.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return about(path, std::strerror(errno));
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return about(path, std::strerror(errno));
  if (!S_ISDIR(found.st_mode)) return about(path, "is no directory");
  const bool interrupted = found.st_uid == ::geteuid() && owner != ::geteuid();  // before it was given away
  if (made || interrupted) {
    const bool given = ::chmod(path.c_str(), mode) == 0 && ::lchown(path.c_str(), owner, group) == 0;
    return given ? Result<void>() : about(path, std::strerror(errno));
  }
  if (found.st_uid != owner) return about(path, "belongs to another user");
  if ((found.st_mode & 0777 & ~mode) != 0) return about(path, "others may do more with it than they should");
  return {};
}

}  // namespace

Result<void> make_passable_folder(const std::string& path) { return make_folder(path, ::geteuid(), ::getegid(), 0711); }

Result<void> make_folder_for(const std::string& path, gid_t group) { return make_folder(path, ::geteuid(), group, 0750); }

Result<void> make_private_folder(const std::string& path, const Account& account) {
  return make_folder(path, account.uid, account.gid, 0700);
}

Result<std::string> home() {
  std::string path = variable("DFLOW_HOME");
  if (path.empty()) {
    const std::string user_home = variable("HOME");
    if (user_home.empty()) return Error{"neither DFLOW_HOME nor HOME is set: DFLOW_HOME=DIR says where dflow's own files go"};
    path = user_home + "/.dflow";
  }
  if (Result<void> made = make_private_folder(path); !made) return made.error();
  return path;
}

Result<std::string> home_folder(const std::string& name) {
  Result<std::string> base = home();
  if (!base) return base.error();
  std::string path = base.value() + '/' + name;
  if (Result<void> made = make_private_folder(path); !made) return made.error();
  return path;
}

Result<void> write_private_file(const std::string& path, std::string_view bytes, const Account* account) {
  const std::string draft = path + ".new-" + std::to_string(::getpid());
  ::unlink(draft.c_str());  // of a process that was killed
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return about(path, std::strerror(errno));
  formats::DescriptorSink sink(file, path);
  sink.write(bytes);
  Result<void> written = sink.flush();
  if (written && account && ::fchown(file, account->uid, account->gid) != 0) written = about(path, std::strerror(errno));
  if (written && ::fsync(file) != 0) written = about(path, std::strerror(errno));
  ::close(file);
  if (written && ::rename(draft.c_str(), path.c_str()) != 0) written = about(path, std::strerror(errno));
  if (!written) ::unlink(draft.c_str());
  return written;
}

Result<std::string> secret_of_scheduler(std::uint16_t port) {
  const Result<std::string> folder = home_folder(kSchedulers);
  if (!folder) return folder.error();
  Result<std::string> secret = formats::read_file(folder.value() + '/' + std::to_string(port), kMostSecret);
  return secret ? std::move(secret).value() : std::string();
}

Result<SecretFile> SecretFile::create(std::uint16_t port, const std::string& secret) {
  const Result<std::string> folder = home_folder(kSchedulers);
  if (!folder) return folder.error();
  std::string path = folder.value() + '/' + std::to_string(port);
  const Result<std::string> known = formats::read_file(path, kMostSecret);
  if (known && known.value() == secret) return SecretFile(std::move(path));  // a full disk would not take it again
  ::unlink(path.c_str());  // of a scheduler that was killed; the port is ours now
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return about(path, std::strerror(errno));
  const bool written = ::write(file, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size());
  const int problem = errno;
  ::close(file);
  SecretFile made(std::move(path));
  if (!written) return about(made.path_, std::strerror(problem));
  return made;
}

SecretFile::~SecretFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace dflow::cluster
