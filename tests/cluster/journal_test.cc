#define XXH_INLINE_ALL
#include "runtime/cluster/journal.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "formats/file.h"
#include "tests/formats/full_disk.h"

namespace dflow::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Records are "key=value": the last of a key counts.
Result<void> condense(const std::function<void(const Journal::Visit&)>& replay, const Journal::Visit& keep) {
  std::map<std::string, std::string, std::less<>> last;
  replay([&](std::string_view record) { last[std::string(record.substr(0, record.find('=')))] = record; });
  for (const auto& [key, record] : last) keep(record);
  return {};
}

class JournalTest : public ::testing::Test {
 protected:
  JournalTest() : folder_(fs::temp_directory_path() / ("dflow-journal-" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
  }
  ~JournalTest() override { fs::remove_all(folder_); }

  Journal::Options options() {
    return {.folder = folder_,
            .condense = condense,
            .kept = [this](std::uint64_t end) { kept_ = end, kept_.notify_all(); },
            .tell =
                [this](const std::string& what) {
                  const std::lock_guard lock(mutex_);
                  told_.push_back(what);
                },
            .gave_up = [this] { gave_up_ = true, gave_up_.notify_all(); },
            .linger = 0ms,
            .retry = 1ms};
  }

  Result<std::unique_ptr<Journal>> open(Journal::Options options) {
    read_.clear();
    return Journal::open(std::move(options), [this](std::string_view record) { read_.emplace_back(record); });
  }
  Result<std::unique_ptr<Journal>> open() { return open(options()); }

  /// Opens it, appends these, and closes it.
  void write(const std::vector<std::string>& records) {
    auto journal = open();
    ASSERT_TRUE(journal) << journal.message();
    for (const std::string& record : records) journal.value()->append(record);
  }
  const std::vector<std::string>& read() {
    const auto journal = open();
    EXPECT_TRUE(journal) << journal.message();
    damaged_ = journal.value()->damaged();
    return read_;
  }
  void wait_until_kept(std::uint64_t end) {
    for (std::uint64_t seen = kept_; seen < end; seen = kept_) kept_.wait(seen);
  }

  std::vector<fs::path> files(const std::string& prefix) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
  }
  std::string told() {
    const std::lock_guard lock(mutex_);
    std::string all;
    for (const std::string& line : told_) all += line + '\n';
    return all;
  }
  static void change(const fs::path& file, const std::function<void(std::string&)>& how) {
    std::string bytes = formats::read_file(file).value();
    how(bytes);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  }

  fs::path folder_;
  std::vector<std::string> read_;
  std::size_t damaged_ = 0;  ///< When it was read last.
  std::atomic<std::uint64_t> kept_{0};
  std::atomic<bool> gave_up_{false};
  std::mutex mutex_;
  std::vector<std::string> told_;
};

TEST_F(JournalTest, MakesLargeRecordsOnlyWhenItCanWriteThem) {
  std::atomic<std::uint64_t> made{0};
  std::atomic<bool> full{false};
  Journal::Options waits = options();
  waits.full = [&](const std::string& why) { full = !why.empty(), full.notify_all(); };
  auto journal = open(std::move(waits));
  ASSERT_TRUE(journal) << journal.message();
  const std::uint64_t first = journal.value()->append("a=1") + 1, count = 4, bytes = 40 << 20;
  wait_until_kept(first);
  {
    const test::FullDisk disk(1 << 20);
    for (std::uint64_t number = 0; number < count; ++number) {
      journal.value()->append(bytes, [&made, number] { return ++made, std::to_string(number) + '=' + std::string(bytes, 'x'); });
    }
    full.wait(false);
    while (made < 2) std::this_thread::yield();
    EXPECT_EQ(made, 2u);  // the others wait for these
  }
  wait_until_kept(first + count);
  EXPECT_EQ(made, count);
  journal.value().reset();
  ASSERT_EQ(read().size(), 1 + count);
  for (std::uint64_t number = 0; number < count; ++number) EXPECT_EQ(read_[1 + number].front(), static_cast<char>('0' + number));
}

