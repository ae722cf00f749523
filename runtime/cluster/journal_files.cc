#include "runtime/cluster/journal_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "formats/file.h"
#include "runtime/cluster/home.h"

namespace dflow::cluster {

namespace {

namespace fs = std::filesystem;
using formats::Error;
using formats::JournalFile;
using formats::RecordReader;

constexpr std::string_view kLog = "log-", kSnapshot = "snapshot-", kDropped = ".dropped", kDraft = ".tmp";
constexpr std::size_t kDigits = 16;

Error about(const std::string& path, const std::string& problem) { return Error{path + ": " + problem}; }

std::string numbered(std::string_view prefix, std::uint64_t number) {
  std::string digits(kDigits, '0');
  for (std::size_t i = kDigits; i-- > 0; number >>= 4) digits[i] = "0123456789abcdef"[number & 15];
  return std::string(prefix) + digits;
}

bool number_of(std::string_view name, std::string_view prefix, std::uint64_t& number) {
  if (!name.starts_with(prefix) || name.size() != prefix.size() + kDigits) return false;
  const char* end = name.data() + name.size();
  return std::from_chars(name.data() + prefix.size(), end, number, 16).ptr == end;
}

/// What a process that was killed was making of a file of ours, or had left aside.
bool is_leftover(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view end = name.substr(dot);
  std::uint64_t number = 0;
  const bool ours = number_of(name.substr(0, dot), kLog, number) || number_of(name.substr(0, dot), kSnapshot, number);
  return ours && (end == kDropped || end.starts_with(kDraft));
}

/// A file's bytes, without a copy.
class Mapped {
 public:
  static Result<Mapped> open(const std::string& path) {
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat found {};
    if (!file || ::fstat(file.number(), &found) != 0) return about(path, std::strerror(errno));
    const auto size = static_cast<std::size_t>(found.st_size);
    if (size == 0) return Mapped(nullptr, 0);
    void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
    if (bytes == MAP_FAILED) return about(path, std::strerror(errno));
    return Mapped(static_cast<const char*>(bytes), size);
  }
  Mapped(Mapped&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Mapped& operator=(Mapped&&) = delete;
  ~Mapped() {
    if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
  }
  std::string_view bytes() const { return bytes_; }

 private:
  Mapped(const char* data, std::size_t size) : bytes_(data, size) {}
  std::string_view bytes_;
};

/// Why it is no whole snapshot; empty if it is one.
std::string damage_of_snapshot(std::string_view file, std::uint64_t end) {
  const auto header = formats::decode_journal_header(file);
  if (!header) return header.message();
  if (header.value().kind != JournalFile::snapshot || header.value().first != end) return "it is another file's copy";
  RecordReader reader(file, 0);
  bool complete = false;
  while (const auto record = reader.next()) complete = record->empty();
  if (!reader.problem().empty()) return reader.problem();
  return complete ? "" : "it is cut short";
}

void visit_snapshot(std::string_view file, const JournalFolder::Visit& visit) {
  RecordReader reader(file, 0);
  for (auto record = reader.next(); record && !record->empty(); record = reader.next()) visit(*record);
}

}  // namespace

File& File::operator=(File&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

File::~File() {
  if (number_ >= 0) ::close(number_);
}

int write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : EIO;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

Result<JournalFolder> JournalFolder::open(std::string path) {
  if (Result<void> made = make_private_folder(path); !made) return made.error();
  File lock(::open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return about(path, std::strerror(errno));
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0)
    return about(path, "another scheduler keeps its journal there: end it, or give this one another folder (--journal=DIR)");
  return JournalFolder(std::move(path), std::move(lock));
}

std::string JournalFolder::log_path(std::uint64_t first) const { return path_ + '/' + numbered(kLog, first); }
std::string JournalFolder::snapshot_path(std::uint64_t end) const { return path_ + '/' + numbered(kSnapshot, end); }

JournalFolder::Entries JournalFolder::entries() const {
  Entries found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    const std::string name = entry.path().filename();
    std::uint64_t number = 0;
    if (number_of(name, kLog, number)) found.logs.push_back({number, entry.path()});
    if (number_of(name, kSnapshot, number)) found.snapshots.push_back({number, entry.path()});
    if (is_leftover(name)) found.leftovers.push_back(entry.path());
  }
  std::ranges::sort(found.logs, {}, &Entry::number);
  std::ranges::sort(found.snapshots, {}, &Entry::number);
  return found;
}

std::uint64_t JournalFolder::bytes() const {
  const Entries found = entries();
  std::uint64_t bytes = 0;
  for (const auto& list : {found.logs, found.snapshots}) {
    for (const Entry& entry : list) {
      std::error_code gone;
      const std::uintmax_t size = fs::file_size(entry.path, gone);
      if (!gone) bytes += size;
    }
  }
  return bytes;
}

std::string JournalFolder::drop(const Entry& entry) {
  ::rename(entry.path.c_str(), (entry.path + std::string(kDropped)).c_str());
  return entry.path + ": not used, since records before it are missing; kept as " + fs::path(entry.path).filename().string() +
         std::string(kDropped) + " until a scheduler is started there again";
}

Result<JournalFolder::Recovered> JournalFolder::recover(const Visit& visit) {
  Entries found = entries();
  bool marked = false;
  for (const auto& list : {found.logs, found.snapshots}) {
    for (const Entry& entry : list) {
      const Result<Mapped> file = Mapped::open(entry.path);
      if (!file) return file.error();
      if (formats::is_newer_journal(file.value().bytes()))
        return about(entry.path, formats::decode_journal_header(file.value().bytes()).message());
      marked = marked || formats::has_mark_beside(file.value().bytes());
    }
  }
  Recovered result;
  for (const std::string& leftover : found.leftovers) ::unlink(leftover.c_str());
  while (!found.snapshots.empty()) {
    const Entry newest = found.snapshots.back();
    const Result<Mapped> file = Mapped::open(newest.path);
    if (!file) return file.error();
    const std::string damage = damage_of_snapshot(file.value().bytes(), newest.number);
    if (damage.empty()) {
      visit_snapshot(file.value().bytes(), visit);
      result.next = newest.number;
      break;
    }
    result.dropped.push_back(newest.path + ": " + damage + "; the one before it is used");
    ::rename(newest.path.c_str(), (newest.path + std::string(kDropped)).c_str());
    found.snapshots.pop_back();
  }
  std::string torn;  // where a log is not whole, unless the next one goes on there
  const auto lose = [&result](std::string what) {
    result.dropped.push_back(std::move(what));
    ++result.damaged;
  };
  for (std::size_t i = 0; i < found.logs.size(); ++i) {
    const Entry& log = found.logs[i];
    if (i + 1 < found.logs.size() && found.logs[i + 1].number <= result.next) continue;  // a snapshot stands for it
    if (log.number > result.next) {
      if (!torn.empty()) lose(std::exchange(torn, {}));
      lose(drop(log));
      continue;
    }
    const Result<Mapped> file = Mapped::open(log.path);
    if (!file) return file.error();
    const std::string_view bytes = file.value().bytes();
    const auto header = formats::decode_journal_header(bytes);
    if (!header || header.value().kind != JournalFile::log || header.value().first != log.number) {
      lose(log.path + ": " + (header ? "it is another file's copy" : header.message()));
      continue;
    }
    RecordReader reader(bytes, log.number);
    while (const auto record = reader.next()) {
      if (reader.sequence() > result.next) visit(*record);
    }
    result.log_bytes += reader.offset();
    result.next = std::max(result.next, reader.sequence());
    if (reader.sequence() > log.number) torn.clear();
    if (reader.problem().empty()) continue;
    if (!torn.empty()) lose(torn);
    torn = log.path + ": " + reader.problem() + "; " + std::to_string(bytes.size() - reader.offset()) + " bytes are dropped";
  }
  if (!torn.empty()) lose(torn);
  if (std::string cut = damage_by_mark(result.next, marked); result.damaged == 0 && !cut.empty()) lose(std::move(cut));
  may_begin_mark_ = result.damaged == 0;  // else the next reader has to find the same, until this one has written down what it costs
  return result;
}

/// How records before `next`, where the log ends, must be missing, or may be; empty if nothing says so. `marked`: there was a mark.
std::string JournalFolder::damage_by_mark(std::uint64_t next, bool marked) const {
  const Result<std::string> file = formats::read_file(mark_path());
  if (!file || file.value().empty()) {
    if (next == 0 || !marked) return {};  // nothing that somebody waited for was ever safe
    return mark_path() + ": it is not there, and so the log may have been longer";
  }
  const std::optional<std::uint64_t> end = formats::decode_mark(file.value());
  if (!end) return mark_path() + ": it is damaged, and so the log may have been longer";
  if (*end <= next) return {};
  return path_ + ": the log ends before record " + std::to_string(next) + ", and was safe up to " + std::to_string(*end) + ": " +
         std::to_string(*end - next) + " records are lost";
}

/// Before there is anything that could be lost, so that it says something when it is not there. The number of what went wrong, or 0.
int JournalFolder::begin_mark() const {
  const File mark(::open(mark_path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  struct stat found {};
  if (!mark || ::fstat(mark.number(), &found) != 0) return errno;
  if (found.st_size > 0) return 0;
  int error = write_all(mark.number(), formats::encode_mark(0));
  if (error == 0 && ::fdatasync(mark.number()) != 0) error = errno;
  if (error != 0) ::unlink(mark_path().c_str());
  return error;
}

void JournalFolder::mark(std::uint64_t end) {
  const bool first = !mark_;
  if (first) mark_ = File(::open(mark_path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const std::string bytes = formats::encode_mark(end);
  const bool written = ::pwrite(mark_.number(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
  if (written) ::sync_file_range(mark_.number(), 0, 0, SYNC_FILE_RANGE_WRITE);
  if (first) make_durable();
}

Result<void> JournalFolder::replay(std::uint64_t end, const Visit& visit) const {
  const Entries found = entries();
  std::uint64_t next = 0;
  const auto snapshot =
      std::ranges::find_if(found.snapshots.rbegin(), found.snapshots.rend(), [&](const Entry& e) { return e.number <= end; });
  if (snapshot != found.snapshots.rend()) {
    const Result<Mapped> file = Mapped::open(snapshot->path);
    if (!file) return file.error();
    const std::string damage = damage_of_snapshot(file.value().bytes(), snapshot->number);
    if (!damage.empty()) return about(snapshot->path, damage);
    visit_snapshot(file.value().bytes(), visit);
    next = snapshot->number;
  }
  for (std::size_t i = 0; i < found.logs.size() && next < end; ++i) {
    const Entry& log = found.logs[i];
    if (i + 1 < found.logs.size() && found.logs[i + 1].number <= next) continue;
    const Result<Mapped> file = Mapped::open(log.path);
    if (!file) return file.error();
    RecordReader reader(file.value().bytes(), log.number);
    while (next < end) {
      const auto record = reader.next();
      if (!record) break;
      if (reader.sequence() > next) visit(*record), next = reader.sequence();
    }
  }
  if (next != end) return about(path_, "record " + std::to_string(next) + " is not there any more");
  return {};
}

Result<File> JournalFolder::create_log(std::uint64_t first, int* problem) {
  const auto failed = [&](int error) {
    if (problem) *problem = error;
    return about(log_path(first), std::strerror(error));
  };
  if (const int error = may_begin_mark_ ? begin_mark() : 0; error != 0) return failed(error);
  const std::string path = log_path(first);
  ::unlink(path.c_str());  // one without a whole record: else the next number would be another
  File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return failed(errno);
  const int error = write_all(file.number(), formats::encode_header({JournalFile::log, first}));
  if (error != 0) {
    ::unlink(path.c_str());
    return failed(error);
  }
  make_durable();
  return file;
}

Result<std::uint64_t> JournalFolder::write_snapshot(std::uint64_t end, const std::function<Result<void>(const Visit& keep)>& restate) {
  Result<formats::AtomicFile> file = formats::AtomicFile::create(snapshot_path(end));
  if (!file) return file.error();
  formats::AtomicFile& out = file.value();
  std::uint64_t count = 0, size = 0;
  bool too_large = false;
  const auto keep = [&](std::string_view record) {
    too_large = too_large || record.size() > formats::kMostRecordBytes;
    std::string bytes;
    formats::append_record(bytes, count++, record);
    size += bytes.size();
    out.write(bytes);
  };
  out.write(formats::encode_header({JournalFile::snapshot, end}));
  if (Result<void> restated = restate(keep); !restated) return restated.error();
  if (too_large) return about(snapshot_path(end), "a record would be larger than what is read again");
  keep({});
  if (Result<void> committed = out.commit(); !committed) return committed.error();
  make_durable();
  return size;
}

void JournalFolder::make_durable() const {
  const File folder(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder) ::fsync(folder.number());
}

void JournalFolder::remove_old() const {
  const Entries found = entries();
  if (found.snapshots.size() < 2) return;
  const std::uint64_t oldest = found.snapshots[found.snapshots.size() - 2].number;
  for (const Entry& snapshot : found.snapshots) {
    if (snapshot.number < oldest) ::unlink(snapshot.path.c_str());
  }
  for (std::size_t i = 0; i + 1 < found.logs.size(); ++i) {
    if (found.logs[i + 1].number <= oldest) ::unlink(found.logs[i].path.c_str());
  }
}

/// The logs after the snapshots, from the oldest one, and then the mark: what is left if this process is killed meanwhile lacks its
/// beginning or its end, and is seen to.
Result<void> JournalFolder::remove_all() const {
  const Entries found = entries();
  std::string left;
  for (const std::string& leftover : found.leftovers) ::unlink(leftover.c_str());  // would not be read
  for (const auto* list : {&found.snapshots, &found.logs}) {
    for (const Entry& entry : *list) {
      if (::unlink(entry.path.c_str()) != 0 && errno != ENOENT) left += ' ' + entry.path + " (" + std::strerror(errno) + ')';
    }
  }
  ::unlink(mark_path().c_str());
  make_durable();
  if (!left.empty()) return Error{"it could not be emptied:" + left};
  return {};
}

}  // namespace dflow::cluster
