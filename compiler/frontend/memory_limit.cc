#include "compiler/frontend/memory_limit.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "formats/machine_memory.h"
#include "llvm/Support/ErrorHandling.h"

namespace dflow::compiler {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DFLOW_NO_MEMORY_LIMIT
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define DFLOW_NO_MEMORY_LIMIT
#endif

#if defined(DFLOW_NO_MEMORY_LIMIT)
constexpr bool kLimited = false;
#else
constexpr bool kLimited = true;
#endif
#undef DFLOW_NO_MEMORY_LIMIT

rlimit users{};

void end_without_memory() { _exit(kOutOfMemory); }

}  // namespace

std::uint64_t half_of_machine(const std::string& root) { return formats::memory_of_machine(root) / 2; }

void limit_memory() {
  // LLVM is built without exceptions: nobody could go on behind an allocation that failed.
  std::set_new_handler(end_without_memory);
  llvm::install_bad_alloc_error_handler([](void*, const char*, bool) { end_without_memory(); });
  getrlimit(RLIMIT_DATA, &users);
  if (!kLimited) return;
  const rlimit limited{std::min<rlim_t>(half_of_machine(), users.rlim_cur), users.rlim_max};
  setrlimit(RLIMIT_DATA, &limited);
}

void lift_memory_limit() {
  std::set_new_handler(nullptr);
  llvm::remove_bad_alloc_error_handler();
  setrlimit(RLIMIT_DATA, &users);
}

}  // namespace dflow::compiler
