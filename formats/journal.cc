#define XXH_INLINE_ALL
#include "formats/journal.h"

#include <xxhash.h>

#include "formats/little_endian.h"

namespace dflow::formats {
namespace {

constexpr std::string_view kMagic = "dflowjrn";
constexpr std::size_t kCheckedHeaderBytes = kJournalHeaderBytes - 8;
constexpr std::uint64_t kMarkedVersion = 2;  // before that no mark was needed
constexpr std::uint64_t kMarkSeed = 0x6d61726b;  // so that no record's checksum is one of these

std::uint64_t checksum(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

/// What is wrong with a header before its version and its contents matter; empty if nothing is.
std::string damage_of_header(std::string_view file) {
  if (file.size() < kJournalHeaderBytes) return "its header is cut short";
  if (!file.starts_with(kMagic)) return "it is no journal of dflow's";
  const std::uint64_t sum = little_endian(file.substr(kCheckedHeaderBytes, 8));
  if (checksum(file.substr(0, kCheckedHeaderBytes), 0) != sum) return "its header's checksum does not match";
  return {};
}

std::uint64_t version_of(std::string_view file) { return little_endian(file.substr(kMagic.size(), 4)); }

bool is_known(std::uint64_t version) { return version >= kOldestJournalVersion && version <= kJournalVersion; }

}  // namespace

std::string encode_header(const JournalHeader& header) {
  std::string out(kMagic);
  append_little_endian(out, kJournalVersion, 4);
  append_little_endian(out, static_cast<std::uint32_t>(header.kind), 4);
  append_little_endian(out, header.first, 8);
  append_little_endian(out, checksum(out, 0), 8);
  return out;
}

Result<JournalHeader> decode_journal_header(std::string_view file) {
  if (std::string damage = damage_of_header(file); !damage.empty()) return Error{std::move(damage)};
  if (!is_known(version_of(file)))
    return Error{"it is a journal of version " + std::to_string(version_of(file)) + ", and this dflow reads versions " +
                 std::to_string(kOldestJournalVersion) + " to " + std::to_string(kJournalVersion) +
                 ": use a newer dflow, or another folder"};
  const std::uint64_t kind = little_endian(file.substr(12, 4));
  if (kind != 1 && kind != 2) return Error{"it is neither a log nor a snapshot"};
  return JournalHeader{static_cast<JournalFile>(kind), little_endian(file.substr(16, 8))};
}

bool is_newer_journal(std::string_view file) {
  return damage_of_header(file).empty() && !is_known(version_of(file));
}

bool has_mark_beside(std::string_view file) { return damage_of_header(file).empty() && version_of(file) >= kMarkedVersion; }

std::string encode_mark(std::uint64_t end) {
  std::string out;
  append_little_endian(out, end, 8);
  append_little_endian(out, checksum(out, kMarkSeed), 8);
  return out;
}

std::optional<std::uint64_t> decode_mark(std::string_view file) {
  if (file.size() != 16 || checksum(file.substr(0, 8), kMarkSeed) != little_endian(file.substr(8))) return {};
  return little_endian(file.substr(0, 8));
}

void append_record(std::string& out, std::uint64_t sequence, std::string_view bytes) {
  append_little_endian(out, bytes.size(), 4);
  append_little_endian(out, sequence, 8);
  append_little_endian(out, checksum(bytes, sequence), 8);
  out += bytes;
}

std::optional<std::string_view> RecordReader::next() {
  if (!problem_.empty() || offset_ >= file_.size()) return {};
  const std::string_view rest = file_.substr(offset_);
  const auto stop = [&](const char* why) -> std::optional<std::string_view> {
    problem_ = "record " + std::to_string(sequence_) + " at byte " + std::to_string(offset_) + " " + why;
    return {};
  };
  if (rest.size() < kRecordHeaderBytes) return stop("is cut short");
  const std::uint64_t size = little_endian(rest.substr(0, 4));
  if (size > kMostRecordBytes) return stop("is damaged: its size is beyond what a record has");
  if (little_endian(rest.substr(4, 8)) != sequence_) return stop("is damaged: it has another number");
  if (size > rest.size() - kRecordHeaderBytes) return stop("is cut short");
  const std::string_view bytes = rest.substr(kRecordHeaderBytes, static_cast<std::size_t>(size));
  if (checksum(bytes, sequence_) != little_endian(rest.substr(12, 8))) return stop("is damaged: its checksum does not match");
  offset_ += kRecordHeaderBytes + bytes.size();
  ++sequence_;
  return bytes;
}

}  // namespace dflow::formats
