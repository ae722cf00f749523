// A journal's folder after a crash and a bad disk: files of a history that is known, cut, changed, copied over each other or lost.
// What is recovered is a beginning of that history and nothing else: a snapshot, and all records behind it, up to the one that is
// said to be the last; and it is the same when it is read again. The input is operations of three bytes each.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "formats/journal.h"
#include "runtime/cluster/journal_files.h"
#include "tests/fuzz/require.h"

namespace {

namespace fs = std::filesystem;
using namespace dflow::cluster;

std::string record(std::uint64_t number) { return "record " + std::to_string(number); }
std::string restated(std::uint64_t end) { return "all before " + std::to_string(end); }

class Folder {
 public:
  Folder() {
    const bool in_memory = ::access("/dev/shm", W_OK) == 0;
    path_ = (in_memory ? "/dev/shm" : fs::temp_directory_path().string()) + "/dflow-fuzz-journal-XXXXXX";
    REQUIRE(::mkdtemp(path_.data()));
  }
  ~Folder() { fs::remove_all(path_); }
  JournalFolder open() { return std::move(JournalFolder::open(path_)).value(); }

  void log(std::uint64_t first, std::uint64_t count) {
    std::string bytes = dflow::formats::encode_header({dflow::formats::JournalFile::log, first});
    for (std::uint64_t i = first; i < first + count; ++i) dflow::formats::append_record(bytes, i, record(i));
    put(open().log_path(first), bytes);
  }
  void snapshot(std::uint64_t end) {
    std::string bytes = dflow::formats::encode_header({dflow::formats::JournalFile::snapshot, end});
    dflow::formats::append_record(bytes, 0, restated(end));
    dflow::formats::append_record(bytes, 1, {});
    put(open().snapshot_path(end), bytes);
  }
  void damage(std::uint8_t how, std::uint8_t which, std::uint8_t where) {
    const std::vector<std::string> names = files();
    if (names.empty()) return;
    const std::string& path = names[which % names.size()];
    std::string bytes = read(path);
    switch (how % 4) {
      case 0: bytes.resize(bytes.size() * where / 256); break;
      case 1:
        if (!bytes.empty()) bytes[bytes.size() * where / 256] ^= static_cast<char>(1 << where % 8);
        break;
      case 2: bytes = read(names[where % names.size()]); break;
      default: fs::remove(path); return;
    }
    put(path, bytes);
  }

 private:
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path_)) {
      if (entry.path().filename() != "lock") names.push_back(entry.path());
    }
    std::ranges::sort(names);
    return names;
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void put(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

  std::string path_;
};

/// A beginning of the history that ends before record `next`.
void check(const std::vector<std::string>& read, std::uint64_t next) {
  std::uint64_t first = next + 1;
  for (std::uint64_t end = 0; end <= next && !read.empty(); ++end) {
    if (read.front() == restated(end)) first = end;
  }
  const bool from_snapshot = first <= next;
  if (!from_snapshot) first = 0;
  REQUIRE(read.size() == next - first + (from_snapshot ? 1 : 0));
  for (std::uint64_t i = first; i < next; ++i) REQUIRE(read[i - first + (from_snapshot ? 1 : 0)] == record(i));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 60) return 0;
  Folder folder;
  for (; size >= 3; data += 3, size -= 3) {
    const std::uint64_t a = data[1] % 16, b = data[2] % 16;
    switch (data[0] % 3) {
      case 0: folder.log(a, b); break;
      case 1: folder.snapshot(a); break;
      default: folder.damage(data[0] / 3, data[1], data[2]);
    }
  }
  JournalFolder journal = folder.open();
  std::vector<std::string> read, again, replayed;
  const auto recovered = journal.recover([&](std::string_view one) { read.emplace_back(one); });
  REQUIRE(recovered);
  check(read, recovered.value().next);
  REQUIRE(journal.replay(recovered.value().next, [&](std::string_view one) { replayed.emplace_back(one); }));
  REQUIRE(replayed == read);
  const auto second = journal.recover([&](std::string_view one) { again.emplace_back(one); });
  REQUIRE(second && second.value().next == recovered.value().next && again == read);
  return 0;
}
