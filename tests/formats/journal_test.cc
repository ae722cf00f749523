#include "formats/journal.h"

#include <gmock/gmock.h>

#include <vector>

#include "tests/formats/damage.h"

namespace dflow::formats {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::for_each_truncation;
using testing::for_random_flips;

const std::vector<std::string> kRecords{"first", "", std::string(300, 'x'), std::string("\0\xff", 2), "last"};

std::string sample(std::uint64_t first = 7) {
  std::string file = encode_header({JournalFile::log, first});
  for (const std::string& record : kRecords) append_record(file, first++, record);
  return file;
}

struct Read {
  std::vector<std::string> records;
  std::string problem;
};

Read read(std::string_view file) {
  const Result<JournalHeader> header = decode_journal_header(file);
  if (!header) return {{}, header.message()};
  RecordReader reader(file, header.value().first);
  Read result;
  while (const auto record = reader.next()) result.records.emplace_back(*record);
  result.problem = reader.problem();
  return result;
}

bool is_prefix(const std::vector<std::string>& records) {
  return records.size() <= kRecords.size() && std::equal(records.begin(), records.end(), kRecords.begin());
}

TEST(Journal, WhatIsWrittenIsRead) {
  const Read all = read(sample());
  EXPECT_THAT(all.records, ElementsAreArray(kRecords));
  EXPECT_THAT(all.problem, IsEmpty());
  const JournalHeader header = decode_journal_header(encode_header({JournalFile::snapshot, 1ull << 60})).value();
  EXPECT_EQ(header.kind, JournalFile::snapshot);
  EXPECT_EQ(header.first, 1ull << 60);
}

TEST(Journal, WhatIsCutShortIsReadUpToTheLastWholeRecord) {
  std::size_t whole = kJournalHeaderBytes, count = 0;
  for_each_truncation(sample(), [&](const std::string& file) {
    while (count < kRecords.size() && file.size() >= whole + kRecordHeaderBytes + kRecords[count].size())
      whole += kRecordHeaderBytes + kRecords[count++].size();
    const Read some = read(file);
    EXPECT_EQ(some.records.size(), file.size() < kJournalHeaderBytes ? 0 : count) << file.size();
    EXPECT_TRUE(is_prefix(some.records)) << file.size();
    EXPECT_EQ(some.problem.empty(), file.size() == whole) << file.size();
  });
}

TEST(Journal, WhatIsDamagedIsNeverReadAsSomethingElse) {
  const std::string good = sample();
  for_random_flips(good, 3000, [&](const std::string& file) {
    if (file == good) return;
    const Read some = read(file);
    EXPECT_TRUE(is_prefix(some.records));
    EXPECT_LT(some.records.size(), kRecords.size());
    EXPECT_FALSE(some.problem.empty());
  });
}

TEST(Journal, RecordsOfAnotherPlaceAreNotTaken) {
  std::string file = encode_header({JournalFile::log, 0});
  append_record(file, 0, "a");
  append_record(file, 2, "from a file that was here before");
  EXPECT_THAT(read(file).problem, HasSubstr("record 1 at byte 53 is damaged: it has another number"));
}

TEST(Journal, NewerVersionsAreToldFromDamage) {
  std::string file = sample();
  file[8] = 3;
  EXPECT_FALSE(is_newer_journal(file));  // the checksum does not match: it was never written so
  EXPECT_THAT(read(file).problem, HasSubstr("checksum"));
  EXPECT_FALSE(is_newer_journal(sample()));
}

}  // namespace
}  // namespace dflow::formats
