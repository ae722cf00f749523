#include "runtime/cluster/kept_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <tuple>
#include <vector>

#include "runtime/cluster/home.h"

namespace dflow::cluster {

namespace {

namespace fs = std::filesystem;

constexpr const char* kLock = "/.in-use";

struct Folder {
  std::pair<std::int64_t, std::int64_t> used;  ///< When last: seconds, nanoseconds.
  std::string path;
  std::uint64_t bytes = 0;
  bool operator<(const Folder& other) const { return std::tie(used, path) < std::tie(other.used, other.path); }
};

/// What dflow has made has this file of the user's in it, whatever else is in the folder. -1 if not.
int open_mark(const std::string& path) {
  const int file = ::open((path + kLock).c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat found {};
  if (file < 0 || (::fstat(file, &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == ::geteuid())) return file;
  ::close(file);
  errno = EEXIST;
  return -1;
}

bool is_marked(const std::string& path) {
  const int file = open_mark(path);
  if (file >= 0) ::close(file);
  return file >= 0;
}

/// A folder with nothing in it is taken. What lies in another is somebody's: EEXIST.
int mark(const std::string& path) {
  int file = open_mark(path);
  if (file >= 0 || errno != ENOENT) return file;
  std::error_code unreadable;
  const bool empty = fs::is_empty(path, unreadable);
  if (unreadable) return (errno = unreadable.value(), -1);
  if (empty) return ::open((path + kLock).c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  file = open_mark(path);  // another may just have marked it
  if (file < 0 && errno == ENOENT) errno = EEXIST;
  return file;
}

/// The kernel's own clock for files is too coarse to tell which of two was used last.
void note_use(int file) {
  timespec now[2] = {};
  ::clock_gettime(CLOCK_REALTIME, &now[0]);
  now[1] = now[0];
  ::futimens(file, now);
}

Folder look_at(const std::string& path) {
  Folder folder{.used = {}, .path = path};
  struct stat found {};
  if (::stat((path + kLock).c_str(), &found) != 0) ::stat(path.c_str(), &found);
  folder.used = {found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, ignored)) {
    const std::uintmax_t size = entry.is_regular_file(ignored) ? entry.file_size(ignored) : 0;
    if (size != static_cast<std::uintmax_t>(-1)) folder.bytes += size;
  }
  return folder;
}

/// The mark goes last: what is left by a process that was killed meanwhile is still known for dflow's.
void remove_marked(const std::string& path) {
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, failed)) {
    if (entry.path().filename() != kLock + 1) fs::remove_all(entry.path(), failed);
    if (failed) return;
  }
  if (failed) return;
  ::unlink((path + kLock).c_str());
  ::rmdir(path.c_str());  // unless somebody has taken it again
}

/// False if somebody keeps it, or it is none of dflow's.
bool remove_unless_kept(const std::string& path) {
  const int lock = open_mark(path);
  if (lock < 0) return false;
  struct stat mine {};
  const bool alone = ::flock(lock, LOCK_EX | LOCK_NB) == 0 && ::fstat(lock, &mine) == 0 && mine.st_nlink > 0;
  if (alone) remove_marked(path);
  ::close(lock);
  return alone;
}

}  // namespace

Result<KeptFolder> KeptFolder::keep(const std::string& path, std::optional<gid_t> group) {
  for (;;) {
    const Result<void> made = group ? make_folder_for(path, *group) : make_private_folder(path);
    if (!made) return made.error();
    const int lock = mark(path);
    if (lock < 0 && errno == ENOENT) continue;  // it has just been removed
    if (lock < 0 && errno == EEXIST) return formats::Error{path + ": holds files that are not dflow's: move them, or give the agent another --dir"};
    if (lock < 0) return formats::Error{path + ": " + std::strerror(errno)};
    struct stat mine {};
    if (::flock(lock, LOCK_SH) == 0 && ::fstat(lock, &mine) == 0 && mine.st_nlink > 0) {
      note_use(lock);
      return KeptFolder(path, lock);
    }
    ::close(lock);  // it was removed while it was waited for
  }
}

KeptFolder::~KeptFolder() {
  if (lock_ >= 0) ::close(lock_);
}

void clear_folders(const std::string& folder, std::uint64_t most) {
  std::vector<Folder> folders;
  std::uint64_t bytes = 0;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    if (!entry.is_directory(ignored) || entry.is_symlink(ignored) || !is_marked(entry.path().string())) continue;
    folders.push_back(look_at(entry.path().string()));
    bytes += folders.back().bytes;
  }
  std::ranges::sort(folders, [](const Folder& a, const Folder& b) { return a < b; });
  for (const Folder& each : folders) {
    if (bytes <= most) return;
    if (remove_unless_kept(each.path)) bytes -= each.bytes;
  }
}

}  // namespace dflow::cluster
