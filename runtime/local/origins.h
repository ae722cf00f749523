// Where the exceptions of failed tasks were thrown.
#pragma once

#include <array>
#include <cstddef>
#include <exception>
#include <string>
#include <vector>

#include <dflow/detail/export.h>

namespace dflow::local {

/// Code addresses, innermost first.
struct Stack {
  std::array<void*, 48> calls;
  std::size_t size = 0;
};

/// A body threw this, and a task may fail with it.
void note_origin(const std::exception_ptr& error, const Stack& stack);
/// `to` is the same exception, after it was bytes.
void copy_origin(const std::exception_ptr& from, const std::exception_ptr& to);
/// The same, of what a body threw on a worker.
DFLOW_EXPORT void note_origin(const std::exception_ptr& error, std::string worker, std::vector<std::string> stack);

/// One more, or one less, node has the error. What no node has any more is forgotten.
void hold_origin(const std::exception_ptr& error) noexcept;
void drop_origin(const std::exception_ptr& error) noexcept;

}  // namespace dflow::local
