// The folder of a journal: which files there are, and what of them is whole.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/journal.h"
#include "formats/result.h"

namespace dflow::cluster {

using formats::Result;

/// A file descriptor's owner.
class File {
 public:
  File() = default;
  explicit File(int number) : number_(number) {}
  File(File&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  File& operator=(File&& other) noexcept;
  ~File();
  int number() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// Writes all of it; the error's number if that fails, else 0.
int write_all(int file, std::string_view bytes);

/// The files of one journal. Its names sort by number. One process has it at a time.
///
/// A snapshot stands for the records before its number; the log goes on from there in one file or several. A reader takes
/// the newest snapshot that is whole, then the records behind it, and stops at the first that is not: nothing is ever
/// taken from behind a gap.
class JournalFolder {
 public:
  using Visit = std::function<void(std::string_view record)>;

  /// Makes the folder if it is not there. An error if another process has it.
  static Result<JournalFolder> open(std::string path);

  /// What was read, and what was not.
  struct Recovered {
    std::uint64_t next = 0;            ///< The number of the next record.
    std::uint64_t log_bytes = 0;       ///< Of the log behind the snapshot.
    std::vector<std::string> dropped;  ///< A line for each thing that was not whole.
    std::size_t damaged = 0;           ///< Of these, logs: records may be lost.
  };
  /// Reads everything, in order. What cannot be of use any more, since it lies behind a gap, is renamed to NAME.dropped. What was
  /// renamed so before goes, and what a process that was killed has not finished.
  /// An error, and nothing changed, if something is of a newer version or cannot be read.
  Result<Recovered> recover(const Visit& visit);

  /// Reads what stands for the records before number `end`: they are whole, since this process has written or recovered them.
  Result<void> replay(std::uint64_t end, const Visit& visit) const;

  /// A log that begins with record number `first`. With an error, `problem` is its number.
  Result<File> create_log(std::uint64_t first, int* problem = nullptr);

  /// Notes that all records before `end` are there: a log that ends before that, be it between two records, has lost some. Does not wait
  /// for the disk, which would cost as much as the records themselves: if the machine goes down now, less is known.
  void mark(std::uint64_t end);

  /// Puts a snapshot of the records before `end` in place, whole or not at all. Returns its size.
  Result<std::uint64_t> write_snapshot(std::uint64_t end, const std::function<Result<void>(const Visit& keep)>& restate);

  /// Removes what is older than the newest snapshot but one: should the newest be damaged, the older one still leads to the end.
  void remove_old() const;
  /// Removes everything: it would lead to a state that is not true any more. An error that names what is still there. Nobody may
  /// be writing a snapshot: that would be put in place afterwards.
  Result<void> remove_all() const;

  /// Of all that a reader may need.
  std::uint64_t bytes() const;

  std::string log_path(std::uint64_t first) const;
  std::string snapshot_path(std::uint64_t end) const;
  const std::string& path() const noexcept { return path_; }

 private:
  JournalFolder(std::string path, File lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string mark_path() const { return path_ + "/mark"; }

  struct Entry {
    std::uint64_t number = 0;
    std::string path;
  };
  struct Entries {
    std::vector<Entry> logs, snapshots;
    std::vector<std::string> leftovers;  ///< That nothing reads.
  };
  Entries entries() const;
  void make_durable() const;
  std::string damage_by_mark(std::uint64_t next, bool marked) const;
  int begin_mark() const;
  static std::string drop(const Entry& entry);

  std::string path_;
  File lock_, mark_;
  bool may_begin_mark_ = false;
};

}  // namespace dflow::cluster