TEST_F(JournalTest, WhatWasAppendedIsReadInOrder) {
  write({"a=1", "b=2"});
  write({"c=3"});
  EXPECT_THAT(read(), ElementsAre("a=1", "b=2", "c=3"));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(JournalTest, ATornTailIsDroppedAndTold) {
  write({"a=1", "b=2"});
  change(files("log-").back(), [](std::string& bytes) { bytes.pop_back(); });
  EXPECT_THAT(read(), ElementsAre("a=1"));
  EXPECT_THAT(told(), HasSubstr("record 1 at byte 55 is cut short; 22 bytes are dropped"));
  EXPECT_EQ(damaged_, 1u);
  write({"c=3"});
  EXPECT_THAT(read(), ElementsAre("a=1", "c=3"));
  EXPECT_EQ(damaged_, 0u);  // what was lost is behind it
}

TEST_F(JournalTest, NothingIsTakenFromBehindADamagedRecord) {
  write({"a=1", "b=2"});
  write({"c=3"});
  change(files("log-").front(), [](std::string& bytes) { bytes[bytes.size() - 1] ^= 1; });
  EXPECT_THAT(read(), ElementsAre("a=1"));
  EXPECT_THAT(told(), HasSubstr("checksum does not match"));
  EXPECT_THAT(told(), HasSubstr("records before it are missing"));
  EXPECT_EQ(damaged_, 2u);
  write({"d=4", "e=5"});  // the numbers of what was dropped are given again
  EXPECT_THAT(read(), ElementsAre("a=1", "d=4", "e=5"));
}

TEST_F(JournalTest, ALogOfWhichNothingIsWholeIsStartedAgain) {
  write({"a=1"});
  change(files("log-").back(), [](std::string& bytes) { bytes.resize(10); });
  EXPECT_THAT(read(), IsEmpty());
  EXPECT_THAT(told(), HasSubstr("its header is cut short"));
  EXPECT_EQ(damaged_, 1u);
  write({"b=2"});
  EXPECT_THAT(read(), ElementsAre("b=2"));
}

TEST_F(JournalTest, LogsAreCondensedAndTheOlderOnesGo) {
  Journal::Options small = options();
  small.most_log = 1000;
  {
    auto journal = open(small);
    std::uint64_t end = 0;
    while (files("snapshot-").size() < 2 || files("log-").front().filename() == "log-0000000000000000") {
      end = journal.value()->append("key" + std::to_string(end % 3) + "=" + std::to_string(end)) + 1;
      wait_until_kept(end);
    }
    journal.value()->append("end=1");
  }
  const std::vector<std::string> all = read();
  ASSERT_GT(all.size(), 3u);
  EXPECT_THAT(std::vector(all.begin(), all.begin() + 3),
              ElementsAre(HasSubstr("key0="), HasSubstr("key1="), HasSubstr("key2=")));
  EXPECT_EQ(all.back(), "end=1");
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(JournalTest, ADamagedSnapshotGivesWayToTheOneBefore) {
  Journal::Options small = options();
  small.most_log = 500;
  std::uint64_t end = 0;
  {
    auto journal = open(small);
    while (files("snapshot-").size() < 2) {
      end = journal.value()->append("number=" + std::to_string(end)) + 1;
      wait_until_kept(end);
    }
  }
  const std::string last = read().back();
  change(files("snapshot-").back(), [](std::string& bytes) { bytes[bytes.size() / 2] ^= 4; });
  EXPECT_EQ(read().back(), last);
  EXPECT_EQ(last, "number=" + std::to_string(end - 1));
  EXPECT_THAT(told(), HasSubstr("the one before it is used"));
  EXPECT_EQ(damaged_, 0u);
}

/// However seldom that is done otherwise.
TEST_F(JournalTest, WhatIsAwaitedIsMadeSafeAtOnce) {
  Journal::Options slow = options();
  slow.sync = std::chrono::hours(1);
  auto journal = open(slow);
  wait_until_kept(journal.value()->append("a=1", true) + 1);
  const std::uint64_t unhurried = journal.value()->append("b=2");
  wait_until_kept(journal.value()->append("c=3", true) + 1);
  EXPECT_GT(journal.value()->kept(), unhurried);
}

TEST_F(JournalTest, WhatIsWrittenIsThereForTheNextBeforeItIsMadeSafe) {
  Journal::Options slow = options();
  slow.sync = std::chrono::hours(1);
  auto journal = open(slow);
  wait_until_kept(journal.value()->append("a=1", true) + 1);
  journal.value()->append("b=2");
  const fs::path log = files("log-").back();
  while (formats::read_file(log).value().find("b=2") == std::string::npos) std::this_thread::yield();
  EXPECT_EQ(journal.value()->kept(), 1u);
}

TEST_F(JournalTest, AFullDiskIsWaitedForAndNothingIsLost) {
  {
    auto journal = open();
    wait_until_kept(journal.value()->append("a=1") + 1);
    std::uint64_t end = 0;
    {
      const test::FullDisk disk(60);
      end = journal.value()->append("b=" + std::string(100, 'x')) + 1;
      while (told().empty()) std::this_thread::yield();
      EXPECT_EQ(journal.value()->kept(), end - 1);
    }
    wait_until_kept(end);
  }
  EXPECT_THAT(told(), HasSubstr("computing goes on"));
  EXPECT_THAT(told(), HasSubstr("nothing was lost"));
  EXPECT_THAT(read(), ElementsAre("a=1", "b=" + std::string(100, 'x')));
}

TEST_F(JournalTest, ADiskWithoutRoomForALogIsWaitedForAsWell) {
  write({"a=1"});
  {
    auto full = std::make_optional<test::FullDisk>(10);
    auto journal = open();
    ASSERT_TRUE(journal) << journal.message();
    EXPECT_THAT(read_, ElementsAre("a=1"));
    journal.value()->append("b=2");
    while (told().empty()) std::this_thread::yield();
    EXPECT_THAT(told(), HasSubstr("waits in memory until there is room, and the journal is given up if there is none in 10 s"));
    full.reset();
    wait_until_kept(2);
  }
  EXPECT_THAT(read(), ElementsAre("a=1", "b=2"));
}

/// Until the first record is there nobody can be let in: better without a journal than not at all.
TEST_F(JournalTest, ADiskThatTakesNothingFromTheBeginningIsGivenUp) {
  write({"a=1"});
  Journal::Options impatient = options();
  impatient.begin_within = 0ms;
  {
    const test::FullDisk disk(40);
    auto journal = open(impatient);
    journal.value()->append("b=2");
    gave_up_.wait(false);
  }
  EXPECT_THAT(told(), HasSubstr("gave up after waiting for a disk that took nothing"));
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(JournalTest, WhenTooMuchWaitsNothingMisleadingIsLeft) {
  Journal::Options impatient = options();
  impatient.most_waiting = 1000;
  {
    auto journal = open(impatient);
    wait_until_kept(journal.value()->append("a=1") + 1);
    const test::FullDisk disk(60);
    journal.value()->append("b=" + std::string(2000, 'x'));
    gave_up_.wait(false);
    journal.value()->append("c=3");
  }
  EXPECT_THAT(told(), HasSubstr("cannot be restarted without loss"));
  EXPECT_THAT(read(), IsEmpty());
}

/// A snapshot that is being made when the journal is given up is not put into the emptied folder.
TEST_F(JournalTest, WhenItIsGivenUpWhileItIsCondensedNothingComesBack) {
  std::atomic<bool> condensing{false}, gives_up{false};
  Journal::Options slow = options();
  slow.most_log = slow.most_waiting = 1000;
  slow.condense = [&](const std::function<void(const Journal::Visit&)>&, const Journal::Visit& keep) {
    condensing = true, condensing.notify_all();
    gives_up.wait(false);
    keep("a=1");
    return Result<void>();
  };
  slow.tell = [&](const std::string& what) {
    if (what.find("gave up") != std::string::npos) gives_up = true, gives_up.notify_all();
  };
  {
    auto journal = open(slow);
    journal.value()->append("a=" + std::string(1000, 'x'));
    condensing.wait(false);
    const test::FullDisk disk(200);  // there is room for the snapshot
    journal.value()->append("b=" + std::string(2000, 'x'));
    gave_up_.wait(false);
  }
  EXPECT_THAT(files("snapshot-"), IsEmpty());
  EXPECT_THAT(read(), IsEmpty());
}

/// Nobody would know why a scheduler that is started there begins with what has ended.
TEST_F(JournalTest, AFolderThatCannotBeEmptiedIsSaid) {
  auto journal = open();
  fs::create_directories(folder_ / "snapshot-0000000000000001" / "of another kind");
  journal.value()->forget();
  journal.value().reset();
  EXPECT_THAT(told(), HasSubstr("it could not be emptied: " + folder_.string() + "/snapshot-0000000000000001 (Is a directory)"));
  EXPECT_THAT(told(), HasSubstr("remove that before a scheduler is started there"));
}

TEST_F(JournalTest, WhatWasLeftAsideOrNotFinishedGoesWhenItIsOpenedAgain) {
  write({"a=1"});
  const std::vector<std::string> useless{"snapshot-0000000000000009.tmp71-5", "log-0000000000000003.dropped"};
  const std::vector<std::string> others{"snapshot-9.tmp71-5", "log-0000000000000003.mine", "notes.tmp"};
  for (const auto* names : {&useless, &others}) {
    for (const std::string& name : *names) std::ofstream(folder_ / name) << "x";
  }
  EXPECT_THAT(read(), ElementsAre("a=1"));
  for (const std::string& name : useless) EXPECT_FALSE(fs::exists(folder_ / name)) << name;
  for (const std::string& name : others) EXPECT_TRUE(fs::exists(folder_ / name)) << name;  // of somebody else
  auto journal = open();
  for (const std::string& name : useless) std::ofstream(folder_ / name) << "x";
  journal.value()->forget();
  journal.value().reset();
  for (const std::string& name : useless) EXPECT_FALSE(fs::exists(folder_ / name)) << name;
}

TEST_F(JournalTest, ALogThatEndsBeforeWhatSomebodyWaitedForIsDamaged) {
  const auto open_and_append = [&](const std::string& record, bool awaited) {
    auto journal = open();
    wait_until_kept(journal.value()->append(record, awaited) + 1);
    kept_ = 0;
  };
  open_and_append("a=1", true);
  change(files("log-").back(), [](std::string& bytes) { bytes.resize(formats::kJournalHeaderBytes); });
  EXPECT_THAT(read(), IsEmpty());
  EXPECT_THAT(told(), HasSubstr("the log ends before record 0, and was safe up to 1: 1 records are lost"));
  EXPECT_EQ(damaged_, 1u);
  write({"b=2"});
  read();
  EXPECT_EQ(damaged_, 0u);  // it has gone on where it was safe
  open_and_append("c=3", true);
  write({"d=4"});
  change(files("log-").back(), [](std::string& bytes) { bytes.resize(formats::kJournalHeaderBytes); });
  EXPECT_THAT(read(), ElementsAre("b=2", "c=3"));
  EXPECT_EQ(damaged_, 0u);  // nobody had waited for it
  change(folder_ / "mark", [](std::string& bytes) { bytes[3] ^= 1; });
  read();
  EXPECT_EQ(damaged_, 1u);
}

/// Who takes it away takes with it what was safe.
TEST_F(JournalTest, AMarkThatIsGoneIsToldBesideALog) {
  write({"a=1"});
  fs::remove(folder_ / "mark");
  for (int i = 0; i < 2; ++i) {  // until it is written down what that costs
    told_.clear();
    EXPECT_THAT(read(), ElementsAre("a=1"));
    EXPECT_THAT(told(), HasSubstr("/mark: it is not there, and so the log may have been longer"));
    EXPECT_EQ(damaged_, 1u);
  }
  {
    const auto journal = open();
    wait_until_kept(journal.value()->append("b=2", true) + 1);
  }
  EXPECT_THAT(read(), ElementsAre("a=1", "b=2"));
  EXPECT_EQ(damaged_, 0u);
  std::ofstream(folder_ / "mark", std::ios::trunc);
  read();
  EXPECT_EQ(damaged_, 1u);
}

/// Of a log from record 0 on.
std::string header_of_version(char version) {
  std::string header("dflowjrn\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0", 24);
  header[8] = version;
  const std::uint64_t sum = XXH3_64bits(header.data(), header.size());
  return header.append(reinterpret_cast<const char*>(&sum), sizeof sum);
}

TEST_F(JournalTest, AnOlderVersionIsReadAndTheNextLogIsOfThisOne) {
  write({"a=1"});
  change(files("log-").front(), [&](std::string& bytes) { bytes.replace(0, formats::kJournalHeaderBytes, header_of_version(1)); });
  fs::remove(folder_ / "mark");  // of that version there need not be one
  write({"b=2"});
  EXPECT_THAT(read(), ElementsAre("a=1", "b=2"));
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(formats::read_file(files("log-").back()).value()[8], 2);
}

TEST_F(JournalTest, ANewerVersionIsLeftAlone) {
  write({"a=1"});
  const fs::path log = files("log-").front();
  const std::string other = header_of_version(3);
  change(log, [&](std::string& bytes) { bytes.replace(0, other.size(), other); });
  const auto journal = open();
  ASSERT_FALSE(journal);
  EXPECT_THAT(journal.message(), HasSubstr("version 3, and this dflow reads versions 1 to 2: use a newer dflow"));
  EXPECT_EQ(formats::read_file(log).value().substr(0, other.size()), other);
}

TEST_F(JournalTest, OneSchedulerHasAFolderAtATime) {
  const auto first = open();
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_THAT(second.message(), HasSubstr("another scheduler keeps its journal there"));
}

TEST_F(JournalTest, OthersMustNotBeAbleToReadIt) {
  fs::create_directory(folder_);
  ::chmod(folder_.c_str(), 0755);
  const auto journal = open();
  ASSERT_FALSE(journal);
  EXPECT_THAT(journal.message(), HasSubstr("chmod 700"));
}

}  // namespace
}  // namespace dflow::cluster
