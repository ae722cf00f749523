#include "runtime/cluster/threads.h"

#include <pthread.h>
#include <sys/resource.h>

#include <cstring>
#include <latch>
#include <vector>

namespace dflow::cluster {

namespace {

constexpr std::size_t kStack = 64 << 10;  // bytes: they only wait

void* wait_for(void* latch) {
  static_cast<std::latch*>(latch)->wait();
  return nullptr;
}

std::string limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NPROC, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return "";
  return ", of which the user may have " + std::to_string(limit.rlim_cur) + ", as many processes and threads together";
}

}  // namespace

std::string lack_of_threads(std::size_t count) {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kStack);
  std::latch all_tried(1);
  std::vector<pthread_t> made;
  int error = 0;
  while (made.size() < count && error == 0) {
    pthread_t thread{};
    error = ::pthread_create(&thread, &attributes, wait_for, &all_tried);
    if (error == 0) made.push_back(thread);
  }
  all_tried.count_down();
  for (const pthread_t thread : made) ::pthread_join(thread, nullptr);
  ::pthread_attr_destroy(&attributes);
  if (error == 0) return {};
  return "only " + std::to_string(made.size()) + " of " + std::to_string(count) + " threads can be made (" +
         std::strerror(error) + ")" + limit() + ": raise that (ulimit -u), or ask for fewer workers or threads";
}

}  // namespace dflow::cluster
