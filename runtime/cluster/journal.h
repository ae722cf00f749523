// A scheduler's memory on disk: what has to be known after it was killed. docs/decisions/journal.md says why it is as it is.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/cluster/journal_files.h"

namespace dflow::cluster {

/// Appends records to the log of a folder, many at a time, from a thread of its own; a second thread condenses the log into
/// a snapshot now and then, so that it does not grow for ever. Thread-safe. `append` never waits for the disk.
///
/// A disk that takes no more, or has no room for the first record, is waited for: records are kept in memory and written when there is room. When too many wait it
/// gives up: the files are removed, since they would lead to a state that is not true any more, and nothing is kept from then on.
/// Who condenses has stopped before, else a snapshot would come into the folder behind that.
class Journal {
 public:
  using Visit = JournalFolder::Visit;
  struct Options {
    std::string folder;
    bool fresh = false;  ///< What is there is of no use, and goes.
    /// Tells `keep` fewer records that mean the same as those that `replay` tells of. From a thread of the journal's.
    std::function<Result<void>(const std::function<void(const Visit&)>& replay, const Visit& keep)> condense;
    /// All records up to this number, exclusive, are on the disk. From the journal's thread; it must not call back.
    std::function<void(std::uint64_t end)> kept = {};
    /// Something that people should know. From the journal's threads.
    std::function<void(const std::string& what)> tell = {};
    /// It has given up. From the journal's thread; `tell` has said why.
    std::function<void()> gave_up = {};
    /// The disk takes no more, and why; empty: it takes it again. From the journal's thread; it must not call back.
    std::function<void(const std::string& why)> full = {};

    std::uint64_t most_log = std::uint64_t{64} << 20;       ///< Bytes of log that make it worth while to condense it.
    std::uint64_t most_waiting = std::uint64_t{512} << 20;  ///< Bytes that wait for a full disk before it gives up.
    /// And it gives up a disk that from the beginning took nothing for so long: nobody can begin anything before.
    std::chrono::milliseconds begin_within{10'000};
    /// Records that come within so long of each other share a write: what waits for them can wait so long.
    std::chrono::milliseconds linger{5};
    /// What is written is made safe from the machine's end so often, while more comes, or at once if somebody waits for it.
    std::chrono::milliseconds sync{25};
    std::chrono::milliseconds retry{500};  ///< A full disk is tried again after so long.
  };

  /// Reads what is there, then goes on behind it. An error if the folder cannot be used.
  static Result<std::unique_ptr<Journal>> open(Options options, const Visit& visit);
  /// Writes what has been appended, if the disk takes it.
  ~Journal();

  /// Removes all there is, and keeps nothing from now on.
  void forget();

  /// Returns the record's number. Somebody waits for it to be kept, or nobody in particular.
  std::uint64_t append(std::string record, bool awaited = false);
  /// Of one that has about so many bytes, which are made when its turn comes, by the journal's thread. Until then they are in nobody's memory.
  std::uint64_t append(std::uint64_t bytes, std::function<std::string()> make);
  /// The records before this number are on the disk.
  std::uint64_t kept() const;
  /// Has the log condensed behind the next record, however short it is. False if that is under way already, or is of no use any more.
  bool condense_soon();
  /// What its files take of the disk.
  std::uint64_t bytes() const { return folder_.bytes(); }
  /// Waits until all that has been appended is, until the disk does not take it, or so long. Returns what `kept` will say then.
  std::uint64_t make_safe(std::chrono::milliseconds longest);
  /// How many files were not whole when it was opened, each of which may have held records that are lost.
  std::size_t damaged() const noexcept { return damaged_; }

 private:
  Journal(Options options, JournalFolder folder, const JournalFolder::Recovered& recovered, File log);

  struct Record {
    std::string bytes = {};
    std::function<std::string()> make = {};  ///< If it is not made yet,
    std::uint64_t to_make = 0;               ///< about so many bytes.
  };

  std::uint64_t add(Record record, bool awaited);
  std::vector<Record> next_records(std::uint64_t behind);
  void write();
  bool put(const std::string& bytes, bool sync);
  int begin_log();
  std::string while_full() const;
  void rotate(std::uint64_t first);
  void condense();
  bool condensing_is_over();
  void give_up(const std::string& after);
  void empty_folder();
  void tell(const std::string& what) const {
    if (options_.tell) options_.tell(what);
  }

  const Options options_;
  const std::size_t damaged_;
  const std::uint64_t first_;  ///< Record that this one appends.
  JournalFolder folder_;
  File log_;  ///< The writing thread's. None: there was no room for one.
  std::uint64_t log_size_ = 0;   ///< Up to where it is safe.
  std::size_t written_ = 0;      ///< Bytes behind that.
  std::atomic<bool> full_ = false;  ///< The disk has been said to be full.

  mutable std::mutex mutex_;
  std::condition_variable changed_, kept_changed_;
  std::deque<Record> waiting_;
  std::uint64_t waiting_bytes_ = 0;  ///< Those that are made.
  std::uint64_t next_ = 0, kept_ = 0;
  bool awaited_ = false;  ///< One of those that wait.
  bool over_ = false, given_up_ = false, forgotten_ = false;
  std::uint64_t condense_to_ = 0;       ///< Not 0: a snapshot of the records before it is wanted.
  std::uint64_t condense_at_ = 0;       ///< Bytes of log.
  bool condense_soon_ = false;          ///< However few there are.
  std::thread writer_, condenser_;
};

}  // namespace dflow::cluster
