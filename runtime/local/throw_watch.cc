#include <dflow/detail/throw_watch.h>

#include <execinfo.h>

#include <typeinfo>
#include <utility>

#include "runtime/local/origins.h"

namespace dflow::inline v0::detail {

namespace {

/// Of what was thrown last, on this thread, through a handler for ThrowWatch.
thread_local local::Stack last;

}  // namespace

/// Of no unnamed namespace: what is of such a type has no name outside.
class Watch final : public std::type_info {
 public:
  Watch() : std::type_info("N5dflow2v06detail10ThrowWatchE") {}
  bool __do_catch(const std::type_info*, void**, unsigned) const override {
    const int size = ::backtrace(last.calls.data(), static_cast<int>(last.calls.size()));
    last.size = static_cast<std::size_t>(size > 0 ? size : 0);
    return false;
  }
};

// What the handlers refer to.
DFLOW_EXPORT extern const Watch type_of_throw_watch __asm__("_ZTIN5dflow2v06detail10ThrowWatchE");
const Watch type_of_throw_watch;

std::exception_ptr thrown_by_body() {
  std::exception_ptr error = std::current_exception();
  local::note_origin(error, std::exchange(last, {}));
  return error;
}

}  // namespace dflow::inline v0::detail
