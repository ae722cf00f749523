// A journal's file, damaged: what is read must be what was written there, record for record.
#include <cstdint>
#include <string>
#include <string_view>

#include "formats/journal.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dflow::formats;
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  const auto header = decode_journal_header(file);
  if (!header) return 0;
  REQUIRE(!is_newer_journal(file));
  RecordReader reader(file, header.value().first);
  REQUIRE(decode_journal_header(encode_header(header.value())).value() == header.value());
  std::string again(file.substr(0, kJournalHeaderBytes));  // of a version that is read, perhaps not the one that is written
  for (std::uint64_t sequence = reader.sequence(); const auto record = reader.next(); ++sequence)
    append_record(again, sequence, *record);
  REQUIRE(again == file.substr(0, reader.offset()));
  REQUIRE(reader.problem().empty() == (reader.offset() == size));
  return 0;
}
