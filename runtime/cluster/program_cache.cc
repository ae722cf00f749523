#include "runtime/cluster/program_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "runtime/cluster/file_hash.h"
#include "runtime/cluster/home.h"

namespace dflow::cluster {

namespace {

using formats::Error;

/// Names come from others: they stay in their folder.
bool plain_name(const std::string& name) {
  return !name.empty() && name.size() < 200 && name[0] != '.' && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

/// Its own, whoever fetches the same file at the same time.
std::string part_of(const std::string& path) {
  static std::atomic<std::uint64_t> last{0};
  return path + ".part-" + std::to_string(::getpid()) + '-' + std::to_string(++last);
}

/// Grows as it is fetched; goes away unless it is put in its place.
class Part {
 public:
  explicit Part(const std::string& path) : path_(part_of(path)) {
    ::unlink(path_.c_str());  // of a process of that number that was killed
    file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    if (file_ < 0) problem_ = errno;
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  ~Part() {
    if (file_ >= 0) ::close(file_);
    ::unlink(path_.c_str());
  }

  /// Its members may read and run it.
  void open_to(gid_t group) {
    const bool open = file_ >= 0 && ::fchown(file_, ::geteuid(), group) == 0 && ::fchmod(file_, 0750) == 0;
    if (!open && problem_ == 0) problem_ = errno;
  }
  Result<void> write(std::string_view bytes) {
    while (problem_ == 0 && !bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written >= 0) bytes.remove_prefix(static_cast<std::size_t>(written));
      else if (errno != EINTR) problem_ = errno;
    }
    return state();
  }
  Result<void> close() {
    if (file_ >= 0 && ::close(std::exchange(file_, -1)) != 0) problem_ = errno;
    return state();
  }
  Result<void> place_at(const std::string& path) {
    if (::rename(path_.c_str(), path.c_str()) != 0) problem_ = errno;
    return state();
  }
  const std::string& path() const noexcept { return path_; }

 private:
  Result<void> state() const {
    if (problem_ == 0) return {};
    return Error{"the program cannot be stored in " + path_.substr(0, path_.rfind('/')) + ": " + std::strerror(problem_) +
                 "; make room there, or give the agent another --dir"};
  }
  std::string path_;
  int file_ = -1;
  int problem_ = 0;
};

bool matches(const std::string& path, const ProgramFile& file) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode) || found.st_uid != ::geteuid()) return false;
  if (static_cast<std::uint64_t>(found.st_size) != file.size) return false;
  const Result<HashedFile> hashed = hash_of_file(path);
  return hashed && hashed.value().hash == file.hash;
}

}  // namespace

Result<ProgramCache> ProgramCache::open(const std::string& folder, std::uint64_t most_bytes) {
  if (Result<void> made = make_private_folder(folder); !made) return made.error();
  clear_folders(folder, most_bytes);
  return ProgramCache(folder, most_bytes);
}

Result<ProgramCache> ProgramCache::open_for(const std::string& folder, gid_t group, std::uint64_t most_bytes) {
  if (Result<void> made = make_folder_for(folder, group); !made) return made.error();
  clear_folders(folder, most_bytes);
  return ProgramCache(folder, most_bytes, group);
}

/// For what is not there yet.
void ProgramCache::make_room(const std::string& folder, const ProgramFiles& files) const {
  std::uint64_t missing = 0;
  for (const ProgramFile& file : files.files) {
    struct stat found {};
    const bool there = ::stat((folder + '/' + file.name).c_str(), &found) == 0;
    if (!there || static_cast<std::uint64_t>(found.st_size) != file.size) missing += file.size;
  }
  if (missing > 0) clear_folders(folder_, most_bytes_ - std::min(most_bytes_, missing));
}

Result<KeptFolder> ProgramCache::provide(const std::string& program, const ProgramFiles& files, const Source& source) const {
  if (!plain_name(program)) return Error{"a program of a name that is none"};
  for (const ProgramFile& file : files.files) {
    if (!plain_name(file.name)) return Error{"a file of a name that is none"};
  }
  Result<KeptFolder> folder = KeptFolder::keep(folder_ + '/' + program, group_);
  if (!folder) return folder.error();
  make_room(folder.value().path(), files);
  for (const ProgramFile& file : files.files) {
    Result<void> provided = provide(folder.value().path() + '/' + file.name, file, source);
    if (!provided) return provided.error();
  }
  return folder;
}

Result<void> ProgramCache::provide(const std::string& path, const ProgramFile& file, const Source& source) const {
  if (matches(path, file)) return {};
  Part part(path);
  if (group_) part.open_to(*group_);
  for (std::uint64_t done = 0; done < file.size;) {
    Result<std::string> bytes = source(file.name, done);
    if (!bytes) return Error{"the program's file " + file.name + " did not arrive: " + bytes.message()};
    if (bytes.value().size() != std::min(kPieceOfFile, file.size - done)) {
      return Error{"the program's file " + file.name + " has changed while it runs: start the program again"};
    }
    if (Result<void> written = part.write(bytes.value()); !written) return written;
    done += bytes.value().size();
  }
  if (Result<void> closed = part.close(); !closed) return closed;
  if (!matches(part.path(), file)) {
    return Error{"the program's file " + file.name + " has changed while it runs: start the program again"};
  }
  return part.place_at(path);
}

}  // namespace dflow::cluster
