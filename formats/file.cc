#include "formats/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <random>
#include <stdexcept>

#include "formats/descriptor.h"

namespace dflow::formats {
namespace {

constexpr std::size_t kBufferBytes = 1 << 16;

Error system_error(const std::string& what, int number) {
  return {what + ": " + std::strerror(number)};
}

std::string follow_links(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real ? std::string(real.get()) : path;
}

std::string temporary_name(const std::string& target) {
  std::random_device random;
  return target + ".tmp" + std::to_string(::getpid()) + "-" + std::to_string(random());
}

bool written_straight(const std::string& target, const struct stat* old) {
  return old != nullptr && !S_ISREG(old->st_mode) && !target.empty();
}

/// Reads to the end in growing steps, so that a pipe, whose size nobody knows, is read like a file.
Result<std::string> read_all(int descriptor, const std::string& path, std::uint64_t max_bytes) {
  std::string bytes;
  struct stat about{};
  if (::fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode)) {
    if (static_cast<std::uint64_t>(about.st_size) > max_bytes)
      return Error{path + ": " + std::to_string(about.st_size) + " bytes are more than the " +
                   std::to_string(max_bytes) + " that are read"};
    bytes.reserve(static_cast<std::size_t>(about.st_size));
  }
  std::string piece(kBufferBytes * 4, '\0');
  for (;;) {
    const ssize_t got = ::read(descriptor, piece.data(), piece.size());
    if (got == 0) return bytes;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read " + path, errno);
    bytes.append(piece.data(), static_cast<std::size_t>(got));
    if (bytes.size() > max_bytes)
      return Error{path + ": more than the " + std::to_string(max_bytes) + " bytes that are read"};
  }
}

}  // namespace

void DescriptorSink::write(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() < kBufferBytes) return;
  put(buffer_);
  buffer_.clear();
}

void DescriptorSink::put(std::string_view bytes) {
  while (error_.empty() && !bytes.empty()) {
    const ssize_t done = ::write(descriptor_, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) {
      error_ = system_error("cannot write " + name_, errno).message;
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
}

Result<void> DescriptorSink::flush() {
  put(buffer_);
  buffer_.clear();
  if (!error_.empty()) return Error{error_};
  return {};
}

Result<AtomicFile> AtomicFile::create(const std::string& path) {
  const std::string target = follow_links(path);
  struct stat old{};
  const bool exists = ::stat(target.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) return Error{"cannot write " + path + ": it is a directory"};
  const bool straight = written_straight(target, exists ? &old : nullptr);
  const std::string opened = straight ? target : temporary_name(target);
  const int flags = O_WRONLY | O_CLOEXEC | (straight ? 0 : O_CREAT | O_EXCL);
  const int descriptor = ::open(opened.c_str(), flags, 0666);
  if (descriptor < 0) return system_error("cannot write " + path, errno);
  // The old file's permissions are a courtesy: a file system without them is no reason to fail.
  if (exists && !straight && ::fchmod(descriptor, old.st_mode & 07777) != 0) errno = 0;
  return AtomicFile(descriptor, path, target, straight ? std::string() : opened);
}

AtomicFile::AtomicFile(int descriptor, const std::string& shown, std::string target, std::string temporary)
    : descriptor_(descriptor),
      shown_(shown),
      target_(std::move(target)),
      temporary_(std::move(temporary)),
      sink_(descriptor, shown) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      shown_(std::move(other.shown_)),
      target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      sink_(std::move(other.sink_)) {}

AtomicFile::~AtomicFile() {
  discard();
}

void AtomicFile::discard() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  if (!temporary_.empty()) ::unlink(std::exchange(temporary_, {}).c_str());
}

Result<void> AtomicFile::fail(const char* step) {
  const Error error = system_error("cannot write " + shown_ + " (" + step + ")", errno);
  discard();
  return error;
}

Result<void> AtomicFile::commit() {
  if (const auto flushed = sink_.flush(); !flushed) {
    discard();
    return flushed;
  }
  if (!temporary_.empty() && ::fsync(descriptor_) != 0) return fail("forcing it to the disk");
  if (::close(std::exchange(descriptor_, -1)) != 0) return fail("closing it");
  if (temporary_.empty()) return {};
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) return fail("putting it in place");
  temporary_.clear();
  return {};
}

Result<void> write_file_atomically(const std::string& path, std::string_view bytes) {
  auto file = AtomicFile::create(path);
  if (!file) return file.error();
  file.value().write(bytes);
  return file.value().commit();
}

Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number < 0) return system_error("cannot read " + path, errno);
  try {
    return read_all(file.number, path, max_bytes);
  } catch (const std::bad_alloc&) {
    return Error{"cannot read " + path + ": it does not fit into memory"};
  } catch (const std::length_error&) {
    return Error{"cannot read " + path + ": it does not fit into memory"};
  }
}

}  // namespace dflow::formats
