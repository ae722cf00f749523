// Programs in an agent's cache: those that are used stay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <thread>

#include "runtime/cluster/file_hash.h"
#include "runtime/cluster/program_cache.h"

namespace dflow::cluster {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class Cache : public ::testing::Test {
 protected:
  Cache() {
    std::string made = path + "/dflow-cache-XXXXXX";
    if (!::mkdtemp(made.data())) std::abort();
    path = made;
    std::ofstream(path + "-original") << bytes;
    file = {.name = "app", .size = bytes.size(), .hash = hash_of_file(path + "-original").value().hash};
  }
  ~Cache() override {
    std::filesystem::remove_all(path);
    std::filesystem::remove(path + "-original");
  }
  ProgramCache open(std::uint64_t most = 250'000) { return std::move(ProgramCache::open(path, most)).value(); }
  KeptFolder provide(ProgramCache& cache, const std::string& program) {
    auto provided = cache.provide(program, {{file}}, [this](const std::string&, std::uint64_t) {
      ++fetched;
      return Result<std::string>(bytes);
    });
    if (!provided) throw std::runtime_error(provided.message());
    return std::move(provided).value();
  }
  std::vector<std::string> programs() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path)) names.push_back(entry.path().filename());
    return names;
  }

  std::string path = ::testing::TempDir();
  std::string bytes = std::string(100'000, 'b');
  ProgramFile file;
  int fetched = 0;
};

TEST_F(Cache, KeepsWhatWasUsedLast) {
  ProgramCache cache = open();
  for (const char* name : {"a", "b", "a"}) (void)provide(cache, name);
  EXPECT_EQ(fetched, 2);
  (void)provide(cache, "c");
  EXPECT_THAT(programs(), UnorderedElementsAre("a", "c"));
}

TEST_F(Cache, KeepsWhatIsInUseHoweverMuchItIs) {
  ProgramCache cache = open();
  const KeptFolder a = provide(cache, "a"), b = provide(cache, "b");
  std::optional<KeptFolder> c = provide(cache, "c");
  EXPECT_THAT(programs(), UnorderedElementsAre("a", "b", "c"));
  c.reset();
  (void)provide(cache, "d");
  EXPECT_THAT(programs(), UnorderedElementsAre("a", "b", "d"));
  EXPECT_TRUE(std::filesystem::exists(a.path() + "/app"));
}

TEST_F(Cache, KeepsWhatAnotherAgentUses) {
  ProgramCache one = open(), other = open();
  const KeptFolder a = provide(one, "a");
  (void)provide(other, "b");
  (void)provide(other, "c");
  EXPECT_THAT(programs(), UnorderedElementsAre("a", "c"));
}

TEST_F(Cache, RefusesBytesThatAreNotWhatWasAnnounced) {
  ProgramCache cache = open();
  for (const std::string& came : {std::string(100'000, 'c'), std::string(99'999, 'b'), std::string(100'001, 'b'), std::string()}) {
    const auto provided = cache.provide("a", {{file}}, [&](const std::string&, std::uint64_t) { return Result<std::string>(came); });
    EXPECT_THAT(provided.message(), HasSubstr("file app has changed"));
    for (const auto& left : std::filesystem::directory_iterator(path + "/a"))
      EXPECT_FALSE(left.path().filename().string().starts_with("app")) << left.path();
  }
  std::ofstream(path + "/a/app") << std::string(100'000, 'c');
  EXPECT_EQ(fetched, 0);
  (void)provide(cache, "a");
  EXPECT_EQ(fetched, 1) << "nor is what lies there believed";
}

TEST_F(Cache, PutsNothingOutsideItsFolder) {
  ProgramCache cache = open();
  const auto nothing = [](const std::string&, std::uint64_t) { return Result<std::string>(std::string()); };
  const std::string zero("a\0b", 3);
  for (const std::string& name : {std::string("../app"), std::string("/tmp/app"), std::string("a/b"), std::string(".."), std::string(), zero}) {
    ProgramFile named = file;
    named.name = name;
    EXPECT_THAT(cache.provide("a", {{file, named}}, nothing).message(), HasSubstr("a name that is none"));
    EXPECT_THAT(cache.provide(name, {{file}}, nothing).message(), HasSubstr("a name that is none"));
  }
  EXPECT_THAT(programs(), UnorderedElementsAre());
}

TEST_F(Cache, KeepsNobodyWaitingForWhatDoesNotCome) {
  ProgramCache cache = open();
  std::promise<void> asked, comes;
  std::thread waiting([&] {
    (void)cache.provide("a", {{file}}, [&](const std::string&, std::uint64_t) {
      asked.set_value();
      comes.get_future().wait();
      return Result<std::string>(bytes);
    });
  });
  asked.get_future().wait();
  std::promise<void> done;
  std::thread others([&] {
    for (const char* name : {"b", "a"}) (void)provide(cache, name);
    done.set_value();
  });
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  comes.set_value();
  others.join();
  waiting.join();
  EXPECT_THAT(programs(), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(std::filesystem::file_size(path + "/a/app"), bytes.size());
}

TEST_F(Cache, NeitherRemovesNorCountsNorUsesWhatIsNotItsOwn) {
  std::filesystem::create_directories(path + "/thesis");
  std::filesystem::permissions(path + "/thesis", std::filesystem::perms::owner_all);
  std::ofstream(path + "/thesis/chapter") << std::string(1'000'000, 't');
  {
    ProgramCache cache = open();
    for (const char* name : {"a", "b"}) (void)provide(cache, name);
    EXPECT_THAT(programs(), UnorderedElementsAre("a", "b", "thesis"));
    const auto refused = cache.provide("thesis", {{file}}, [this](const std::string&, std::uint64_t) { return Result<std::string>(bytes); });
    EXPECT_THAT(refused.message(), HasSubstr("thesis: holds files that are not dflow's"));
  }
  (void)open(0);
  EXPECT_THAT(programs(), UnorderedElementsAre("thesis"));
  EXPECT_EQ(std::filesystem::file_size(path + "/thesis/chapter"), 1'000'000u);
  EXPECT_FALSE(std::filesystem::exists(path + "/thesis/.in-use"));
}

TEST_F(Cache, IsClearedWhenItIsOpened) {
  {
    ProgramCache large = open(UINT64_MAX);
    for (const char* name : {"a", "b", "c", "d"}) (void)provide(large, name);
  }
  (void)open();
  EXPECT_THAT(programs(), UnorderedElementsAre("c", "d"));
}

}  // namespace
}  // namespace dflow::cluster
