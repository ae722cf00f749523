#include "runtime/cluster/journal.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace dflow::cluster {

namespace {

/// Bytes that are written at a time, at most: they are in memory until they are safe.
constexpr std::uint64_t kMostAtOnce = std::uint64_t{64} << 20;

/// There may be room later.
bool is_full(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(Options options, const Visit& visit) {
  Result<JournalFolder> folder = JournalFolder::open(options.folder);
  if (!folder) return folder.error();
  if (const Result<void> emptied = options.fresh ? folder.value().remove_all() : Result<void>(); !emptied)
    return formats::Error{options.folder + ": " + emptied.message()};
  Result<JournalFolder::Recovered> recovered = folder.value().recover(visit);
  if (!recovered) return recovered.error();
  for (const std::string& line : recovered.value().dropped) {
    if (options.tell) options.tell("journal: " + line);
  }
  int problem = 0;
  Result<File> log = folder.value().create_log(recovered.value().next, &problem);
  if (!log && !is_full(problem)) return log.error();
  return std::unique_ptr<Journal>(new Journal(std::move(options), std::move(folder).value(), recovered.value(),
                                              log ? std::move(log).value() : File()));
}

Journal::Journal(Options options, JournalFolder folder, const JournalFolder::Recovered& recovered, File log)
    : options_(std::move(options)),
      damaged_(recovered.damaged),
      first_(recovered.next),
      folder_(std::move(folder)),
      log_(std::move(log)),
      log_size_(formats::kJournalHeaderBytes),
      next_(recovered.next),
      kept_(recovered.next),
      condense_to_(recovered.log_bytes >= options_.most_log ? recovered.next : 0),
      condense_at_(options_.most_log) {
  writer_ = std::thread([this] { write(); });
  condenser_ = std::thread([this] { condense(); });
}

Journal::~Journal() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }
  writer_.join();
  if (condenser_.joinable()) condenser_.join();
  if (forgotten_) empty_folder();
}

std::uint64_t Journal::append(std::string record, bool awaited) { return add({.bytes = std::move(record)}, awaited); }

std::uint64_t Journal::append(std::uint64_t bytes, std::function<std::string()> make) {
  return add({.make = std::move(make), .to_make = bytes}, false);
}

std::uint64_t Journal::add(Record record, bool awaited) {
  const std::lock_guard lock(mutex_);
  awaited_ = awaited_ || awaited;
  const std::uint64_t number = next_++;
  if (given_up_) return number;
  waiting_bytes_ += record.bytes.size();
  waiting_.push_back(std::move(record));
  if (waiting_.size() == 1) changed_.notify_all();
  return number;
}

std::uint64_t Journal::kept() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

bool Journal::condense_soon() {
  const std::lock_guard lock(mutex_);
  if (condense_to_ != 0 || given_up_) return false;
  return condense_soon_ = true;
}

std::uint64_t Journal::make_safe(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  const std::uint64_t end = next_;
  awaited_ = true;
  changed_.notify_all();
  kept_changed_.wait_for(lock, longest, [&] { return kept_ >= end || full_ || given_up_; });
  return end;
}

/// To be written behind so many bytes that are not known to be on the disk: all, or as many as need no more memory than that. The lock is held.
std::vector<Journal::Record> Journal::next_records(std::uint64_t behind) {
  std::vector<Record> next;
  while (!waiting_.empty() && behind < kMostAtOnce) {
    Record& record = next.emplace_back(std::move(waiting_.front()));
    waiting_.pop_front();
    waiting_bytes_ -= record.bytes.size();
    behind += record.bytes.size() + record.to_make;
  }
  return next;
}

void Journal::write() {
  using Clock = std::chrono::steady_clock;
  std::string bytes;
  std::uint64_t first = kept_, count = 0;  // of what is in `bytes`, which is not known to be on the disk
  const auto begins_until = Clock::now() + options_.begin_within;
  auto next_sync = Clock::now();
  bool taken = true, to_mark = false;
  std::unique_lock lock(mutex_);
  for (;;) {
    if (bytes.empty()) changed_.wait(lock, [&] { return over_ || !waiting_.empty(); });
    else if (!taken) changed_.wait_for(lock, options_.retry, [&] { return over_; });
    else changed_.wait_until(lock, next_sync, [&] { return over_ || !waiting_.empty(); });
    if (!over_ && !waiting_.empty()) changed_.wait_for(lock, options_.linger, [&] { return over_; });
    if (over_ && waiting_.empty() && bytes.empty()) return;
    const bool awaited = std::exchange(awaited_, false);
    const std::vector<Record> records = next_records(bytes.size());
    const bool more = !waiting_.empty();  // for which there is room when these are safe
    awaited_ = awaited && more;
    const bool sync = awaited || over_ || !taken || more || Clock::now() >= next_sync;
    to_mark = to_mark || awaited;
    const bool last_try = over_;
    lock.unlock();
    for (const Record& record : records) formats::append_record(bytes, first + count++, record.make ? record.make() : record.bytes);
    taken = put(bytes, sync);
    if (taken && sync && std::exchange(to_mark, false)) folder_.mark(first + count);
    if (sync) next_sync = Clock::now() + options_.sync;
    lock.lock();
    if (!taken) {
      kept_changed_.notify_all();
      const bool too_much = waiting_bytes_ + bytes.size() > options_.most_waiting;
      const bool too_late = kept_ == first_ && Clock::now() >= begins_until;
      if (!last_try && !too_much && !too_late) continue;
      lock.unlock();
      if (too_much && !last_try) give_up(std::to_string(options_.most_waiting >> 20) + " MiB that the disk did not take");
      else if (!last_try) give_up("waiting for a disk that took nothing");
      return;
    }
    if (!sync) continue;
    kept_ = first += std::exchange(count, 0);
    kept_changed_.notify_all();
    bytes.clear();
    if (bytes.capacity() > (std::size_t{16} << 20)) std::string().swap(bytes);  // `= {}` would leave it its memory
    const std::uint64_t kept = kept_;
    const bool large = condense_to_ == 0 && (log_size_ >= condense_at_ || condense_soon_);
    lock.unlock();
    if (options_.kept) options_.kept(kept);
    if (large) rotate(kept);
    lock.lock();
  }
}

