#include "runtime/cluster/spill_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "formats/spill.h"
#include "runtime/transfer/packing.h"

namespace dflow::cluster {

namespace {

using formats::Error;

constexpr std::size_t kPiece = 1 << 20;
constexpr long kTmpfs = 0x01021994, kRamfs = static_cast<long>(0x858458f6);

/// A file without a name, for this user alone; -1 and errno if there can be none.
int open_nameless(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return file;
  std::string name =
      folder + "/dflow-spill-XXXXXX";  // a file system that makes none: it has one for a moment
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

/// What lies in memory anyway is no place for what memory has no room for.
bool on_a_disk(int file) {
  struct statfs system{};
  return ::fstatfs(file, &system) == 0 && system.f_type != kTmpfs && system.f_type != kRamfs;
}

/// A limit for sizes of files is an error like others, not the end of the process.
class WithoutFileSizeSignal {
 public:
  WithoutFileSizeSignal() {
    ::sigemptyset(&signal_);
    ::sigaddset(&signal_, SIGXFSZ);
    ::pthread_sigmask(SIG_BLOCK, &signal_, &old_);
  }
  ~WithoutFileSizeSignal() {
    const timespec now{};
    while (::sigtimedwait(&signal_, nullptr, &now) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &old_, nullptr);
  }

 private:
  sigset_t signal_, old_;
};

/// The bytes of a value that is not packed, or its chunks, with the disk's errors as they are.
class FileSource final : public transfer::Source {
 public:
  using Read = std::function<Result<void>(std::span<std::byte>)>;
  FileSource(Read read, std::uint64_t size) : Source(size), read_(std::move(read)) {}

 private:
  Result<void> fill(std::span<std::byte> into) override { return read_(into); }
  Read read_;
};

}  // namespace

Result<std::shared_ptr<SpillFile>> SpillFile::open(const std::string& folder) {
  std::vector<std::string> folders{folder};
  if (folder.empty()) {
    const char* chosen = std::getenv("TMPDIR");
    folders = {chosen && *chosen ? chosen : "/var/tmp", "/var/tmp", "/tmp"};
  }
  std::string why;
  for (const std::string& each : folders) {
    const int file = open_nameless(each);
    if (file >= 0 && (!folder.empty() || on_a_disk(file)))
      return std::shared_ptr<SpillFile>(new SpillFile(file, each));
    const std::string reason = file >= 0 ? "it lies in memory" : std::strerror(errno);
    if (file >= 0) ::close(file);
    if (why.empty()) why = each + ": " + reason;
  }
  return Error{why};
}

SpillFile::~SpillFile() {
  ::close(file_);
}

/// The first room that is large enough, else behind all others.
std::uint64_t SpillFile::take_room(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  for (auto room = free_.begin(); room != free_.end(); ++room) {
    const auto [offset, size] = *room;
    if (size < bytes) continue;
    free_.erase(room);
    if (size > bytes) free_[offset + bytes] = size - bytes;
    return offset;
  }
  const std::uint64_t offset = end_;
  end_ += bytes;
  return offset;
}

void SpillFile::give_back(std::uint64_t offset, std::uint64_t bytes) {
  if (bytes == 0) return;
  const std::lock_guard lock(mutex_);
  ::fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
              static_cast<off_t>(bytes));
  auto next = free_.lower_bound(offset);
  if (next != free_.end() && offset + bytes == next->first) {
    bytes += next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == offset) {
      offset = before->first;
      bytes += before->second;
      free_.erase(before);
    }
  }
  if (offset + bytes < end_) {
    free_[offset] = bytes;
    return;
  }
  end_ = offset;
  [[maybe_unused]] const int cut = ::ftruncate(file_, static_cast<off_t>(end_));
}

