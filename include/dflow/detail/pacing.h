// How many elements of a map are handed to a thread at once, where the user leaves it to the runtime.
#pragma once

#include <cstddef>
#include <cstdint>

#include <dflow/detail/session.h>

namespace dflow::inline v0::detail {

/// One call of `map`. Chunks begin with one task and grow while tasks are measured to be short, as long as there are
/// many more chunks than threads.
class DFLOW_EXPORT Pacing {
 public:
  /// The size of the chunk that this node, which is not yet submitted, begins.
  std::size_t begin_chunk(const Scope& scope, Node& first) noexcept;

 private:
  bool decided_ = false;
  std::size_t threads_ = 0;  ///< 0: one task a chunk.
  std::size_t size_ = 1;
  std::size_t begun_ = 0;    ///< Tasks in the chunks so far.
  std::uint32_t samples_ = 0;
};

}  // namespace dflow::inline v0::detail
