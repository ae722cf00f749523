// Memory that a thread has before it needs it.
#include "runtime/net/heap.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "runtime/local/sanitizers.h"

namespace dflow::net {
namespace {

constexpr std::size_t kPage = 4096, kPages = 256;

std::size_t resident() {
  std::size_t pages = 0, in_memory = 0;
  std::ifstream("/proc/self/statm") >> pages >> in_memory;
  return in_memory * kPage;
}

/// Of a thread that takes so many pages' worth of memory and writes to all of it.
long page_faults_of_prepared_thread() {
  long faults = 0;
  std::thread([&] {
    prepare_heap(kPages * kPage * 5 / 4);
    rusage before{}, after{};
    ::getrusage(RUSAGE_THREAD, &before);
    std::vector<std::unique_ptr<char[]>> blocks;
    for (std::size_t i = 0; i < kPages; ++i) blocks.push_back(std::make_unique<char[]>(kPage));
    ::getrusage(RUSAGE_THREAD, &after);
    faults = after.ru_minflt - before.ru_minflt;
  }).join();
  return faults;
}

TEST(Heap, IsThereWhenAThreadHasPreparedIt) {
  if (local::kSanitized) GTEST_SKIP() << "sanitizers have memory of their own";
  keep_freed_memory();
  EXPECT_LT(page_faults_of_prepared_thread(), static_cast<long>(kPages / 2));  // alone in its process it has 256 else
}

TEST(Heap, GivesBackWhatIsInNoUse) {
  if (local::kSanitized) GTEST_SKIP() << "sanitizers have memory of their own";
  keep_freed_memory();
  constexpr std::size_t kMuch = std::size_t{64} << 20;
  std::vector<std::unique_ptr<char[]>> blocks;
  for (std::size_t i = 0; i < 2 * kMuch / kPage; ++i) blocks.push_back(std::make_unique<char[]>(kPage));
  const std::size_t full = resident();
  const std::unique_ptr<char[]> behind = std::make_unique<char[]>(kPage);  // so that it is no end of the heap
  give_back_memory(full, kMuch);
  EXPECT_GT(resident() + kMuch, full);  // all of it is in use
  blocks.clear();
  give_back_memory(resident(), 4 * kMuch);
  EXPECT_GT(resident() + kMuch, full);  // it is not so much
  give_back_memory(resident(), kMuch);
  EXPECT_LT(resident() + kMuch, full);
}

}  // namespace
}  // namespace dflow::net
