// Helpers of the serialisation tests.
#pragma once

#include <dflow/serialize.h>

#include <initializer_list>
#include <vector>

namespace dflow::testing {

using Bytes = std::vector<std::byte>;

inline Bytes bytes_of(std::initializer_list<unsigned> values) {
  Bytes bytes;
  for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

template <class T>
T round_trip(const T& value) {
  return from_bytes<T>(to_bytes(value));
}

}  // namespace dflow::testing
