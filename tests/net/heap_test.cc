// Memory that a thread has before it needs it.
#include "runtime/net/heap.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <memory>
#include <thread>
#include <vector>

#include "runtime/local/sanitizers.h"

namespace dflow::net {
namespace {

constexpr std::size_t kPage = 4096, kPages = 256;

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

}  // namespace
}  // namespace dflow::net
