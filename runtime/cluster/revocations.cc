#include "runtime/cluster/revocations.h"

#include <sys/stat.h>

#include <utility>

#include "formats/file.h"
#include "runtime/net/certificates.h"

namespace dflow::cluster {

namespace {

constexpr std::size_t kMostFile = 1 << 20;

/// The version of a file: the same as long as nobody has replaced it or written into it.
std::string stamp_of(const std::string& path) {
  struct stat found {};
  if (path.empty() || ::stat(path.c_str(), &found) != 0) return {};
  return std::to_string(found.st_mtim.tv_sec) + ' ' + std::to_string(found.st_mtim.tv_nsec) + ' ' +
         std::to_string(found.st_ino) + ' ' + std::to_string(found.st_size);
}

}  // namespace

bool Revocations::reread() {
  std::string stamp = stamp_of(list_);
  if (stamp.empty() || stamp == stamp_) return false;
  const formats::Result<std::string> authority = formats::read_file(authority_, kMostFile);
  const formats::Result<std::string> list = formats::read_file(list_, kMostFile);
  if (!authority || !list) return false;
  const auto serials = net::revoked_serials(authority.value(), list.value());
  if (!serials) return false;
  serials_ = {serials.value().begin(), serials.value().end()};
  stamp_ = std::move(stamp);  // what could not be read, for want of files perhaps, is tried again
  return true;
}

}  // namespace dflow::cluster
