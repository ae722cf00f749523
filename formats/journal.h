#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "formats/result.h"

/// A journal's files, as bytes: a header, then records, each with its size, sequence number and checksum, so that a reader
/// knows where what was written whole ends. What is in the records is their owner's business. docs/formats.md has the layout.
namespace dflow::formats {

/// Files are written in this version. It goes up when records come to say what an older dflow does not know: that has to say so, and
/// not take them for damage.
inline constexpr std::uint32_t kJournalVersion = 2;
/// Files are read from this one on.
inline constexpr std::uint32_t kOldestJournalVersion = 1;
inline constexpr std::size_t kJournalHeaderBytes = 32;
inline constexpr std::size_t kRecordHeaderBytes = 20;
/// The largest record that is written or read.
inline constexpr std::size_t kMostRecordBytes = std::size_t{128} << 20;

enum class JournalFile : std::uint32_t {
  log = 1,       ///< Goes on as long as its writer does. `first` is the number of its first record.
  snapshot = 2,  ///< Stands for all the log's records before number `first`. Its own count from 0; an empty one is the last.
};

struct JournalHeader {
  JournalFile kind = JournalFile::log;
  std::uint64_t first = 0;
  bool operator==(const JournalHeader&) const = default;
};

std::string encode_header(const JournalHeader& header);
/// An error for what is cut short, damaged, no journal, or of a newer version.
Result<JournalHeader> decode_journal_header(std::string_view file);
/// True if the header is whole, and of a version that this one does not know: then it is not damaged, but not ours to read.
bool is_newer_journal(std::string_view file);

/// True for a file whose writer has put a mark beside it before, and not one of an older version, perhaps without.
bool has_mark_beside(std::string_view file);

/// What stands in the file beside a log that says up to where it is known to be whole: all records before `end`.
std::string encode_mark(std::uint64_t end);
/// Nothing for what is none.
std::optional<std::uint64_t> decode_mark(std::string_view file);

void append_record(std::string& out, std::uint64_t sequence, std::string_view bytes);

/// Takes the records out of a file's bytes, which must outlive it, up to the first that is not whole.
class RecordReader {
 public:
  /// `sequence`: of the first record.
  RecordReader(std::string_view file, std::uint64_t sequence) : file_(file), sequence_(sequence) {}

  /// The next record; nothing at the end, or where something is wrong.
  std::optional<std::string_view> next();

  /// The number that the record after the last good one has.
  std::uint64_t sequence() const { return sequence_; }
  /// Where the last good record ends.
  std::size_t offset() const { return offset_; }
  /// What is wrong there; empty if the file ends there as it should.
  const std::string& problem() const { return problem_; }

 private:
  std::string_view file_;
  std::uint64_t sequence_;
  std::size_t offset_ = kJournalHeaderBytes;
  std::string problem_;
};

}  // namespace dflow::formats