/// All of it is on the disk, or nothing; without `sync` the kernel has it, in whose hands it outlives this process.
bool Journal::put(const std::string& bytes, bool sync) {
  int error = begin_log();
  if (error == 0) error = write_all(log_.number(), std::string_view(bytes).substr(written_));
  if (error == 0 && sync && ::fdatasync(log_.number()) != 0) error = errno;
  written_ = error == 0 && !sync ? bytes.size() : 0;
  if (error == 0 && !sync) return true;
  if (error == 0) {
    log_size_ += bytes.size();
    if (!full_.exchange(false)) return true;
    tell("journal: " + folder_.path() + ": the disk takes it again; nothing was lost");
    if (options_.full) options_.full({});
    return true;
  }
  const auto end = static_cast<off_t>(log_size_);
  if (log_ && (::ftruncate(log_.number(), end) != 0 || ::lseek(log_.number(), end, SEEK_SET) != end)) {
    // The reader stops where this began, and the next log goes on there.
  }
  if (full_.exchange(true)) return false;
  const std::string why = folder_.path() + ": " + std::strerror(error);
  tell("journal: " + why + while_full());
  if (options_.full) options_.full(why);
  return false;
}

std::string Journal::while_full() const {
  const std::string waits = "what has to be kept waits in memory until there is room";
  if (kept_ > first_) return "; computing goes on, and " + waits;
  return "; " + waits + ", and the journal is given up if there is none in " +
         std::to_string(std::chrono::duration_cast<std::chrono::seconds>(options_.begin_within).count()) + " s";
}

/// The number of what went wrong; 0: there is one.
int Journal::begin_log() {
  if (log_) return 0;
  int problem = 0;
  Result<File> log = folder_.create_log(kept_, &problem);
  if (log) log_ = std::move(log).value();
  return problem;
}

void Journal::forget() {
  const std::lock_guard lock(mutex_);
  given_up_ = forgotten_ = true;
  waiting_.clear();
  changed_.notify_all();
}

void Journal::give_up(const std::string& after) {
  tell("journal: " + folder_.path() + ": gave up after " + after + "; the scheduler goes on, and cannot be restarted without loss");
  {
    const std::lock_guard lock(mutex_);
    given_up_ = true;
    waiting_.clear();
    changed_.notify_all();
  }
  condenser_.join();
  empty_folder();
  if (options_.gave_up) options_.gave_up();
}

void Journal::empty_folder() {
  const Result<void> emptied = folder_.remove_all();
  if (emptied) return;
  tell("journal: " + folder_.path() + ": " + emptied.message() +
       "; remove that before a scheduler is started there: it would take up again what has ended");
}

void Journal::rotate(std::uint64_t first) {
  Result<File> log = folder_.create_log(first);
  const std::lock_guard lock(mutex_);
  condense_soon_ = false;
  if (!log) {
    condense_at_ = log_size_ * 2;  // this one goes on
    return;
  }
  log_ = std::move(log).value();
  log_size_ = formats::kJournalHeaderBytes;
  condense_to_ = first;
  changed_.notify_all();
}

bool Journal::condensing_is_over() {
  const std::lock_guard lock(mutex_);
  return over_ || given_up_;
}

void Journal::condense() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 10);  // nobody waits for it
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return over_ || given_up_ || condense_to_ != 0; });
    if (over_ || given_up_) return;
    const std::uint64_t end = condense_to_;
    lock.unlock();
    const Result<std::uint64_t> size = folder_.write_snapshot(end, [&](const Visit& keep) -> Result<void> {
      Result<void> read;
      const Result<void> condensed = options_.condense([&](const Visit& visit) { read = folder_.replay(end, visit); }, keep);
      if (condensing_is_over()) return formats::Error{"nobody wants it any more"};
      return read ? condensed : read;
    });
    if (condensing_is_over()) return;
    if (size) folder_.remove_old();
    else tell("journal: it could not be condensed, and grows: " + size.message());
    lock.lock();
    condense_to_ = 0;
    condense_at_ = std::max(options_.most_log, size ? 2 * size.value() : 2 * options_.most_log);
  }
}

}  // namespace dflow::cluster
