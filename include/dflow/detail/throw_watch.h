// The stack of a throw, which is gone when a `catch` sees the exception.
#pragma once

#include <exception>

#include <dflow/detail/export.h>

namespace dflow::inline v0::detail {

/// `catch (const ThrowWatch&)` catches nothing. Before the stack is unwound, the run-time library asks each handler on the way,
/// innermost first, whether it takes what was thrown; this one notes the stack and says no. The class has no definition of its
/// own: its type information, which is what is asked, is in runtime/local/throw_watch.cc (the search phase of the Itanium C++ ABI's
/// exception handling, sections 1.1 and 2.5).
class ThrowWatch {
 public:
  virtual ~ThrowWatch();
};

/// In a handler beside one for ThrowWatch, around a body: what it threw, whose origin is known from then on.
DFLOW_EXPORT std::exception_ptr thrown_by_body();

}  // namespace dflow::inline v0::detail
