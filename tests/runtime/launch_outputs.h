// Futures that launches written by hand give out.
#pragma once

#include <dflow/detail/launch.h>

#include <vector>

namespace dflow::testing {

/// One for each number from 0 on.
template <class T>
std::vector<Future<T>> make_outputs(detail::Launch& launch, detail::Index count) {
  launch.outputs.resize(static_cast<std::size_t>(count));
  std::vector<Future<T>> futures;
  for (detail::Index i = 0; i < count; ++i) futures.push_back(detail::make_output<T>(launch, nullptr, i));
  return futures;
}

}  // namespace dflow::testing