Result<void> SpillFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(file_, bytes.data(), std::min(bytes.size(), kPiece), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Error{std::strerror(written < 0 ? errno : ENOSPC)};
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<void> SpillFile::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  while (!into.empty()) {
    const ssize_t got =
        ::pread(file_, into.data(), std::min(into.size(), kPiece), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Error{got < 0 ? std::strerror(errno) : "it is cut short"};
    into = into.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

Result<std::shared_ptr<const SpillFile::Slot>> SpillFile::write(
    core::TaskId task, core::Attempt version, std::span<const std::span<const std::byte>> pieces) {
  const WithoutFileSizeSignal quiet;
  formats::SpillHeader header{.task = static_cast<std::uint64_t>(task),
                              .attempt = static_cast<std::uint32_t>(version)};
  for (const auto piece : pieces) header.size += piece.size();
  header.packed = transfer::compression() != transfer::Compression::never && transfer::worth_packing(pieces);
  // Packed, it takes no more than eight bytes a chunk beyond its size.
  const std::uint64_t most =
      formats::kSpillHeaderBytes + header.size + (header.packed ? 8 * (header.size / kPiece + 1) : 0);
  const auto slot = std::make_shared<Slot>(shared_from_this(), take_room(most), most);
  formats::SpillChecksum checksum;
  const auto append = [&](std::span<const std::byte> bytes) -> Result<void> {
    checksum.add(bytes);
    Result<void> written = write_at(slot->offset_ + formats::kSpillHeaderBytes + header.stored, bytes);
    header.stored += bytes.size();
    return written;
  };
  Result<void> written;
  if (header.packed) written = transfer::pack(pieces, append);
  for (std::size_t i = 0; !header.packed && written && i < pieces.size(); ++i) written = append(pieces[i]);
  header.checksum = checksum.value();
  const std::string head = formats::encode_spill_header(header);
  if (written) written = write_at(slot->offset_, std::as_bytes(std::span(head)));
  if (!written) return written.error();
  const std::uint64_t kept = formats::kSpillHeaderBytes + header.stored;
  give_back(slot->offset_ + kept, most - kept);
  slot->bytes_ = kept;
  return std::shared_ptr<const Slot>(slot);
}

/// All of it is looked at before the first byte is believed: what has just been read comes from the system's
/// cache again.
Result<void> SpillFile::Slot::read(core::TaskId task, core::Attempt version,
                                   const std::function<void(transfer::Source& bytes)>& take) const {
  std::string head(formats::kSpillHeaderBytes, '\0');
  if (Result<void> got = file_->read_at(offset_, std::as_writable_bytes(std::span(head))); !got) return got;
  const Result<formats::SpillHeader> decoded = formats::decode_spill_header(head);
  if (!decoded) return decoded.error();
  const formats::SpillHeader& header = decoded.value();
  if (header.task != static_cast<std::uint64_t>(task) ||
      header.attempt != static_cast<std::uint32_t>(version) ||
      header.stored + formats::kSpillHeaderBytes != bytes_) {
    return Error{"it is another value"};
  }
  const std::uint64_t begin = offset_ + formats::kSpillHeaderBytes;
  formats::SpillChecksum checksum;
  std::vector<std::byte> piece(std::min<std::uint64_t>(header.stored, kPiece));
  for (std::uint64_t at = 0; at < header.stored; at += piece.size()) {
    const std::span<std::byte> part(piece.data(), std::min<std::uint64_t>(piece.size(), header.stored - at));
    if (Result<void> got = file_->read_at(begin + at, part); !got) return got;
    checksum.add(part);
  }
  if (checksum.value() != header.checksum) return Error{"its checksum does not match"};
  const auto next = [this, at = begin](std::span<std::byte> into) mutable -> Result<void> {
    Result<void> got = file_->read_at(at, into);
    at += into.size();
    return got;
  };
  std::unique_ptr<transfer::Source> source;
  if (header.packed)
    source = std::make_unique<transfer::UnpackingSource>(next, header.size);
  else
    source = std::make_unique<FileSource>(next, header.size);
  try {
    take(*source);
  } catch (const transfer::Source::Broken&) {
  }
  return source->broken().empty() ? Result<void>() : Error{source->broken()};
}

std::string why_no_spilling(const std::string& folder) {
  if (folder.empty() || folder == "none") return {};
  const Result<std::shared_ptr<SpillFile>> file = SpillFile::open(folder);
  return file ? "" : "values cannot be spilled to " + file.message();
}

}  // namespace dflow::cluster
